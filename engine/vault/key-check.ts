// Checksums of secrets in key files: a flipped bit must be said at the start, not as "wrong password" or as a token that can not be
// opened. They are against accidents, not against who can write the file, and tell nothing: the secrets are 32 random bytes.
import { createHash } from "node:crypto";

/** 16 hex digits over `parts`. */
export function checkOf(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** Throws an Error naming `what` if `stored` is there and another one; files of older versions have none. */
export function refuseWrongCheck(stored: unknown, what: string, ...parts: string[]): void {
  if (stored !== undefined && stored !== checkOf(...parts)) throw new Error(`${what} does not fit its checksum`);
}
