// What can be done to tokens that exist (rest-api.md 2.3). Each is one intent: the change, its condition and its audit row.
// Every change raises `version`, so that a login decided on the older state loses.
import { findTokenType } from "../tokens/registry.ts";
import { RESYNC_DEMANDED } from "../tokens/type.ts";
import { selectOpenToken, selectOpenTokens, touching, updateOpen, updateUnchanged } from "./token-change.ts";
import { selectToken, type Which } from "./token-select.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

/** Switches tokens on or off; returns how many were the other way before (rest-api.md 5, item 30). */
export async function setActive(work: Work, which: Which, active: boolean): Promise<number> {
  const tokens = await selectOpenTokens(work, which);
  const query = updateOpen(work, tokens)
    .set({ active: active ? 1 : 0 })
    .where("active", "=", active ? 0 : 1)
    .compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(...tokens)), 0);
}

/** Fail counters back to 0; returns the number of tokens. */
export async function resetFailCounters(work: Work, which: Which): Promise<number> {
  const tokens = await selectOpenTokens(work, which);
  const query = updateOpen(work, tokens).set({ fail_count: 0, failed_since: null }).compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(...tokens)), 0);
}

/** For good: revoked, locked and disabled (K1-04). Returns the number of tokens. */
export async function revoke(work: Work, which: Which): Promise<number> {
  const tokens = await selectOpenTokens(work, which);
  const query = updateOpen(work, tokens).set({ revoked: 1, locked: 1, active: 0 }).compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(...tokens)), 0);
}

/** K1-17: two values in a row put the token in step. False: they are not found, or the type has no steps. */
export async function resync(work: Work, which: Which & { serial: string }, otp1: string, otp2: string): Promise<boolean> {
  const { engine } = work;
  const token = await selectOpenToken(work, which);
  const config = engine.systemConfig();
  const context = { vault: engine.vault, config, now: engine.now() };
  const hit = (await findTokenType(token.type)?.resync?.(token, otp1.trim(), otp2.trim(), context)) ?? null;
  if (hit?.counter === undefined) {
    work.audit.success = false;
    return false;
  }
  const query = updateUnchanged(work, token)
    .set({
      counter: hit.counter,
      resync_counter: null,
      resync_due: null,
      ...(token.rolloutState === RESYNC_DEMANDED ? { rollout_state: "" } : {}),
      ...(hit.timeShift === undefined ? {} : { time_shift: hit.timeShift }),
      ...(config.DefaultResetFailCount ? { fail_count: 0, failed_since: null } : {}),
    })
    .where("counter", "<", hit.counter)
    .compile();
  return (await work.write([{ query, expect: 1 }], touching(token))) !== null;
}

/** Deletes a token and all that hangs on it. */
export async function deleteToken(work: Work, which: Which & { serial: string }): Promise<number> {
  const token = await selectToken(work, which);
  const query = work.engine.store.sql.deleteFrom("token").where("id", "=", token.id).compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(token)), 0);
}
