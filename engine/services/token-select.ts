// Which tokens a call means: by serial, by owner, or both at once. For a user the owner is always himself, so he never reaches
// a stranger's token (rest-api.md 1.5 and 2.3).
import { ApiError } from "@ostiary/shared/errors.ts";
import type { TokenRecord } from "../store/store.ts";
import type { User } from "../users/directory.ts";
import { isNobody } from "./trusted-jwts.ts";
import type { Work } from "./work.ts";

export interface Which {
  serial?: string;
  user?: string;
  realm?: string;
  resolver?: string;
}

/** The user a call names. Errors: 904 for one nobody knows. */
export async function requireUser({ engine, caller }: Work, { user, realm, resolver }: Which & { user: string }): Promise<User> {
  if (caller?.role === "user") {
    if (isNobody(caller.user)) throw new ApiError("user_not_found");
    return caller.user;
  }
  const found = await engine.directory.findUser(user, realm, resolver);
  if (!found) throw new ApiError("user_not_found");
  return found;
}

/** Tokens, at least one, and notes them in the audit draft. Errors: 905 for neither serial nor user, 601 if there is none, 904. */
export async function selectTokens(work: Work, which: Which): Promise<TokenRecord[]> {
  const { store } = work.engine;
  const { serial, user } = which;
  if (serial === undefined && user === undefined) throw new ApiError("serial_or_user_missing");
  if (serial?.includes("*")) throw new ApiError("invalid_serial");
  if (serial !== undefined) work.audit.serial = serial;
  const owner = user === undefined ? null : await requireUser(work, { ...which, user });
  if (owner) Object.assign(work.audit, { user: owner.login, realm: owner.realm, resolver: owner.resolver });
  const tokens =
    serial !== undefined
      ? [await store.tokenBySerial(serial)].filter((token) => token !== null)
      : await store.tokensOfOwner(owner?.resolver ?? "", owner?.userId ?? "");
  const meant = owner ? tokens.filter((token) => isOwnedBy(token, owner)) : tokens;
  const [first] = meant;
  if (!first) throw new ApiError("token_not_found");
  work.audit.serial = meant.map((token) => token.serial).join(",");
  if (meant.length === 1) work.audit.tokenType = first.type;
  return meant;
}

/** One token by serial, under the same rules. */
export async function selectToken(work: Work, which: Which & { serial: string }): Promise<TokenRecord> {
  const [token] = await selectTokens(work, which);
  if (!token) throw new ApiError("token_not_found");
  return token;
}

export function isOwnedBy(token: TokenRecord, user: User): boolean {
  return token.owner !== null && token.owner.resolver === user.resolver && token.owner.userId === user.userId;
}
