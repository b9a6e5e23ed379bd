// Step 9: counter, fail counter and audit row as one intent, durable before the answer leaves. The intent says what must
// still be true; a loser starts again from the candidates with what the winner left.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { AuditEntry, TokenEffect } from "../store/store.ts";
import { clearedBefore } from "./fitness.ts";
import type { Candidate, Decision, LoginEngine, LoginRequest, Subject } from "./types.ts";

/** False: somebody else was faster (the same value twice, or the token was changed meanwhile); nothing was stored. */
export async function commitDecision(
  decision: Decision,
  subject: Subject,
  request: LoginRequest,
  config: SystemConfig,
  now: number,
  engine: LoginEngine,
): Promise<boolean> {
  const clearBefore = clearedBefore(config, now);
  const counted: TokenEffect[] = decision.accepted
    ? decision.tokens.map((candidate) => accepted(candidate, config, clearBefore, now))
    : decision.punished.map((candidate) => failed(candidate, config, clearBefore, now));
  const effects = [...counted, ...decision.spent.flatMap(spent)];
  const outcome = await engine.store.commit({ kind: "login", effects, audit: describe(decision, subject, request, engine) });
  return outcome.won;
}

function accepted({ token, hit }: Candidate, config: SystemConfig, clearFailedBefore: number, at: number): TokenEffect {
  return {
    kind: "accept",
    tokenId: token.id,
    version: token.version,
    ...(hit?.counter === undefined ? {} : { counter: hit.counter }),
    ...(hit?.timeShift === undefined ? {} : { timeShift: hit.timeShift }),
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

function describe(decision: Decision, subject: Subject, request: LoginRequest, { now }: LoginEngine): AuditEntry {
  const user = subject.kind === "user" ? subject.user : subject.owner;
  const tokens = decision.accepted ? decision.tokens.map(({ token }) => token) : decision.token ? [decision.token] : [];
  return {
    startedAt: request.startedAt,
    duration: Math.max(0, Math.round((now() - request.startedAt) * 1000)),
    action: request.action,
    success: decision.accepted,
    serial: tokens.length > 0 ? tokens.map((token) => token.serial).join(",") : subject.kind === "token" ? subject.serial : null,
    tokenType: tokens.length === 1 ? (tokens[0]?.type ?? null) : null,
    user: user?.login ?? null,
    realm: user?.realm ?? null,
    resolver: user?.resolver ?? null,
    administrator: null,
    actionDetail: null,
    info: decision.message,
    client: request.client,
    policies: null,
  };
}
