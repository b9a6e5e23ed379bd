// Verifies password hashes other systems made: crypt(3) MD5 and SHA, LDAP schemes (RFC 2307 section 5.3 and their salted kin),
// passlib's PBKDF2, phpass (WordPress, Drupal), OTRS. config-and-tokens.md A25, E102, E305. Argon2 and bcrypt are the vault's.
// Synchronous and dear (milliseconds): call it in a worker. A hash whose cost is absurd is not tried.
//
// Why our own: unixcrypt 3.0.4 does only $5$/$6$ and is wrong for passwords of exactly 32/64 bytes, apache-md5 and phpass do one
// format each, none bounds the cost.

import { createHash, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { computeMd5Crypt } from "./md5-crypt.ts";
import { computePhpass } from "./phpass.ts";
import { computeShaCrypt, SHA_CRYPT_ROUNDS } from "./sha-crypt.ts";

/** Every round of crypt(3) passes over the password: one longer than this never matches. It is libxcrypt's own bound. */
const MAX_PASSWORD_BYTES = 512;
/** Bounds of the stated cost, each 0.3 to 1.5 s on one core for an ordinary password (passlib's dearest default is 656,000 rounds). */
const MAX_SHA_CRYPT_ROUNDS = 1_000_000;
const MAX_PBKDF2_ROUNDS = 2_000_000;
const MAX_PHPASS_LOG2 = 20;
const MAX_HASH_LENGTH = 1024;

type Check = (password: Uint8Array, parts: RegExpExecArray) => boolean | null;

const FORMATS: readonly (readonly [RegExp, Check])[] = [
  [/^(\$1\$|\$apr1\$)([^$]{0,8})\$([./0-9A-Za-z]{22})$/, checkMd5Crypt],
  [/^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$]{0,16})\$([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})$/, checkShaCrypt],
  [/^\$([PHS])\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22}|[./0-9A-Za-z]{43})$/, checkPhpass],
  [/^\$pbkdf2(-sha256|-sha512|)\$(\d{1,9})\$([./0-9A-Za-z]{0,512})\$([./0-9A-Za-z]{20,86})$/, checkPbkdf2],
  [/^\{(S?)(MD5|SHA|SHA1|SHA256|SHA384|SHA512)\}([+/0-9A-Za-z]{20,700}={0,2})$/i, checkLdap],
  [/^([0-9a-fA-F]{64})$/, checkOtrs],
];

const ALGORITHMS: Record<string, string> = {
  MD5: "md5",
  SHA: "sha1",
  SHA1: "sha1",
  SHA256: "sha256",
  SHA384: "sha384",
  SHA512: "sha512",
};

/**
 * The hash inside the LDAP wrapper `{CRYPT}` (RFC 2307 section 5.3), any other text unchanged. The wrapper may hold any
 * crypt(3) format, also bcrypt and Argon2: take it off before choosing a verifier.
 */
export function unwrapCryptHash(hash: string): string {
  return /^\{crypt\}/i.test(hash) ? hash.slice("{CRYPT}".length) : hash;
}

/**
 * Checks a password against a hash of a foreign system.
 * @param password clear text; hashed as UTF-8
 * @param hash as stored: `$1$`, `$apr1$`, `$5$`, `$6$`, `$P$`, `$H$`, `$S$`, `$pbkdf2…$`, `{SSHA}` and kin, 64 hex digits (OTRS), each also
 *   within `{CRYPT}`
 * @returns true or false; null when the text is no hash of these formats, is damaged, or states an absurd cost. Never throws.
 */
export function verifyForeignHash(password: string, hash: string): boolean | null {
  const inner = unwrapCryptHash(hash);
  if (inner.length > MAX_HASH_LENGTH) return null;
  for (const [pattern, check] of FORMATS) {
    const parts = pattern.exec(inner);
    if (!parts) continue;
    const bytes = new TextEncoder().encode(password);
    return bytes.length > MAX_PASSWORD_BYTES ? false : check(bytes, parts);
  }
  return null;
}

function checkMd5Crypt(password: Uint8Array, [, magic, salt = "", wanted = ""]: RegExpExecArray): boolean {
  return equalText(computeMd5Crypt(password, encodeUtf8(salt), magic === "$1$" ? "$1$" : "$apr1$"), wanted);
}

function checkShaCrypt(password: Uint8Array, [, id, stated, salt = "", wanted = ""]: RegExpExecArray): boolean | null {
  const { standard, least } = SHA_CRYPT_ROUNDS;
  const rounds = stated === undefined ? standard : Math.max(least, Number(stated));
  if (rounds > MAX_SHA_CRYPT_ROUNDS || wanted.length !== (id === "5" ? 43 : 86)) return null;
  return equalText(computeShaCrypt(id === "5" ? "sha256" : "sha512", password, encodeUtf8(salt), rounds), wanted);
}

function checkPhpass(password: Uint8Array, [, id, cost = "", salt = "", wanted = ""]: RegExpExecArray): boolean | null {
  const algorithm = id === "S" ? "sha512" : "md5";
  if (wanted.length !== (algorithm === "md5" ? 22 : 43)) return null;
  const computed = computePhpass(algorithm, password, encodeUtf8(salt), cost, MAX_PHPASS_LOG2);
  // Drupal cuts the text to a column of 55 characters: 12 of setting, 43 of hash.
  return computed === null ? null : equalText(computed.slice(0, wanted.length), wanted);
}

function checkPbkdf2(password: Uint8Array, [, name, stated, salt = "", wanted = ""]: RegExpExecArray): boolean | null {
  const rounds = Number(stated);
  if (rounds < 1 || rounds > MAX_PBKDF2_ROUNDS) return null;
  const [algorithm, size] = name === "-sha512" ? ["sha512", 64] : name === "-sha256" ? ["sha256", 32] : ["sha1", 20];
  const key = decodePasslib64(wanted);
  if (key.length !== size) return null;
  return timingSafeEqual(pbkdf2Sync(password, decodePasslib64(salt), rounds, size, algorithm), key);
}

function checkLdap(password: Uint8Array, [, salted, name = "", text = ""]: RegExpExecArray): boolean | null {
  const algorithm = ALGORITHMS[name.toUpperCase()] ?? "sha1";
  const stored = Buffer.from(text, "base64");
  const plain = createHash(algorithm).update(password);
  const size = createHash(algorithm).digest().length;
  // {SHA} has no salt; {SSHA} without one is damaged.
  if (salted ? stored.length <= size : stored.length !== size) return null;
  return timingSafeEqual(plain.update(stored.subarray(size)).digest(), stored.subarray(0, size));
}

/** OTRS (E305): the bare SHA-256 of the password in hex. */
function checkOtrs(password: Uint8Array, [wanted]: RegExpExecArray): boolean {
  return equalText(createHash("sha256").update(password).digest("hex"), wanted.toLowerCase());
}

/** passlib's base64: '.' stands for '+', no padding. */
function decodePasslib64(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(".", "+"), "base64");
}

function encodeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
