// The form of a sealed secret: version 1 | key id (4) | nonce (12) | ciphertext | tag (16), AES-256-GCM (NIST SP 800-38D).
// The associated data is the context in UTF-8, so a blob moved to another row or column does not open.
// The key is 32 bytes in memory, or stays inside a security module, which then does the same computation: the form is one.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { type DeviceKey, deviceOf } from "./device.ts";
import { SealBrokenError } from "./vault.ts";

const VERSION = 1;
const NONCE_AT = 5;
const CIPHERTEXT_AT = 17;
const TAG_LENGTH = 16;

/** Bytes a sealed blob is longer than what it holds. */
export const SEAL_OVERHEAD = CIPHERTEXT_AT + TAG_LENGTH;

/** 32 bytes, or the name of a key in a security module. */
export type SealKey = Uint8Array | DeviceKey;

/** The key of a sealed value is not in the ring: it may have come in since (fast-worker.ts looks once more). */
export class UnknownKeyError extends SealBrokenError {}

/**
 * Seals `clear` under `key`, whose 4-byte id is `keyId` (an unsigned 32-bit number).
 * `nonce` is 12 fresh random bytes: random nonces are good for 2^32 blobs under one key (SP 800-38D 8.3).
 * A key in a module throws as device.ts says.
 */
export function sealBlob(key: SealKey, keyId: number, nonce: Uint8Array, clear: Uint8Array, context: string): Uint8Array {
  if (nonce.length !== 12) throw new RangeError("a nonce has 12 bytes");
  const blob = new Uint8Array(SEAL_OVERHEAD + clear.length);
  blob[0] = VERSION;
  new DataView(blob.buffer).setUint32(1, keyId);
  blob.set(nonce, NONCE_AT);
  const associated = Buffer.from(context, "utf8");
  if (!(key instanceof Uint8Array)) {
    blob.set(deviceOf(key).encrypt(key, nonce, clear, associated), CIPHERTEXT_AT);
    return blob;
  }
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(associated);
  blob.set(cipher.update(clear), CIPHERTEXT_AT);
  cipher.final();
  blob.set(cipher.getAuthTag(), CIPHERTEXT_AT + clear.length);
  return blob;
}

/**
 * Opens a blob made by `sealBlob`; `findKey` gives the key of an id. The caller owns the result and wipes it.
 * Throws SealBrokenError for anything that is not exactly what was sealed: wrong version, key, context, length or a flipped bit;
 * UnknownKeyError, which is one, for an id without a key. A key in a module throws as device.ts says.
 */
export function openBlob(findKey: (id: number) => SealKey | undefined, blob: Uint8Array, context: string): Uint8Array {
  if (blob.length < SEAL_OVERHEAD || blob[0] !== VERSION) throw new SealBrokenError("the sealed value is not of a known form");
  const key = findKey(readKeyId(blob));
  if (key === undefined) throw new UnknownKeyError("the key ring does not hold the key of this sealed value");
  const associated = Buffer.from(context, "utf8");
  const clear =
    key instanceof Uint8Array
      ? openInMemory(key, blob, associated)
      : deviceOf(key).decrypt(key, blob.slice(NONCE_AT, CIPHERTEXT_AT), blob.slice(CIPHERTEXT_AT), associated);
  if (clear === null) throw new SealBrokenError("the sealed value was altered or belongs elsewhere");
  return clear;
}

function openInMemory(key: Uint8Array, blob: Uint8Array, associated: Uint8Array): Uint8Array | null {
  const tagAt = blob.length - TAG_LENGTH;
  // authTagLength is stated, or short tags would be accepted (SP 800-38D appendix C).
  const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(NONCE_AT, CIPHERTEXT_AT), { authTagLength: TAG_LENGTH });
  decipher.setAAD(associated);
  decipher.setAuthTag(blob.subarray(tagAt));
  const clear = decipher.update(blob.subarray(CIPHERTEXT_AT, tagAt));
  try {
    decipher.final();
    return clear;
  } catch {
    clear.fill(0);
    return null;
  }
}

/** The id of the key a blob was sealed under. The blob has a header, at least. */
function readKeyId(blob: Uint8Array): number {
  return new DataView(blob.buffer, blob.byteOffset).getUint32(1);
}
