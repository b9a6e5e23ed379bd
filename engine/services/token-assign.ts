// Whose token it is (rest-api.md 2.3, K1-24). The old owner's list of tokens is stale as well as the token.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Statement } from "../store/store.ts";
import { idsOf, selectOpenToken, selectOpenTokens, touching, updateUnchanged } from "./token-change.ts";
import { limitStatements } from "./token-limit.ts";
import { copyOwnerStatements, ownerStatements } from "./token-owner.ts";
import { isOwnedBy, requireUser, type Which } from "./token-select.ts";
import { type Work, writeOrRefuse } from "./work.ts";

/** Gives a token to a user. Error: 1103 if somebody else has it. */
export async function assign(work: Work, which: Which & { serial: string; user?: string; pin?: string }): Promise<true> {
  const { store, vault, directory } = work.engine;
  if (which.user === undefined) throw new ApiError("missing_parameter", { name: "user" });
  const user = await requireUser(work, { ...which, user: which.user });
  Object.assign(work.audit, { serial: which.serial, user: user.login, realm: user.realm, resolver: user.resolver });
  const token = await store.tokenBySerial(which.serial);
  if (!token) throw new ApiError("token_not_found");
  work.audit.tokenType = token.type;
  // Before anything else is said of a token that may be somebody's.
  if (token.owner && !isOwnedBy(token, user)) throw new ApiError("already_assigned");
  if (token.revoked || token.locked) throw new ApiError("token_locked");
  const pin = which.pin ? { pin_hash: await vault.hashPassword(which.pin) } : {};
  const change: Statement = { query: updateUnchanged(work, token).set(pin).compile(), expect: 1 };
  const owner = token.owner
    ? []
    : [...ownerStatements(store.sql, token.serial, user, directory), ...(await limitStatements(work, token.serial))];
  await writeOrRefuse(work, [change, ...owner], touching(token));
  return true;
}

/** Takes tokens from their owner: PIN gone, fail counter 0. Returns the number of tokens. */
export async function unassign(work: Work, which: Which): Promise<number> {
  const tokens = await selectOpenTokens(work, which);
  const { sql } = work.engine.store;
  // One by one and as they were read: a token that has found a new owner meanwhile is not taken from him.
  const cleared = tokens.map((token) => ({
    query: updateUnchanged(work, token).set({ pin_hash: null, fail_count: 0, failed_since: null }).compile(),
    expect: 1,
  }));
  const freed = { query: sql.deleteFrom("token_owner").where("token_id", "in", idsOf(tokens)).compile() };
  await writeOrRefuse(work, [...cleared, freed], touching(...tokens));
  return tokens.length;
}

/** The owner of `from` becomes that of `to` too, in place of the one it has. Errors: 1016, 1017, 301 if `from` has no owner. */
export async function copyUser(work: Work, from: string, to: string): Promise<true> {
  const { source, target } = await selectPair(work, from, to);
  if (!source.owner) throw new ApiError("copy_without_owner");
  const { sql } = work.engine.store;
  const freed = { query: sql.deleteFrom("token_owner").where("token_id", "=", target.id).compile() };
  const change = { query: updateUnchanged(work, target).compile(), expect: 1 };
  const owner = copyOwnerStatements(sql, source.id, target.serial);
  await writeOrRefuse(work, [change, freed, ...owner], touching(source, target));
  return true;
}

/** The two tokens of a copy. Errors: 1016 and 1017 where there is none of this serial, 1007 if the one that changes is locked. */
export async function selectPair(work: Work, from: string, to: string) {
  const { store } = work.engine;
  work.audit.serial = to;
  work.audit.actionDetail = `from ${from}`;
  const source = await store.tokenBySerial(from);
  if (!source) throw new ApiError("copy_source");
  if (!(await store.tokenBySerial(to))) throw new ApiError("copy_target");
  return { source, target: await selectOpenToken(work, { serial: to }) };
}
