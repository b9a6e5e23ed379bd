// May this token be used at all (K1-09)? Asked after its value was found right, so that the answer helps its owner only.
import type { Unfitness } from "@ostiary/shared/messages/phrases.ts";
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { TokenRecord } from "../store/store.ts";
import { RESYNC_DEMANDED } from "../tokens/type.ts";

/** The moment (ms) at or before which a full fail counter counts as cleared; 0: never (K1-13, G03). */
export function clearedBefore(config: SystemConfig, now: number): number {
  return config.failcounter_clear_timeout > 0 ? now - config.failcounter_clear_timeout * 60_000 : 0;
}

/**
 * The fail counter keeps a token out:
 *
 *   open --wrong (counter < max)--> open --wrong (counter = max)--> full since t --right, at t + timeout or later--> open
 *                                                                        | anything earlier: stays full, t unmoved
 */
function isLockedOut(token: TokenRecord, clearBefore: number): boolean {
  if (token.maxFail <= 0 || token.failCount < token.maxFail) return false;
  return !(token.failedSince !== null && token.failedSince <= clearBefore);
}

/** Rollout states in which a token waits for somebody: the second step of its enrolment (K1-05), or a resync after a restore. */
const WAITING = new Map<string, Unfitness>([
  ["clientwait", "not_enrolled"],
  ["verify", "not_enrolled"],
  [RESYNC_DEMANDED, "resync_demanded"],
]);

/** Why not, or null. */
export function findUnfitness(token: TokenRecord, config: SystemConfig, now: number): Unfitness | null {
  if (!config.no_auth_counter) {
    if (token.authCountMax !== null && token.authCount >= token.authCountMax) return "counter_exceeded";
    if (token.authSuccessMax !== null && token.authSuccess >= token.authSuccessMax) return "counter_exceeded";
  }
  if (!token.active || token.locked) return "token_disabled";
  if (isLockedOut(token, clearedBefore(config, now))) return "failcounter_exceeded";
  if (token.validFrom !== null && now < token.validFrom) return "outside_validity";
  if (token.validUntil !== null && now > token.validUntil) return "outside_validity";
  return token.rolloutState === "" ? null : (WAITING.get(token.rolloutState) ?? null);
}
