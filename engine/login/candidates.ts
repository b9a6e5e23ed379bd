// Step 4: the tokens that can decide this login, from memory.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Soon, TokenRecord } from "../store/store.ts";
import { findTokenType } from "../tokens/registry.ts";
import type { TokenType } from "../tokens/type.ts";
import type { LoginEngine, Subject } from "./types.ts";

export interface Usable {
  token: TokenRecord;
  type: TokenType;
}

/** The subject's tokens without the revoked ones, by type (K1-23). Error: 1007 if all of them are revoked. */
export function findCandidates(subject: Subject, { store }: LoginEngine): Soon<Usable[]> {
  const found =
    subject.kind === "user"
      ? store.tokensOfOwner(subject.user.resolver, subject.user.userId)
      : store.tokenBySerial(subject.serial);
  return found instanceof Promise ? found.then(pickUsable) : pickUsable(found);
}

function pickUsable(found: TokenRecord[] | TokenRecord | null): Usable[] {
  const tokens = Array.isArray(found) ? found : found ? [found] : [];
  const usable: Usable[] = [];
  for (const token of tokens) {
    const type = token.revoked ? null : findTokenType(token.type);
    if (type) usable.push({ token, type });
  }
  if (usable.length === 0 && tokens.some((token) => token.revoked)) throw new ApiError("token_locked");
  return usable.length < 2 ? usable : usable.sort((a, b) => a.token.type.localeCompare(b.token.type));
}
