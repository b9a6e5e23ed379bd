// What can be done to tokens that exist (rest-api.md 2.3). Each is one intent: the change, its condition and its audit row.
// Every change raises `version`, so that a login decided on the older state loses.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Statement, TokenRecord, Touched } from "../store/store.ts";
import { findTokenType } from "../tokens/registry.ts";
import { ownerStatements } from "./token-owner.ts";
import { isOwnedBy, requireUser, selectToken, selectTokens, type Which } from "./token-select.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

const ids = (tokens: TokenRecord[]) => tokens.map((token) => token.id);
const touching = (tokens: TokenRecord[]): Touched[] => [{ serials: tokens.map((token) => token.serial) }];

function updateTokens({ engine }: Work, tokens: TokenRecord[]) {
  return engine.store.sql
    .updateTable("token")
    .set((eb) => ({ version: eb("version", "+", 1) }))
    .where("id", "in", ids(tokens));
}

/** Switches tokens on or off; returns how many were the other way before. Error: 1007 for revoked ones. */
export async function setActive(work: Work, which: Which, active: boolean): Promise<number> {
  const tokens = await selectTokens(work, which);
  if (active && tokens.some((token) => token.revoked || token.locked)) throw new ApiError("token_locked");
  const query = updateTokens(work, tokens)
    .set({ active: active ? 1 : 0 })
    .where("active", "=", active ? 0 : 1)
    .compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(tokens)), 0);
}

/** Fail counters back to 0; returns the number of tokens. */
export async function resetFailCounters(work: Work, which: Which): Promise<number> {
  const tokens = await selectTokens(work, which);
  const query = updateTokens(work, tokens).set({ fail_count: 0, failed_since: null }).compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching(tokens)), 0);
}

/** Takes tokens from their owner: PIN gone, fail counter 0. Returns the number of tokens. */
export async function unassign(work: Work, which: Which): Promise<number> {
  const tokens = await selectTokens(work, which);
  const { sql } = work.engine.store;
  const clear = updateTokens(work, tokens).set({ pin_hash: null, fail_count: 0, failed_since: null }).compile();
  const free = sql.deleteFrom("token_owner").where("token_id", "in", ids(tokens)).compile();
  return changesOf(await writeOrRefuse(work, [{ query: clear }, { query: free }], touching(tokens)), 0);
}

/** Gives a token to a user. Error: 1103 if somebody else has it. */
export async function assign(work: Work, which: Which & { serial: string; user?: string; pin?: string }): Promise<true> {
  const { store, vault } = work.engine;
  if (which.user === undefined) throw new ApiError("missing_parameter", { name: "user" });
  const user = await requireUser(work, { ...which, user: which.user });
  work.audit = { ...work.audit, serial: which.serial, user: user.login, realm: user.realm, resolver: user.resolver };
  const token = await store.tokenBySerial(which.serial);
  if (!token) throw new ApiError("token_not_found");
  work.audit.tokenType = token.type;
  if (token.owner && !isOwnedBy(token, user)) throw new ApiError("already_assigned");
  const pin = which.pin ? { pin_hash: await vault.hashPassword(which.pin) } : {};
  const change: Statement = {
    query: updateTokens(work, [token]).set(pin).where("version", "=", token.version).compile(),
    expect: 1,
  };
  const owner = token.owner ? [] : ownerStatements(store.sql, token.serial, user, work.engine.directory);
  await writeOrRefuse(work, [change, ...owner], touching([token]));
  return true;
}

/** Sets the PINs that are given; an empty one is taken away. Returns how many. */
export async function setPins(
  work: Work,
  which: Which & { serial: string },
  pins: { otp?: string; user?: string; so?: string },
): Promise<number> {
  const { vault } = work.engine;
  const token = await selectToken(work, which);
  const seal = async (pin: string, column: string) =>
    pin === "" ? null : vault.seal(new TextEncoder().encode(pin), `token|${token.serial}|${column}`);
  const columns = {
    ...(pins.otp === undefined ? {} : { pin_hash: pins.otp === "" ? null : await vault.hashPassword(pins.otp) }),
    ...(pins.user === undefined ? {} : { user_pin_sealed: await seal(pins.user, "user_pin") }),
    ...(pins.so === undefined ? {} : { so_pin_sealed: await seal(pins.so, "so_pin") }),
  };
  const count = Object.keys(columns).length;
  if (count > 0)
    await writeOrRefuse(work, [{ query: updateTokens(work, [token]).set(columns).compile(), expect: 1 }], touching([token]));
  return count;
}

/** K1-17: two values in a row put the token in step. False: they are not found, or the type has no steps. */
export async function resync(work: Work, which: Which & { serial: string }, otp1: string, otp2: string): Promise<boolean> {
  const { engine } = work;
  const token = await selectToken(work, which);
  const config = engine.systemConfig();
  const context = { vault: engine.vault, config, now: engine.now() };
  const hit = (await findTokenType(token.type)?.resync?.(token, otp1.trim(), otp2.trim(), context)) ?? null;
  if (hit?.counter === undefined) {
    work.audit.success = false;
    return false;
  }
  const query = updateTokens(work, [token])
    .set({
      counter: hit.counter,
      resync_counter: null,
      resync_due: null,
      ...(hit.timeShift === undefined ? {} : { time_shift: hit.timeShift }),
      ...(config.DefaultResetFailCount ? { fail_count: 0, failed_since: null } : {}),
    })
    .where("version", "=", token.version)
    .where("counter", "<", hit.counter)
    .compile();
  return (await work.write([{ query, expect: 1 }], touching([token]))) !== null;
}

/** Deletes a token and all that hangs on it. */
export async function deleteToken(work: Work, which: Which & { serial: string }): Promise<number> {
  const token = await selectToken(work, which);
  const query = work.engine.store.sql.deleteFrom("token").where("id", "=", token.id).compile();
  return changesOf(await writeOrRefuse(work, [{ query }], touching([token])), 0);
}
