// The token types there are. A new one: its catalogue entry in shared/token-types.ts, its file, a line here.
import type { tokenTypes } from "@ostiary/shared/token-types.ts";
import { hotp } from "./hotp.ts";
import { pw } from "./pw.ts";
import { spass } from "./spass.ts";
import { totp } from "./totp.ts";
import type { TokenType } from "./type.ts";

const registry: Record<keyof typeof tokenTypes, TokenType> = { hotp, totp, spass, pw };
const byKind = new Map<string, TokenType>(Object.entries(registry));

/** The type of this name, capitals or not; null for one we do not have. */
export function findTokenType(kind: string): TokenType | null {
  return byKind.get(kind) ?? byKind.get(kind.toLowerCase()) ?? null;
}

export const tokenKinds: readonly string[] = [...byKind.keys()];
