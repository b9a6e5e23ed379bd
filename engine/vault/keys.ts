// The key directory: made once by `createKeys`, read by the workers at every start.
//   keyring.json   seal keys, RSA and Ed25519 private keys; plain, or sealed by a passphrase (key-ring.ts)
//   session.json   session MAC key and pepper; never under the passphrase, because one logs in to unlock
//   audit.pub response.pub   the public halves, for `audit verify` and for clients
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { decodeBase64, isSealedRing, parseRing, readSealed, sealRing } from "./key-ring.ts";

/** A key file is missing, unsafe or damaged. The message names the file and what to do; it never quotes the content. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

export interface SessionKeys {
  /** 32 bytes, HMAC-SHA256 */
  mac: Uint8Array;
  /** Put before a password as text (rest-api.md 4), so an imported PI_PEPPER works too. */
  pepper: string;
}

const FILES = ["keyring.json", "session.json", "audit.pub", "response.pub"] as const;

/**
 * Makes all key files in `directory` (made with mode 0700 if missing), each with mode 0600, durable before this returns.
 * With `passphrase` the key ring is sealed by it. Throws KeyFileError if any of the files is there already.
 */
export async function createKeys(directory: string, options: { passphrase?: string } = {}): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const present = FILES.filter((name) => existsSync(join(directory, name)));
  if (present.length > 0) {
    throw new KeyFileError(
      `${directory} already holds ${present.join(", ")}; keys are never overwritten, choose another directory`,
    );
  }
  if (options.passphrase === "") throw new KeyFileError("the passphrase is empty; leave it out to store the key ring unsealed");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const audit = generateKeyPairSync("ed25519");
  const id = randomBytes(4).toString("hex");
  const ring = {
    version: 1,
    active: id,
    sealKeys: [{ id, key: randomBytes(32).toString("base64") }],
    response: exportPrivate(rsa.privateKey),
    audit: exportPrivate(audit.privateKey),
  };
  const plain = `${JSON.stringify(ring, null, 2)}\n`;
  const sealed =
    options.passphrase === undefined ? plain : await sealRing(plain, options.passphrase, randomBytes(16), randomBytes(12));
  const session = { version: 1, mac: randomBytes(32).toString("base64"), pepper: randomBytes(32).toString("base64") };
  // The ring goes last: a directory with a ring is complete.
  writeNewFile(directory, "session.json", `${JSON.stringify(session, null, 2)}\n`);
  writeNewFile(directory, "audit.pub", exportPublic(audit.publicKey));
  writeNewFile(directory, "response.pub", exportPublic(rsa.publicKey));
  writeNewFile(directory, "keyring.json", sealed);
}

/** Session keys of `directory`. Throws KeyFileError. */
export function readSessionKeys(directory: string): SessionKeys {
  const path = join(directory, "session.json");
  return explain(path, () => {
    const { mac, pepper } = JSON.parse(readSecretFile(path)) as { mac?: unknown; pepper?: unknown };
    if (typeof pepper !== "string" || pepper.length < 8) throw new Error("the pepper must be text of 8 characters or more");
    return { mac: decodeBase64(mac, "the session key", 32), pepper };
  });
}

/** The text of keyring.json, its form checked, and whether a passphrase seals it. For workers. Throws KeyFileError. */
export function readRingFile(directory: string): { text: string; sealed: boolean } {
  const path = join(directory, "keyring.json");
  return explain(path, () => {
    const text = readSecretFile(path);
    const sealed = isSealedRing(text);
    if (sealed) readSealed(text);
    else checkPairs(directory, text);
    return { text, sealed };
  });
}

/** Public halves: raw 32-byte Ed25519 key (RFC 8032) and the RSA key as SPKI PEM. Throws KeyFileError. */
export function readPublicKeys(directory: string): { audit: Uint8Array; responsePem: string } {
  const auditPath = join(directory, "audit.pub");
  const audit = explain(auditPath, () => {
    const { x } = createPublicKey(readFileSync(auditPath, "utf8")).export({ format: "jwk" });
    return new Uint8Array(Buffer.from(x ?? "", "base64url"));
  });
  const responsePath = join(directory, "response.pub");
  return { audit, responsePem: explain(responsePath, () => exportPublic(createPublicKey(readFileSync(responsePath, "utf8")))) };
}

/** Throws an Error if the public files do not belong to the plain ring in `text`: signatures would verify nowhere. */
export function checkPairs(directory: string, text: string): void {
  const ring = parseRing(text);
  const known = readPublicKeys(directory);
  const audit = createPublicKey(ring.audit).export({ format: "jwk" }).x;
  if (audit !== Buffer.from(known.audit).toString("base64url")) throw new Error("audit.pub belongs to another key ring");
  if (exportPublic(createPublicKey(ring.response)) !== known.responsePem) {
    throw new Error("response.pub belongs to another key ring");
  }
}

function readSecretFile(path: string): string {
  // The file behind a link is judged; Windows has no such bits.
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new KeyFileError(`${path} has mode ${mode.toString(8)}: others can get at the keys; run chmod 600 ${path}`);
  }
  return readFileSync(path, "utf8");
}

function explain<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof KeyFileError) throw fault;
    const code = (fault as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw new KeyFileError(`${path} is missing: restore it from the backup`);
    if (code === "EACCES") throw new KeyFileError(`${path} cannot be read by this account; give it to the account of the server`);
    const reason = fault instanceof SyntaxError ? "it is not valid JSON" : (fault as Error).message;
    throw new KeyFileError(`${path} is damaged: ${reason}; restore it from the backup`);
  }
}

/** A whole file or none, and never over another: written aside, made durable, then linked to its name (link fails if that exists). */
function writeNewFile(directory: string, name: string, text: string): void {
  const draft = join(directory, `.${name}.${randomBytes(4).toString("hex")}`);
  const file = openSync(draft, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, join(directory, name));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "EEXIST") throw fault;
    throw new KeyFileError(`${join(directory, name)} exists; keys are never overwritten`);
  } finally {
    unlinkSync(draft);
  }
  const folder = openSync(directory, "r");
  fsyncSync(folder);
  closeSync(folder);
}

function exportPrivate(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function exportPublic(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}
