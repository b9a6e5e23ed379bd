// The key directory: made once by `createKeys`, read by the vault's threads at every start.
//   keyring.json   seal keys, RSA and Ed25519 private keys (key-ring.ts); plain or sealed (ring-seal.ts)
//   session.json   session MAC key and pepper; never under the passphrase, because one logs in to unlock
//   audit.pub response.pub   the public halves, for `audit verify` and for clients
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Device } from "./device.ts";
import { checkOf, refuseWrongCheck } from "./key-check.ts";
import { decodeBase64, formatRing, type NewSealKey, parseRing } from "./key-ring.ts";
import type { RingForm } from "./ring-info.ts";
import { closeRing, makeDeviceSeal, makePassphraseSeal, type RingSeal, readForm } from "./ring-seal.ts";
import { KeyFileError, readSecretFile, writeNewFile } from "./secret-file.ts";

export { KeyFileError } from "./secret-file.ts";

export interface SessionKeys {
  /** 32 bytes, HMAC-SHA256 */
  mac: Uint8Array;
  /** Put before a password as text (rest-api.md 4), so an imported PI_PEPPER works too. */
  pepper: string;
}

/** The ring goes last: a directory with a ring is complete. */
const FILES = ["session.json", "audit.pub", "response.pub", "keyring.json"] as const;
type KeyFileName = (typeof FILES)[number];

export const ringPath = (directory: string) => join(directory, "keyring.json");

export interface NewKeys {
  /** Seals the ring. */
  passphrase?: string;
  /** Where the keys named below are made. */
  device?: Device;
  /** The first seal key stays in the module, under this label; without it, it lies in the ring. */
  sealKeyLabel?: string;
  /** The ring is sealed by a key in the module, under this label. */
  ringKeyLabel?: string;
  /** milliseconds since 1970 */
  now?: number;
}

/**
 * Makes all key files in `directory` (made with mode 0700 if missing), each with mode 0600, durable before this returns.
 * Throws KeyFileError if any of the files is there already, and as device.ts says.
 */
export async function createKeys(directory: string, options: NewKeys = {}): Promise<void> {
  refuseOverwrite(directory);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const audit = generateKeyPairSync("ed25519");
  const seal = await makeSeal(options);
  const first = makeSealKey(options.now ?? Date.now(), options.device, options.sealKeyLabel);
  const ring = formatRing(first, { response: exportPrivate(rsa.privateKey), audit: exportPrivate(audit.privateKey) });
  const session = makeSession(randomBytes(32).toString("base64"), randomBytes(32).toString("base64"), audit.publicKey);
  writeKeyFiles(directory, {
    "session.json": `${JSON.stringify(session, null, 2)}\n`,
    "audit.pub": exportPublic(audit.publicKey),
    "response.pub": exportPublic(rsa.publicKey),
    "keyring.json": closeRing(ring, seal),
  });
}

/** A new seal key with an id of its own: 32 random bytes, or a key made in the module under `label`. */
export function makeSealKey(now: number, device?: Device | null, label?: string): NewSealKey {
  const head = { id: randomBytes(4).toString("hex"), createdAt: now };
  if (label === undefined) return { ...head, key: randomBytes(32) };
  if (!device) throw new KeyFileError("a key in a security module needs the setting keys.pkcs11_module");
  return { ...head, ...device.provideKey(label, false) };
}

async function makeSeal({ passphrase, device, ringKeyLabel }: NewKeys): Promise<RingSeal> {
  if (passphrase === "") throw new KeyFileError("the passphrase is empty; leave it out to store the key ring unsealed");
  if (ringKeyLabel !== undefined && device) return makeDeviceSeal(device, ringKeyLabel);
  return passphrase === undefined ? { form: "plain" } : makePassphraseSeal(passphrase);
}

/** `directory` is made with mode 0700 if missing. Throws KeyFileError if one of the files is there. */
function writeKeyFiles(directory: string, files: Record<KeyFileName, string>): void {
  refuseOverwrite(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of FILES) writeNewFile(join(directory, name), files[name]);
}

function refuseOverwrite(directory: string): void {
  const present = FILES.filter((name) => existsSync(join(directory, name)));
  if (present.length === 0) return;
  throw new KeyFileError(
    `${directory} already holds ${present.join(", ")}; keys are never overwritten, choose another directory`,
  );
}

