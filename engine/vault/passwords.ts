// Password hashes, new and foreign. Runs in the dear lane's workers only: every call takes tens of milliseconds.
import { argon2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { unwrapCryptHash, verifyForeignHash } from "../core/password-hash.ts";
import { type Argon2Hash, type HashCost, isBcrypt, parseArgon2 } from "./password-cost.ts";

/** bcrypt reads 72 bytes; Bun hashes longer ones with SHA-512 first, other programs cut them off, and their hashes must verify. */
const BCRYPT_BYTES = 72;

/** Argon2id of `password` (UTF-8) with a fresh salt, in PHC form. */
export function makePasswordHash(password: string, cost: HashCost): string {
  // Bun.password refuses the empty password; a token without a PIN has one.
  if (password === "") return hashEmpty(cost);
  return Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: cost.memoryKib, timeCost: cost.iterations });
}

/** Whether `password` gives the `stored` hash. False too for a hash that is damaged, unknown, or too dear to check. */
export function checkPasswordHash(password: string, stored: string): boolean {
  try {
    const hash = unwrapCryptHash(stored);
    if (hash.startsWith("$argon2")) {
      const parsed = parseArgon2(hash);
      if (parsed === null) return false;
      return password === "" ? checkEmpty(parsed) : Bun.password.verifySync(password, hash);
    }
    if (hash.startsWith("$2")) {
      if (!isBcrypt(hash) || password === "" || password.includes("\0")) return false;
      return Bun.password.verifySync(Buffer.from(password, "utf8").subarray(0, BCRYPT_BYTES), hash);
    }
    return verifyForeignHash(password, hash) === true;
  } catch {
    return false; // the library's words for a malformed hash
  }
}

function hashEmpty(cost: HashCost): string {
  const salt = randomBytes(32);
  const encode = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
  const parsed: Argon2Hash = { kind: "argon2id", ...cost, lanes: 1, salt: encode(salt), tag: "" };
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.iterations},p=1$${parsed.salt}$${encode(digestEmpty(parsed, 32))}`;
}

function checkEmpty(hash: Argon2Hash): boolean {
  const tag = Buffer.from(hash.tag, "base64");
  return timingSafeEqual(digestEmpty(hash, tag.length), tag);
}

function digestEmpty(hash: Argon2Hash, tagLength: number): Buffer {
  const { kind, memoryKib, iterations, lanes } = hash;
  const nonce = Buffer.from(hash.salt, "base64");
  return argon2Sync(kind, {
    message: Buffer.alloc(0),
    nonce,
    parallelism: lanes,
    tagLength,
    memory: memoryKib,
    passes: iterations,
  });
}
