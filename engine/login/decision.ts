// Step 8: accept or reject, as a value (rest-api.md 3.1.2). A valid single shot goes before a matching PIN, that before
// nothing at all. Challenges join here.
import { inEnglish, type Phrase, phrase } from "@ostiary/shared/messages/phrases.ts";
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { Acceptance, Candidate, Decision, Refusal } from "./types.ts";

const WRONG_PIN = phrase("wrong_pin");
const WRONG_VALUE = phrase("wrong_value");
const USED_AGAIN = phrase("value_used_again");
const OTP_FAILED = phrase("otp_failed");
const NO_TOKENS = phrase("no_tokens");
/** What nearly every accepted log-in says, put into words once. */
const MATCHING_ONE = phrase("matching", { count: 1 });
const MATCHING_ONE_TEXT = inEnglish(MATCHING_ONE);

export function decide(candidates: Candidate[], otpOnly: boolean, config: SystemConfig): Decision {
  const right = candidates.filter((candidate) => candidate.hit);
  const fit = right.filter((candidate) => candidate.unfit === null);
  if (fit.length > 0) return accept(fit, right, otpOnly);
  if (right.length > 0) return refuseUnfit(right, otpOnly);
  if (otpOnly) return refuse(OTP_FAILED, candidates);
  const known = candidates.filter((candidate) => candidate.pinMatched);
  if (known.length > 0) return refuseValue(known);
  if (candidates.length === 0) return refuse(NO_TOKENS, []);
  return refuse(WRONG_PIN, config.IncFailCountOnFalsePin ? candidates : []);
}

function accept(tokens: Candidate[], right: Candidate[], otpOnly: boolean): Acceptance {
  const matching = tokens.length === 1 ? MATCHING_ONE : phrase("matching", { count: tokens.length });
  const message = matching === MATCHING_ONE ? MATCHING_ONE_TEXT : inEnglish(matching);
  const spent = right.filter((candidate) => candidate.unfit !== null);
  // Contract: a right `otponly` answer has no detail at all.
  return { accepted: true, message, phrase: matching, tokens, spent, detail: otpOnly ? {} : { message, ...describe(tokens) } };
}

/** One token: what it is. Several: their type if they share it, else `undetermined`. */
function describe(tokens: Candidate[]): Record<string, unknown> {
  const [first] = tokens;
  if (!first) return {};
  if (tokens.length === 1)
    return { serial: first.token.serial, type: first.token.type, otplen: first.type.otpLength(first.token) };
  return tokens.every(({ token }) => token.type === first.token.type) ? { type: first.token.type } : { type: "undetermined" };
}

/** The fail counter of a damaged token stays: with a wrong key ring under the server everybody would lock himself out of his token. */
function refuse(why: Phrase, blamed: Candidate[], describing?: Candidate[]): Refusal {
  const message = inEnglish(why);
  const token = blamed.length === 1 ? (blamed[0]?.token ?? null) : null;
  const punished = blamed.filter((candidate) => !candidate.unreadable);
  const detail = { message, ...(describing ? describe(describing) : {}) };
  return { accepted: false, message, phrase: why, token, punished, spent: [], detail };
}

/** The PIN was right, the value was not: only these tokens are punished (K1-12, Z37). */
function refuseValue(known: Candidate[]): Refusal {
  const why = known.some((candidate) => candidate.miss?.used) ? USED_AGAIN : WRONG_VALUE;
  return refuse(why, known, known.length === 1 ? known : undefined);
}

/** A right value of a token that may not be used: refused, and the value is spent all the same (K1-15). */
function refuseUnfit(right: Candidate[], otpOnly: boolean): Refusal {
  const reasons = [...new Set(right.map((candidate) => candidate.unfit))].filter((reason) => reason !== null);
  const words = { count: right.length, reasons: reasons.map((reason) => phrase(reason)) };
  const refusal = refuse(otpOnly ? OTP_FAILED : phrase("matching_but", words), []);
  return { ...refusal, spent: right, token: right.length === 1 ? (right[0]?.token ?? null) : null };
}