/** Session keys of `directory`. Throws KeyFileError. */
export function readSessionKeys(directory: string): SessionKeys {
  const path = join(directory, "session.json");
  return explain(path, () => {
    const session: unknown = JSON.parse(readSecretFile(path));
    if (typeof session !== "object" || session === null) throw new Error("it is not an object");
    const { mac, pepper, audit, check } = session as Record<string, unknown>;
    if (typeof pepper !== "string" || pepper.length < 8) throw new Error("the pepper must be text of 8 characters or more");
    const key = decodeBase64(mac, "the session key", 32);
    // With another pepper every administrator's password would be wrong, and nothing would say why. Older files have no check.
    refuseWrongCheck(check, "its content", String(mac), pepper, String(audit));
    if (check !== undefined && existsSync(join(directory, "audit.pub"))) refuseForeignSession(directory, String(audit));
    return { mac: key, pepper };
  });
}

/** The pair of secrets, the installation it belongs to (by its audit key), and a checksum over the three. */
function makeSession(mac: string, pepper: string, auditKey: KeyObject): Record<string, unknown> {
  const audit = String(auditKey.export({ format: "jwk" }).x);
  return { version: 1, mac, pepper, audit, check: checkOf(mac, pepper, audit) };
}

function refuseForeignSession(directory: string, audit: string): void {
  if (Buffer.from(readPublicKeys(directory).audit).toString("base64url") !== audit) throw foreignFile(directory, "session.json");
}

function foreignFile(directory: string, name: KeyFileName): KeyFileError {
  return new KeyFileError(
    `${join(directory, name)} belongs to other keys than the files beside it: restore the whole directory from one backup`,
  );
}

/** The text of keyring.json, its form checked. For the vault's threads. Throws KeyFileError. */
export function readRingFile(directory: string): { text: string; form: RingForm } {
  const path = ringPath(directory);
  return explain(path, () => {
    const text = readSecretFile(path);
    const form = readForm(text);
    if (form === "plain") checkPairs(directory, text);
    return { text, form };
  });
}

/** Public halves: raw 32-byte Ed25519 key (RFC 8032) and the RSA key as SPKI PEM. Throws KeyFileError. */
export function readPublicKeys(directory: string): { audit: Uint8Array; responsePem: string } {
  const auditPath = join(directory, "audit.pub");
  const audit = explain(auditPath, () => {
    const { x } = readPublicKey(auditPath).export({ format: "jwk" });
    return new Uint8Array(Buffer.from(x ?? "", "base64url"));
  });
  const responsePath = join(directory, "response.pub");
  return { audit, responsePem: explain(responsePath, () => exportPublic(readPublicKey(responsePath))) };
}

function readPublicKey(path: string): KeyObject {
  const pem = readFileSync(path, "utf8");
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error("it is not a public key in PEM");
  }
}

/** Throws a KeyFileError if the public files do not belong to the plain ring in `text`: signatures would verify nowhere. */
export function checkPairs(directory: string, text: string): void {
  const ring = parseRing(text);
  const known = readPublicKeys(directory);
  const audit = createPublicKey(ring.audit).export({ format: "jwk" }).x;
  if (audit !== Buffer.from(known.audit).toString("base64url")) throw foreignFile(directory, "audit.pub");
  if (exportPublic(createPublicKey(ring.response)) !== known.responsePem) {
    throw foreignFile(directory, "response.pub");
  }
}

function explain<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof KeyFileError) throw fault;
    const code = (fault as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw new KeyFileError(`${path} is missing: restore it from the backup`);
    if (code === "EISDIR" || code === "ENOTDIR")
      throw new KeyFileError(`${path} is not a file: move away what is there and restore it from the backup`);
    if (code === "EACCES") throw new KeyFileError(`${path} cannot be read by this account; give it to the account of the server`);
    const reason = fault instanceof SyntaxError ? "it is not valid JSON" : (fault as Error).message;
    throw new KeyFileError(`${path} is damaged: ${reason}; restore it from the backup`);
  }
}

function exportPrivate(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function exportPublic(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}
