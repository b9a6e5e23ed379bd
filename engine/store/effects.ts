// What a login does to a token, twice: as SQL on the row and as the same change on the cached record. Keep the two beside
// each other; test/store-effects.test.ts runs random effects and compares them.
//
// fail counter (K1-12, K1-13, Z39):
//
//   0 ──fail──> 1 … ──fail──> max, failed_since = now ──fail──> max (saturated, the moment stays)
//   ^                            │
//   └── accept, or cleared when failed_since <= clearFailedBefore (a fail then counts from 1 again)
//
// max_fail 0 or less means no limit: the counter rises and never fills.
import type { Database } from "bun:sqlite";
import type { AcceptEffect, FailEffect, TokenEffect, TokenRecord } from "./store.ts";

/** Prepares the hot statements. The function returned stores one effect; false: its condition failed, nothing changed. */
export function prepareEffects(db: Database): (effect: TokenEffect) => boolean {
  // Everything the decision rested on is in the WHERE clause, so of two logins with one OTP the second changes no row.
  const accept = db.prepare(`UPDATE token SET
      counter = coalesce(?1, counter), time_shift = coalesce(?2, time_shift), fail_count = 0, failed_since = NULL,
      last_auth = ?3, auth_count = auth_count + ?4, auth_success = auth_success + ?4, resync_counter = NULL, resync_due = NULL
    WHERE id = ?5 AND version = ?6 AND active = 1 AND revoked = 0 AND locked = 0
      AND (max_fail <= 0 OR fail_count < max_fail OR failed_since <= ?7)
      AND (?1 IS NULL OR counter < ?1)
      AND (?4 = 0 OR ((auth_count_max IS NULL OR auth_count < auth_count_max)
                  AND (auth_success_max IS NULL OR auth_success < auth_success_max)))`);
  // Right-hand sides see the row as it was; `failed_since <= ?1` is NULL (not true) while the counter never filled.
  const base = "iif(failed_since <= ?1, 0, fail_count)";
  const fail = db.prepare(`UPDATE token SET
      fail_count = iif(max_fail > 0 AND ${base} >= max_fail, ${base}, ${base} + 1),
      failed_since = iif(max_fail > 0 AND ${base} + 1 >= max_fail, iif(failed_since <= ?1, ?2, coalesce(failed_since, ?2)), NULL),
      auth_count = auth_count + ?3, resync_counter = coalesce(?4, resync_counter), resync_due = coalesce(?5, resync_due)
    WHERE id = ?6`);
  const consume = db.prepare("UPDATE token SET counter = ?1 WHERE id = ?2 AND version = ?3 AND counter < ?1");

  return (effect) => {
    checkNumbers(effect);
    if (effect.kind === "consume") return consume.run(effect.counter, effect.tokenId, effect.version).changes === 1;
    const count = effect.countAuth ? 1 : 0;
    if (effect.kind === "accept") {
      const { counter = null, timeShift = null, at, tokenId, version, clearFailedBefore } = effect;
      return accept.run(counter, timeShift, at, count, tokenId, version, clearFailedBefore).changes === 1;
    }
    const { clearFailedBefore, at, resync, tokenId } = effect;
    fail.run(clearFailedBefore, at, count, resync?.counter ?? null, resync?.due ?? null, tokenId);
    // A token that was deleted meanwhile has nothing to count; the attempt stays a failed one and is audited.
    return true;
  };
}

/** The same change on a record that is as the row was before. Call it only for effects that were stored. */
export function applyEffect(record: TokenRecord, effect: TokenEffect): void {
  if (effect.kind === "accept") applyAccept(record, effect);
  else if (effect.kind === "fail") applyFail(record, effect);
  else record.counter = effect.counter;
}

function applyAccept(record: TokenRecord, effect: AcceptEffect): void {
  record.counter = effect.counter ?? record.counter;
  record.timeShift = effect.timeShift ?? record.timeShift;
  record.failCount = 0;
  record.failedSince = null;
  record.lastAuth = effect.at;
  record.resyncCounter = null;
  record.resyncDue = null;
  if (effect.countAuth) {
    record.authCount += 1;
    record.authSuccess += 1;
  }
}

function applyFail(record: TokenRecord, effect: FailEffect): void {
  const cleared = record.failedSince !== null && record.failedSince <= effect.clearFailedBefore;
  const base = cleared ? 0 : record.failCount;
  const limited = record.maxFail > 0;
  record.failCount = limited && base >= record.maxFail ? base : base + 1;
  if (limited && base + 1 >= record.maxFail) record.failedSince = cleared ? effect.at : (record.failedSince ?? effect.at);
  else record.failedSince = null;
  if (effect.countAuth) record.authCount += 1;
  if (effect.resync) {
    record.resyncCounter = effect.resync.counter;
    record.resyncDue = effect.resync.due;
  }
}

/** bun:sqlite binds NaN as NULL, which would switch a condition off: refuse it before it gets there. */
function checkNumbers(effect: TokenEffect): void {
  const numbers: number[] = [effect.tokenId];
  if (effect.kind === "consume") numbers.push(effect.version, effect.counter);
  else numbers.push(effect.clearFailedBefore, effect.at);
  if (effect.kind === "accept") numbers.push(effect.version, effect.counter ?? 0, effect.timeShift ?? 0);
  if (effect.kind === "fail") numbers.push(effect.resync?.counter ?? 0, effect.resync?.due ?? 0);
  for (const value of numbers) {
    if (!Number.isSafeInteger(value)) throw new TypeError("an effect needs whole numbers");
  }
}
