// SHA-crypt by Ulrich Drepper ("Unix crypt using SHA-256 and SHA-512", version 0.6): `$5$` and `$6$`.
// Step numbers in the comments are those of that paper.

import { createHash } from "node:crypto";
import { encodeCrypt64 } from "./crypt-base64.ts";

const VARIANTS = {
  sha256: {
    size: 32,
    order: orderGroups([0, 10, 20], 10, (a, b, c) => [c, a, b]).concat([30, 31]),
  },
  sha512: {
    size: 64,
    order: orderGroups([0, 21, 42], 21, (a, b, c) => [b, c, a]).concat([63]),
  },
} as const;

/** Rounds the scheme uses when the hash names none, and the bounds it pulls a named number into. */
export const SHA_CRYPT_ROUNDS = { standard: 5000, least: 1000, most: 999_999_999 } as const;

/**
 * Computes the hash part of SHA-crypt.
 * @param password raw bytes (UTF-8 by custom)
 * @param salt at most 16 bytes are used
 * @param rounds already bounded by the caller
 * @returns 43 (sha256) or 86 (sha512) characters of crypt base64
 */
export function computeShaCrypt(algorithm: "sha256" | "sha512", password: Uint8Array, salt: Uint8Array, rounds: number): string {
  const { size, order } = VARIANTS[algorithm];
  const used = salt.subarray(0, 16);
  const hash = (parts: readonly Uint8Array[]): Uint8Array => {
    const hasher = createHash(algorithm);
    for (const part of parts) hasher.update(part);
    return hasher.digest();
  };

  const inner = hash([password, used, password]); // steps 4-8
  const outer: Uint8Array[] = [password, used, repeatTo(inner, password.length)]; // steps 1-3, 9, 10
  for (let bits = password.length; bits > 0; bits >>>= 1) outer.push(bits & 1 ? inner : password); // step 11
  let digest = hash(outer); // step 12

  const passwordBytes = repeatTo(hash(Array<Uint8Array>(password.length).fill(password)), password.length); // steps 13-16
  const saltBytes = repeatTo(hash(Array<Uint8Array>(16 + (digest[0] ?? 0)).fill(used)), used.length); // steps 17-20

  const buffer = Buffer.alloc(2 * (passwordBytes.length + size) + saltBytes.length);
  for (let round = 0; round < rounds; round++) {
    // step 21: one flat buffer a round, since a call into the native hash costs more than the copy
    const odd = (round & 1) === 1;
    let end = 0;
    const append = (part: Uint8Array): void => {
      buffer.set(part, end);
      end += part.length;
    };
    append(odd ? passwordBytes : digest);
    if (round % 3 !== 0) append(saltBytes);
    if (round % 7 !== 0) append(passwordBytes);
    append(odd ? digest : passwordBytes);
    digest = createHash(algorithm).update(buffer.subarray(0, end)).digest();
  }
  return encodeCrypt64(digest, order); // step 22
}

/** The first `length` bytes of `bytes` repeated without end. */
function repeatTo(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at += bytes.length) out.set(bytes.subarray(0, length - at), at);
  return out;
}

/**
 * Step 22's table: groups of three byte indexes where each next group adds one to every index and turns the places by one.
 * The paper lists the groups with the high byte first; here the low byte comes first.
 */
function orderGroups(
  start: readonly [number, number, number],
  count: number,
  turn: (a: number, b: number, c: number) => [number, number, number],
): number[] {
  const order: number[] = [];
  let [high, middle, low] = start;
  for (let group = 0; group < count; group++) {
    order.push(low, middle, high);
    [high, middle, low] = turn(high + 1, middle + 1, low + 1);
  }
  return order;
}
