// May this token be used at all (K1-09)? Asked after its value was found right, so that the answer helps its owner only.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { TokenRecord } from "../store/store.ts";

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
export function isLockedOut(token: TokenRecord, clearBefore: number): boolean {
  if (token.maxFail <= 0 || token.failCount < token.maxFail) return false;
  return !(token.failedSince !== null && token.failedSince <= clearBefore);
}

/** Why not, in the words of the contract (rest-api.md 3.1.2), or null. */
export function findUnfitness(token: TokenRecord, config: SystemConfig, now: number): string | null {
  if (!config.no_auth_counter) {
    if (token.authCountMax !== null && token.authCount >= token.authCountMax) return "Authentication counter exceeded";
    if (token.authSuccessMax !== null && token.authSuccess >= token.authSuccessMax) return "Authentication counter exceeded";
  }
  if (!token.active || token.locked) return "Token is disabled";
  if (isLockedOut(token, clearedBefore(config, now))) return "Failcounter exceeded";
  if (token.validFrom !== null && now < token.validFrom) return "Outside validity period";
  if (token.validUntil !== null && now > token.validUntil) return "Outside validity period";
  // K1-05: tokens that wait for a second step of their enrolment.
  if (token.rolloutState === "clientwait" || token.rolloutState === "verify") return "Token is not yet enrolled";
  return null;
}
