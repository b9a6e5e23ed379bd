// What a key ring holds: seal keys, each with an id that every value sealed under it carries, and the private keys of signatures.
//   {"version":1,"active":"<id>","sealKeys":[…],"response":"PEM","audit":"PEM"}
// A seal key lies in the ring itself, or in a security module and only its name in the ring:
//   {"id":"8 hex digits","created":"ISO 8601","key":"32 bytes base64","check":"16 hex digits"}
//   {"id":"8 hex digits","created":"ISO 8601","kind":"pkcs11","label":"…","ckaId":"hex"}
// and `"retired":"ISO 8601"` once another key became the active one.
// New values are sealed under the active key; the others are there for values, and backups, that are older.
// How the file itself is sealed: ring-seal.ts.
import { createPrivateKey, type KeyObject } from "node:crypto";
import type { Device, DeviceKeyName } from "./device.ts";
import { checkOf, refuseWrongCheck } from "./key-check.ts";
import type { SealKeyInfo } from "./ring-info.ts";
import type { SealKey } from "./sealed-blob.ts";

/** An open key ring. Lives in workers only. */
export interface KeyRing {
  readonly activeId: number;
  readonly sealKeys: ReadonlyMap<number, SealKey>;
  /** RSA private key of the response signature. */
  readonly response: KeyObject;
  /** Ed25519 private key of the audit signature. */
  readonly audit: KeyObject;
}

/** A seal key for a ring: its bytes, or its name in a module. */
export type NewSealKey = { id: string; createdAt: number } & ({ key: Uint8Array } | DeviceKeyName);

/** Reads a plain key ring; `device` serves its keys of kind pkcs11. Throws an Error that says what is wrong, never showing a value. */
export function parseRing(text: string, device: Device | null = null): KeyRing {
  const ring = readVersioned(text);
  const sealKeys = new Map<number, SealKey>();
  const entries = readEntries(ring);
  for (const entry of entries) sealKeys.set(parseKeyId(entry.id), parseSealKey(entry, device));
  if (sealKeys.size !== entries.length) throw new Error("two seal keys have the same id");
  const activeId = parseKeyId(ring.active);
  if (!sealKeys.has(activeId)) throw new Error("the active id names no seal key");
  return {
    activeId,
    sealKeys,
    response: readPrivateKey(ring.response, "rsa"),
    audit: readPrivateKey(ring.audit, "ed25519"),
  };
}

/** The active id and what may be told of each key of the plain ring `text`, oldest first. */
export function describeRing(text: string): { active: string; keys: SealKeyInfo[] } {
  const ring = readVersioned(text);
  const keys = readEntries(ring).map(({ id, kind, created, retired, label }): SealKeyInfo => {
    return {
      id: String(id),
      kind: kind === "pkcs11" ? "pkcs11" : "file",
      createdAt: readTime(created),
      retiredAt: readTime(retired),
      label: kind === "pkcs11" ? String(label) : null,
    };
  });
  return { active: String(ring.active), keys };
}

function readTime(text: unknown): number | null {
  const time = Date.parse(String(text ?? ""));
  return Number.isNaN(time) ? null : time;
}

/** The name of the active seal key in its module; null if it lies in the ring, or (`any`) no key lies in a module. */
export function findDeviceKey(text: string, any = false): DeviceKeyName | null {
  const ring = readVersioned(text);
  const entries = readEntries(ring).filter(({ kind, id }) => kind === "pkcs11" && (any || id === ring.active));
  return entries[0] ? parseKeyName(entries[0]) : null;
}

/** The text of a new ring. The private keys are PEM. */
export function formatRing(first: NewSealKey, signing: { response: string; audit: string }): string {
  return print({ version: 1, active: first.id, sealKeys: [formatSealKey(first)], ...signing });
}

/** The ring `text` with one more key, which is the active one from now on. */
export function addSealKey(text: string, added: NewSealKey): string {
  const ring = readVersioned(text);
  const retired = new Date(added.createdAt).toISOString();
  const older = readEntries(ring).map((entry) => (entry.id === ring.active ? { ...entry, retired } : entry));
  return print({ ...ring, active: added.id, sealKeys: [...older, formatSealKey(added)] });
}

/** The ring `text` without a key. Throws an Error for the active one and for one it does not hold. */
export function dropSealKey(text: string, id: string): string {
  const ring = readVersioned(text);
  const entries = readEntries(ring);
  if (ring.active === id) throw new Error("it is the active key");
  if (!entries.some((entry) => entry.id === id)) throw new Error("the ring holds no key of this id");
  return print({ ...ring, sealKeys: entries.filter((entry) => entry.id !== id) });
}

/** The object in `text`. Throws an Error if it is no JSON or of another version. */
export function readVersioned(text: string): Record<string, unknown> {
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

/** Decodes strict base64; `length` in bytes, any if left out. Throws an Error naming `what`. */
export function decodeBase64(value: unknown, what: string, length?: number): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : null;
  if (bytes === null || bytes.toString("base64") !== value) throw new Error(`${what} is not base64`);
  if (length !== undefined && bytes.length !== length) throw new Error(`${what} has not ${length} bytes`);
  return bytes;
}

/** The number of an id. Throws an Error for anything but 8 hex digits. */
export function parseKeyId(id: unknown): number {
  if (typeof id !== "string" || !/^[0-9a-f]{8}$/.test(id)) throw new Error("a key id is not 8 hex digits");
  return Number.parseInt(id, 16);
}

/** The name of a key in a module. Throws an Error. */
export function parseKeyName({ label, ckaId }: Record<string, unknown>): DeviceKeyName {
  if (typeof label !== "string" || label === "") throw new Error("a key in a module has no label");
  if (typeof ckaId !== "string" || !/^([0-9a-f]{2})*$/.test(ckaId)) throw new Error("a key in a module has no readable id");
  return { label, ckaId };
}

function readEntries(ring: Record<string, unknown>): Record<string, unknown>[] {
  const listed = ring.sealKeys;
  if (!Array.isArray(listed) || listed.length === 0) throw new Error("sealKeys must be a list with at least one key");
  return listed.map((entry: unknown) => (typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {}));
}

function parseSealKey(entry: Record<string, unknown>, device: Device | null): SealKey {
  if (entry.kind === "pkcs11") return { ...parseKeyName(entry), device };
  if (entry.kind !== undefined) throw new Error("a seal key is of a kind this version does not know");
  const key = decodeBase64(entry.key, "a seal key", 32);
  refuseWrongCheck(entry.check, "a seal key", String(entry.id), String(entry.key));
  return key;
}

function formatSealKey(added: NewSealKey): Record<string, unknown> {
  const { id, createdAt } = added;
  const head = { id, created: new Date(createdAt).toISOString() };
  if ("key" in added) {
    const key = Buffer.from(added.key).toString("base64");
    return { ...head, key, check: checkOf(id, key) };
  }
  return { ...head, kind: "pkcs11", label: added.label, ckaId: added.ckaId };
}

function print(ring: object): string {
  return `${JSON.stringify(ring, null, 2)}\n`;
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
