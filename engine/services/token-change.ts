// What every change of tokens has in common: which may be changed at all, the UPDATE it hangs on, and what becomes stale.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Statement, TokenRecord, Touched } from "../store/store.ts";
import { selectToken, selectTokens, type Which } from "./token-select.ts";
import type { Work } from "./work.ts";

export const idsOf = (tokens: readonly TokenRecord[]): number[] => tokens.map((token) => token.id);

/** What a change of these tokens makes stale: they, and the lists of those who own them now. */
export function touching(...tokens: TokenRecord[]): Touched[] {
  const owners = tokens.flatMap(({ owner }) => (owner ? [{ owner: { resolver: owner.resolver, userId: owner.userId } }] : []));
  return [{ serials: tokens.map((token) => token.serial) }, ...owners];
}

/**
 * The tokens a call means and may change: a revoked or locked one can only be deleted (K1-04, Z51). Errors: those of selectTokens,
 * and 1007 if none is left, so also for one that was named by its serial; among all of a user's the locked ones are passed over.
 */
export async function selectOpenTokens(work: Work, which: Which): Promise<TokenRecord[]> {
  const open = (await selectTokens(work, which)).filter((token) => !token.revoked && !token.locked);
  if (open.length === 0) throw new ApiError("token_locked");
  return open;
}

/** One token by serial, under the same rules. */
export async function selectOpenToken(work: Work, which: Which & { serial: string }): Promise<TokenRecord> {
  const token = await selectToken(work, which);
  if (token.revoked || token.locked) throw new ApiError("token_locked");
  return token;
}

/**
 * An UPDATE of tokens that are open when it happens, whatever they were when they were read. It raises `version`, so that a login
 * or a change that was decided on an older state loses.
 */
export function updateOpen({ engine }: Work, tokens: readonly TokenRecord[]) {
  return engine.store.sql
    .updateTable("token")
    .set((eb) => ({ version: eb("version", "+", 1) }))
    .where("id", "in", idsOf(tokens))
    .where("revoked", "=", 0)
    .where("locked", "=", 0);
}

/** The same for one token that must be as it was when it was read: for changes that rest on what was read. */
export function updateUnchanged(work: Work, token: TokenRecord) {
  return updateOpen(work, [token]).where("version", "=", token.version);
}

/** For changes beside the row (information, realms, groups): the token has another version and is still there. */
export function raiseVersion(work: Work, token: TokenRecord): Statement {
  return { query: updateOpen(work, [token]).compile(), expect: 1 };
}
