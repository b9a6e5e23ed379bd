// How keyring.json is sealed. One of three forms:
//   plain       the ring itself (key-ring.ts)
//   passphrase  {"version":1,"sealed":{"kdf":"scrypt","n":…,"r":…,"p":…,"salt":…,"nonce":…,"data":…}}, data = ciphertext and tag
//   device      {"version":1,"device":{"label":"…","ckaId":"…","data":…}}, data = a sealed blob (sealed-blob.ts) of a key in the module
// A RingSeal is what closes the ring again after a change, without asking for the passphrase once more.
import { createCipheriv, createDecipheriv, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { Device, DeviceKey } from "./device.ts";
import { decodeBase64, parseKeyName, readVersioned } from "./key-ring.ts";
import type { RingForm } from "./ring-info.ts";
import { openBlob, sealBlob } from "./sealed-blob.ts";

interface Kdf {
  n: number;
  r: number;
  p: number;
  salt: Buffer;
}

export type RingSeal =
  | { form: "plain" }
  /** The key derived from the passphrase: the keeper holds it as long as the ring, so that it can read and write later versions. */
  | { form: "passphrase"; key: Buffer; kdf: Kdf }
  | { form: "device"; key: DeviceKey };

/** scrypt N=2^17, r=8, p=1: 128 MiB and about half a second of a core for each guess (RFC 7914; OWASP's first choice). */
export const RING_COST = { n: 2 ** 17, r: 8, p: 1 };

/** Bound of what a file may ask of scrypt, so that an altered file cannot exhaust the memory. */
const MAX_SCRYPT_BYTES = 2 ** 30;
const CONTEXT = "ostiary key ring v1";

/** How `text`, the content of keyring.json, is sealed; checks the form of the seal. Throws an Error if it is not a key ring at all. */
export function readForm(text: string): RingForm {
  const value = readVersioned(text);
  if ("sealed" in value) {
    readPassphraseForm(text);
    return "passphrase";
  }
  if ("device" in value) {
    readDeviceForm(text);
    return "device";
  }
  return "plain";
}

/** A seal under a new passphrase: derives the key, half a second. `cost` is for tests. */
export async function makePassphraseSeal(passphrase: string, cost = RING_COST): Promise<RingSeal> {
  const kdf = { ...cost, salt: randomBytes(16) };
  return { form: "passphrase", key: await deriveKey(passphrase, kdf), kdf };
}

/** A seal by a key of this label in the module, the one that is there or a new one. Throws as device.ts says. */
export function makeDeviceSeal(device: Device, label: string): RingSeal {
  return { form: "device", key: { ...device.provideKey(label, true), device } };
}

/** The text of keyring.json: the plain ring `text` under `seal`. */
export function closeRing(text: string, seal: RingSeal): string {
  if (seal.form === "plain") return text;
  const sealed = seal.form === "device" ? closeByDevice(text, seal.key) : closeByKey(text, seal.key, seal.kdf);
  return `${JSON.stringify({ version: 1, ...sealed }, null, 2)}\n`;
}

/** The ring inside, and its seal; null: wrong passphrase (or an altered file: GCM cannot tell these apart). */
export async function openByPassphrase(text: string, passphrase: string): Promise<{ ring: string; seal: RingSeal } | null> {
  const { nonce, data, ...kdf } = readPassphraseForm(text);
  const seal = { form: "passphrase" as const, key: await deriveKey(passphrase, kdf), kdf };
  const ring = decrypt(seal.key, nonce, data);
  return ring === null ? null : { ring, seal };
}

/** The ring inside, by a seal that opened an earlier version of the file; null: it has another passphrase by now. */
export function openBySeal(text: string, seal: RingSeal): string | null {
  if (seal.form !== "passphrase") return null;
  const { n, r, p, salt, nonce, data } = readPassphraseForm(text);
  const { kdf } = seal;
  const isSame = n === kdf.n && r === kdf.r && p === kdf.p && timingSafeEqual(salt, kdf.salt);
  return isSame ? decrypt(seal.key, nonce, data) : null;
}

/** The ring inside and its seal. Throws as device.ts says, and SealBrokenError for an altered file. */
export function openByDevice(text: string, device: Device): { ring: string; seal: RingSeal } {
  const { data, ...name } = readDeviceForm(text);
  const key = { ...name, device };
  const clear = openBlob(() => key, data, CONTEXT);
  const ring = Buffer.from(clear).toString("utf8");
  clear.fill(0);
  return { ring, seal: { form: "device", key } };
}

function closeByDevice(text: string, key: DeviceKey): object {
  // The label and CKA_ID name the key; the id inside the blob is for the ring's own keys.
  const blob = sealBlob(key, 0, randomBytes(12), Buffer.from(text, "utf8"), CONTEXT);
  return { device: { label: key.label, ckaId: key.ckaId, data: Buffer.from(blob).toString("base64") } };
}

function closeByKey(text: string, key: Buffer, kdf: Kdf): object {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(CONTEXT));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  const encode = (bytes: Buffer) => bytes.toString("base64");
  return { sealed: { kdf: "scrypt", ...kdf, salt: encode(kdf.salt), nonce: encode(nonce), data: encode(data) } };
}

function decrypt(key: Buffer, nonce: Buffer, data: Buffer): string | null {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(CONTEXT));
  decipher.setAuthTag(data.subarray(-16));
  const clear = decipher.update(data.subarray(0, -16));
  try {
    decipher.final();
    return clear.toString("utf8");
  } catch {
    return null;
  } finally {
    clear.fill(0);
  }
}

/** Throws an Error: what is not readable, or out of bounds. */
function readPassphraseForm(text: string): Kdf & { nonce: Buffer; data: Buffer } {
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

function readDeviceForm(text: string): { label: string; ckaId: string; data: Buffer } {
  const sealed = (readVersioned(text).device ?? {}) as Record<string, unknown>;
  return { ...parseKeyName(sealed), data: decodeBase64(sealed.data, "the sealed data") };
}

function deriveKey(passphrase: string, { n, r, p, salt }: Kdf): Promise<Buffer> {
  // NFC, so that a passphrase typed on another keyboard or system gives the same bytes (RFC 8265 section 4.2).
  const secret = Buffer.from(passphrase.normalize("NFC"), "utf8");
  const options = { N: n, r, p, maxmem: 128 * n * r + 128 * r * p + 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, options, (fault, key) => (fault ? reject(fault) : resolve(key)));
  });
}
