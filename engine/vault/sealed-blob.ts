// The form of a sealed secret: version 1 | key id (4) | nonce (12) | ciphertext | tag (16), AES-256-GCM (NIST SP 800-38D).
// The associated data is the context in UTF-8, so a blob moved to another row or column does not open.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { SealBrokenError } from "./vault.ts";

const VERSION = 1;
const NONCE_AT = 5;
const CIPHERTEXT_AT = 17;
const TAG_LENGTH = 16;

/** Bytes a sealed blob is longer than what it holds. */
export const SEAL_OVERHEAD = CIPHERTEXT_AT + TAG_LENGTH;

/**
 * Seals `clear` under a 32-byte `key` whose 4-byte id is `keyId` (an unsigned 32-bit number).
 * `nonce` is 12 fresh random bytes: random nonces are good for 2^32 blobs under one key (SP 800-38D 8.3).
 */
export function sealBlob(key: Uint8Array, keyId: number, nonce: Uint8Array, clear: Uint8Array, context: string): Uint8Array {
  if (nonce.length !== 12) throw new RangeError("a nonce has 12 bytes");
  const blob = new Uint8Array(SEAL_OVERHEAD + clear.length);
  blob[0] = VERSION;
  new DataView(blob.buffer).setUint32(1, keyId);
  blob.set(nonce, NONCE_AT);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(context, "utf8"));
  blob.set(cipher.update(clear), CIPHERTEXT_AT);
  cipher.final();
  blob.set(cipher.getAuthTag(), CIPHERTEXT_AT + clear.length);
  return blob;
}

/**
 * Opens a blob made by `sealBlob`; `findKey` gives the 32-byte key of an id. The caller owns the result and wipes it.
 * Throws SealBrokenError for anything that is not exactly what was sealed: wrong version, key, context, length or a flipped bit.
 */
export function openBlob(findKey: (id: number) => Uint8Array | undefined, blob: Uint8Array, context: string): Uint8Array {
  if (blob.length < SEAL_OVERHEAD || blob[0] !== VERSION) throw new SealBrokenError("the sealed value is not of a known form");
  const key = findKey(readKeyId(blob));
  if (key === undefined) throw new SealBrokenError("the key ring does not hold the key of this sealed value");
  const tagAt = blob.length - TAG_LENGTH;
  // authTagLength is stated, or short tags would be accepted (SP 800-38D appendix C).
  const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(NONCE_AT, CIPHERTEXT_AT), { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(blob.subarray(tagAt));
  const clear = decipher.update(blob.subarray(CIPHERTEXT_AT, tagAt));
  try {
    decipher.final();
  } catch {
    clear.fill(0);
    throw new SealBrokenError("the sealed value was altered or belongs elsewhere");
  }
  return clear;
}

function readKeyId(blob: Uint8Array): number {
  return new DataView(blob.buffer, blob.byteOffset).getUint32(1);
}
