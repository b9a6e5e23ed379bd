// md5-crypt, `$1$salt$hash` (FreeBSD 1994) and Apache's twin `$apr1$`. Old and cheap: verified so that imported
// password files keep working, never made.

import { createHash } from "node:crypto";
import { encodeCrypt64 } from "./crypt-base64.ts";

// (low, middle, high) of each group of the final digest, as the scheme orders them.
const ORDER = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];
const ROUNDS = 1000;

/**
 * Computes the hash part of md5-crypt.
 * @param password raw bytes (UTF-8 by custom)
 * @param salt at most 8 bytes are used
 * @param magic `$1$` or `$apr1$`: it is hashed along
 * @returns 22 characters of crypt base64
 */
export function computeMd5Crypt(password: Uint8Array, salt: Uint8Array, magic: "$1$" | "$apr1$"): string {
  const used = salt.subarray(0, 8);
  const inner = md5(password, used, password);
  const parts: Uint8Array[] = [password, Buffer.from(magic, "latin1"), used];
  for (let left = password.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  // The published algorithm walks the bits of the length and adds a zero byte for a one, the first password byte for a zero.
  for (let bits = password.length; bits > 0; bits >>>= 1) {
    parts.push(bits & 1 ? new Uint8Array(1) : password.subarray(0, 1));
  }
  let digest = md5(...parts);
  for (let round = 0; round < ROUNDS; round++) {
    const odd = (round & 1) === 1;
    const mix: Uint8Array[] = [odd ? password : digest];
    if (round % 3 !== 0) mix.push(used);
    if (round % 7 !== 0) mix.push(password);
    mix.push(odd ? digest : password);
    digest = md5(...mix);
  }
  return encodeCrypt64(digest, ORDER);
}

function md5(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
