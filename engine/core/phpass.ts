// phpass "portable" hashes (Openwall): `$P$`/`$H$` over MD5 (WordPress, phpBB) and Drupal 7's `$S$` over SHA-512.

import { createHash } from "node:crypto";
import { CRYPT_ALPHABET, encodeCrypt64 } from "./crypt-base64.ts";

/**
 * Computes the hash part.
 * @param salt the 8 salt characters as bytes
 * @param cost one character of the crypt alphabet: log2 of the rounds, 7 to 30
 * @param maxLog2 the dearest cost the caller is ready to pay
 * @returns 22 (md5) or 86 (sha512) characters; null when the cost is out of bounds
 */
export function computePhpass(
  algorithm: "md5" | "sha512",
  password: Uint8Array,
  salt: Uint8Array,
  cost: string,
  maxLog2: number,
): string | null {
  const log2 = CRYPT_ALPHABET.indexOf(cost);
  if (log2 < 7 || log2 > Math.min(30, maxLog2)) return null;
  let digest = createHash(algorithm).update(salt).update(password).digest();
  const buffer = Buffer.concat([digest, password]);
  for (let round = 2 ** log2; round > 0; round--) {
    buffer.set(digest);
    digest = createHash(algorithm).update(buffer).digest();
  }
  return encodeCrypt64(
    digest,
    Array.from(digest, (_, index) => index),
  );
}
