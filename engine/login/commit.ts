// Step 9: counter, fail counter and audit row as one intent, durable before the answer leaves. The intent says what must
// still be true; a loser starts again from the candidates with what the winner left.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { AuditEntry, Outcome, TokenEffect } from "../store/store.ts";
import { describeLogin } from "./audit-row.ts";
import { clearedBefore } from "./fitness.ts";
import type { Candidate, Decision, LoginEngine, LoginRequest, Subject } from "./types.ts";

/** Not won: somebody else was faster (the same value twice, or the token was changed meanwhile); nothing was stored. */
export function commitDecision(
  decision: Decision,
  subject: Subject,
  request: LoginRequest,
  config: SystemConfig,
  now: number,
  engine: LoginEngine,
): Promise<Outcome> {
  const clearBefore = clearedBefore(config, now);
  const counted: TokenEffect[] = decision.accepted
    ? decision.tokens.map((candidate) => accepted(candidate, config, clearBefore, now))
    : decision.punished.map((candidate) => failed(candidate, config, clearBefore, now));
  const effects = [...counted, ...decision.spent.flatMap(spent)];
  return engine.store.commit({ kind: "login", effects, audit: describe(decision, subject, request) });
}

function accepted({ token, hit }: Candidate, config: SystemConfig, clearFailedBefore: number, at: number): TokenEffect {
  return {
    kind: "accept",
    tokenId: token.id,
    version: token.version,
    counter: hit?.counter,
    timeShift: hit?.timeShift,
    countAuth: !config.no_auth_counter,
    clearFailedBefore,
    at,
  };
}

function failed({ token, pinMatched, miss }: Candidate, config: SystemConfig, clearBefore: number, at: number): TokenEffect {
  return {
    kind: "fail",
    tokenId: token.id,
    countAuth: pinMatched && !config.no_auth_counter,
    // K1-13 (c): the right PIN alone clears a counter whose time is over, if the setting says so.
    clearFailedBefore: pinMatched && config.ResetFailcounterOnPIN ? clearBefore : 0,
    ...(miss?.resync ? { resync: miss.resync } : {}),
    at,
  };
}

function spent({ token, hit }: Candidate): TokenEffect[] {
  return hit?.counter === undefined ? [] : [{ kind: "consume", tokenId: token.id, version: token.version, counter: hit.counter }];
}

function describe(decision: Decision, subject: Subject, request: LoginRequest): AuditEntry {
  const tokens = decision.accepted ? decision.tokens.map(({ token }) => token) : decision.token ? [decision.token] : [];
  const [only] = tokens;
  return describeLogin(request, subject, {
    success: decision.accepted,
    info: decision.message,
    serials: tokens.map((token) => token.serial),
    tokenType: tokens.length === 1 ? only?.type : null,
  });
}
