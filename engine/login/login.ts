// One login from question to answer. The steps in reading order:
//
//   guard (address) -> subject -> guard (user) -> candidates -> PIN -> check -> decision -> commit -> answer
//                                                    ^                                       |
//                                                    +--------- lost: somebody was faster ---+
//
// Nothing here scans, opens a connection or calls outside; everything a login needs is in memory or one index away.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import { splitPin } from "../core/pin-split.ts";
import { findCandidates } from "./candidates.ts";
import { checkValues } from "./check.ts";
import { commitDecision } from "./commit.ts";
import { decide } from "./decision.ts";
import { keyOfUser } from "./guard.ts";
import { matchPins, raisePinHash } from "./pin.ts";
import { answerNoSoonerThanAHash } from "./reject-floor.ts";
import { findSubject } from "./subject.ts";
import type { Acceptance, Decision, LoginAnswer, LoginEngine, LoginRequest, Subject } from "./types.ts";
import { tellExhausted, tellOutrun } from "./unchecked.ts";

/** Each lost race is somebody else's progress, so a handful of tries is plenty; who still loses is refused. */
const MAX_TRIES = 5;

/**
 * Checks one login. Resolves when the decision is durable. Errors: those of findSubject and findCandidates;
 * VaultBusyError, VaultLockedError, StoreUnavailableError when nothing can be decided now (nothing was consumed then).
 */
export async function login(request: LoginRequest, engine: LoginEngine): Promise<LoginAnswer> {
  try {
    const answer = await attempt(request, engine);
    if (!answer.accepted) await answerNoSoonerThanAHash(request, engine);
    engine.steps.lap("total", request.startedTick);
    return answer;
  } catch (error) {
    // An unknown user takes as long as a known one. Overload (503) is told at once.
    if (error instanceof ApiError && error.spec.status < 500) await answerNoSoonerThanAHash(request, engine);
    throw error;
  }
}

async function attempt(request: LoginRequest, engine: LoginEngine): Promise<LoginAnswer> {
  const { steps, guard } = engine;
  if (!engine.vault.ready) await refuseWhileLocked(engine);
  const config = engine.systemConfig();
  const now = engine.now();
  const asked = engine.tick();
  // Charged before anybody is looked for: guessing names costs an address as much as guessing values.
  const trusted = guard.isTrusted(request.client);
  const sourceWait = trusted ? 0 : guard.source.charge(request.client, asked);
  if (sourceWait > 0) return tellExhausted(sourceWait, `source\0${request.client}`, null, request, engine);
  const subject = await findSubject(request, engine);
  const tick = steps.lap("subject", request.startedTick);

  const key = budgetKey(subject);
  const wait = guard.user.charge(key, asked);
  steps.lap("guard", tick);
  if (wait > 0) return tellExhausted(wait, key, subject, request, engine);
  const refund = () => {
    if (!trusted) guard.source.refund(request.client, asked);
    guard.user.refund(key, asked);
  };

  try {
    const decision = await decideDurably(subject, request, config, now, engine);
    if (decision?.accepted) {
      refund();
      raiseHashes(decision, request, engine);
    }
    return decision ?? (await tellOutrun(subject, request, engine));
  } catch (error) {
    // Nothing was decided, so nothing was guessed.
    refund();
    throw error;
  }
}

/**
 * A locked key ring decides nothing at all (Z12): not for tokens that need no key, and not half, by the PIN alone. "Not ready"
 * is a vault that replaces a lost worker, too; so it is asked for something, and rejects with VaultLockedError if it is locked.
 */
async function refuseWhileLocked({ vault }: LoginEngine): Promise<void> {
  await vault.seal(new Uint8Array(1), "login|probe");
}

/** Steps 4 and 6 to 9, again from the start when the commit is lost. Null: lost every time. */
async function decideDurably(
  subject: Subject,
  request: LoginRequest,
  config: SystemConfig,
  now: number,
  engine: LoginEngine,
): Promise<Decision | null> {
  const { steps } = engine;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    let tick = performance.now();
    const usable = await findCandidates(subject, engine);
    tick = steps.lap("candidates", tick);
    const candidates = await matchPins(usable, request.pass, request.otpOnly, config, now, engine);
    tick = steps.lap("pin", tick);
    await checkValues(candidates, config, now, engine);
    tick = steps.lap("check", tick);
    const decision = decide(candidates, request.otpOnly, config);
    const { won } = await commitDecision(decision, subject, request, config, now, engine);
    steps.lap("commit", tick);
    if (won) return decision;
  }
  return null;
}

function budgetKey(subject: Subject): string {
  const user = subject.kind === "user" ? subject.user : subject.owner;
  return user ? keyOfUser(user) : `\0${subject.kind === "token" ? subject.serial : ""}`;
}

/** Not awaited: nobody waits for a better hash of his PIN. */
function raiseHashes(decision: Acceptance, request: LoginRequest, engine: LoginEngine): void {
  if (request.otpOnly) return;
  for (const { token, type } of decision.tokens) {
    if (token.pinHash === null || !engine.vault.needsRehash(token.pinHash)) continue;
    const { pin } = splitPin(request.pass, type.otpLength(token), engine.systemConfig().PrependPin);
    raisePinHash(token, pin, engine).catch((error: unknown) =>
      engine.log.warn("a PIN hash could not be raised", { error: String(error) }),
    );
  }
}
