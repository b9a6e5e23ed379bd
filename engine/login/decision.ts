// Step 8: accept or reject, as a value (rest-api.md 3.1.2). A valid single shot goes before a matching PIN, that before
// nothing at all. Challenges join here.
import { inEnglish, phrase } from "@ostiary/shared/messages/phrases.ts";
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { Acceptance, Candidate, Decision, Refusal } from "./types.ts";

export function decide(candidates: Candidate[], otpOnly: boolean, config: SystemConfig): Decision {
  const right = candidates.filter((candidate) => candidate.hit);
  const fit = right.filter((candidate) => candidate.unfit === null);
  if (fit.length > 0) return accept(fit, right, otpOnly);
  if (right.length > 0) return refuseUnfit(right, otpOnly);
  if (otpOnly) return refuse("OTP verification failed.", candidates);
  const known = candidates.filter((candidate) => candidate.pinMatched);
  if (known.length > 0) return refuseValue(known);
  if (candidates.length === 0) return refuse("The user has no tokens assigned", []);
  return refuse("wrong otp pin", config.IncFailCountOnFalsePin ? candidates : []);
}

function accept(tokens: Candidate[], right: Candidate[], otpOnly: boolean): Acceptance {
  const message = `matching ${tokens.length} tokens`;
  const spent = right.filter((candidate) => candidate.unfit !== null);
  // Contract: a right `otponly` answer has no detail at all.
  return { accepted: true, message, tokens, spent, detail: otpOnly ? {} : { message, ...describe(tokens) } };
}

/** One token: what it is. Several: their type if they share it, else `undetermined`. */
function describe(tokens: Candidate[]): Record<string, unknown> {
  const [first] = tokens;
  if (!first) return {};
  if (tokens.length === 1)
    return { serial: first.token.serial, type: first.token.type, otplen: first.type.otpLength(first.token) };
  return tokens.every(({ token }) => token.type === first.token.type) ? { type: first.token.type } : { type: "undetermined" };
}

function refuse(message: string, punished: Candidate[], more: Partial<Refusal> = {}): Refusal {
  const token = punished.length === 1 ? (punished[0]?.token ?? null) : null;
  return { accepted: false, message, token, punished, spent: [], detail: { message }, ...more };
}

/** The PIN was right, the value was not: only these tokens are punished (K1-12, Z37). */
function refuseValue(known: Candidate[]): Refusal {
  const message = known.some((candidate) => candidate.miss?.used)
    ? "wrong otp value. previous otp used again"
    : "wrong otp value";
  const [only] = known;
  return refuse(message, known, { detail: only && known.length === 1 ? { message, ...describe(known) } : { message } });
}

/** A right value of a token that may not be used: refused, and the value is spent all the same (K1-15). */
function refuseUnfit(right: Candidate[], otpOnly: boolean): Refusal {
  const reasons = [...new Set(right.map((candidate) => candidate.unfit))].filter((reason) => reason !== null);
  const words = { count: right.length, reasons: reasons.map((reason) => phrase(reason)) };
  const message = inEnglish(otpOnly ? phrase("otp_failed") : phrase("matching_but", words));
  return refuse(message, [], { spent: right, token: right.length === 1 ? (right[0]?.token ?? null) : null });
}
