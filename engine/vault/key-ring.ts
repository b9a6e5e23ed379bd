// The content of keyring.json: what is inside, its checks, and its seal under a passphrase.
// Plain:  {"version":1,"active":"<id>","sealKeys":[{"id":"8 hex digits","key":"32 bytes base64"}],"response":"PEM","audit":"PEM"}
// Sealed: {"version":1,"sealed":{"kdf":"scrypt","n":…,"r":…,"p":…,"salt":…,"nonce":…,"data":…}}; data = ciphertext and tag.
import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, scrypt } from "node:crypto";

/** An open key ring. Lives in workers only. */
export interface KeyRing {
  readonly activeId: number;
  readonly sealKeys: ReadonlyMap<number, Uint8Array>;
  /** RSA private key of the response signature. */
  readonly response: KeyObject;
  /** Ed25519 private key of the audit signature. */
  readonly audit: KeyObject;
}

/** scrypt N=2^17, r=8, p=1: 128 MiB and about half a second of a core for each guess (RFC 7914; OWASP's first choice). */
export const RING_COST = { n: 2 ** 17, r: 8, p: 1 };

/** Bound of what a file may ask of scrypt, so that an altered file cannot exhaust the memory. */
const MAX_SCRYPT_BYTES = 2 ** 30;
const SEAL_CONTEXT = Buffer.from("ostiary key ring v1");

interface SealedRing {
  n: number;
  r: number;
  p: number;
  salt: Buffer;
  nonce: Buffer;
  data: Buffer;
}

/** Whether `text`, the content of keyring.json, is sealed by a passphrase. Throws an Error if it is not a key ring at all. */
export function isSealedRing(text: string): boolean {
  return "sealed" in readVersioned(text);
}

/** Reads a plain key ring. Throws an Error that says what is wrong, never showing a value. */
export function parseRing(text: string): KeyRing {
  const ring = readVersioned(text);
  const listed = ring.sealKeys;
  if (!Array.isArray(listed) || listed.length === 0) throw new Error("sealKeys must be a list with at least one key");
  const sealKeys = new Map<number, Uint8Array>();
  for (const entry of listed as unknown[]) {
    const { id, key } = (entry ?? {}) as { id?: unknown; key?: unknown };
    sealKeys.set(parseKeyId(id), decodeBase64(key, "a seal key", 32));
  }
  if (sealKeys.size !== listed.length) throw new Error("two seal keys have the same id");
  const activeId = parseKeyId(ring.active);
  if (!sealKeys.has(activeId)) throw new Error("the active id names no seal key");
  return {
    activeId,
    sealKeys,
    response: readPrivateKey(ring.response, "rsa"),
    audit: readPrivateKey(ring.audit, "ed25519"),
  };
}

/** Seals the text of a plain key ring; the result is the text of a sealed one. `salt` and `nonce`: 16 and 12 random bytes. */
export async function sealRing(text: string, passphrase: string, salt: Buffer, nonce: Buffer, cost = RING_COST): Promise<string> {
  const key = await deriveKey(passphrase, { ...cost, salt });
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(SEAL_CONTEXT);
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  const encode = (bytes: Buffer) => bytes.toString("base64");
  const sealed = { kdf: "scrypt", ...cost, salt: encode(salt), nonce: encode(nonce), data: encode(data) };
  return `${JSON.stringify({ version: 1, sealed }, null, 2)}\n`;
}

/** The plain text inside a sealed key ring; null: wrong passphrase (or an altered file: GCM cannot tell these apart). */
export async function unsealRing(text: string, passphrase: string): Promise<string | null> {
  const sealed = readSealed(text);
  const key = await deriveKey(passphrase, sealed);
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.nonce, { authTagLength: 16 });
  decipher.setAAD(SEAL_CONTEXT);
  decipher.setAuthTag(sealed.data.subarray(-16));
  const clear = decipher.update(sealed.data.subarray(0, -16));
  key.fill(0);
  try {
    decipher.final();
    return clear.toString("utf8");
  } catch {
    return null;
  } finally {
    clear.fill(0);
  }
}

/** Checks the form of a sealed key ring, as far as that goes without the passphrase. Throws an Error. */
export function readSealed(text: string): SealedRing {
  const sealed = (readVersioned(text).sealed ?? {}) as Record<string, unknown>;
  const { kdf, n, r, p } = sealed;
  const isCost = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;
  if (kdf !== "scrypt" || !isCost(n) || !isCost(r) || !isCost(p)) throw new Error("the scrypt parameters are not readable");
  // RFC 7914 section 2: N is a power of two above 1.
  if (n < 2 || !Number.isInteger(Math.log2(n)) || 128 * n * r > MAX_SCRYPT_BYTES || p > 16) {
    throw new Error("the scrypt parameters are out of bounds");
  }
  const salt = decodeBase64(sealed.salt, "the salt", 16);
  const nonce = decodeBase64(sealed.nonce, "the nonce", 12);
  const data = decodeBase64(sealed.data, "the sealed data");
  if (data.length <= 16) throw new Error("the sealed data are cut off");
  return { n, r, p, salt, nonce, data };
}

function deriveKey(passphrase: string, cost: { n: number; r: number; p: number; salt: Buffer }): Promise<Buffer> {
  const { n, r, p, salt } = cost;
  // NFC, so that a passphrase typed on another keyboard or system gives the same bytes (RFC 8265 section 4.2).
  const secret = Buffer.from(passphrase.normalize("NFC"), "utf8");
  const options = { N: n, r, p, maxmem: 128 * n * r + 128 * r * p + 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, options, (fault, key) => (fault ? reject(fault) : resolve(key)));
  });
}

function readVersioned(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("it is not valid JSON"); // the parser's own words could quote key material
  }
  if (typeof value !== "object" || value === null || (value as { version?: unknown }).version !== 1) {
    throw new Error('it has no "version": 1');
  }
  return value as Record<string, unknown>;
}

function parseKeyId(id: unknown): number {
  if (typeof id !== "string" || !/^[0-9a-f]{8}$/.test(id)) throw new Error("a key id is not 8 hex digits");
  return Number.parseInt(id, 16);
}

/** Decodes strict base64; `length` in bytes, any if left out. Throws an Error naming `what`. */
export function decodeBase64(value: unknown, what: string, length?: number): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : null;
  if (bytes === null || bytes.toString("base64") !== value) throw new Error(`${what} is not base64`);
  if (length !== undefined && bytes.length !== length) throw new Error(`${what} has not ${length} bytes`);
  return bytes;
}

function readPrivateKey(pem: unknown, type: "rsa" | "ed25519"): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(String(pem));
  } catch {
    throw new Error(`the ${type} private key is not a readable PEM`);
  }
  if (key.asymmetricKeyType !== type) throw new Error(`the ${type} private key is of another kind`);
  if (type === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    throw new Error("the RSA key has less than 2048 bits");
  return key;
}
