// The first member of an archive: what follows, byte for byte, and what the data are. It is sealed by the session key of the
// server (HMAC-SHA256), which every restore has at hand because nothing can be restored without the keys; so a restore trusts
// nothing in an archive before it knows that this server wrote it.
import { createHmac, timingSafeEqual } from "node:crypto";
import { findPathFault } from "./part-path.ts";

/** Raised when a restore of today could not read what is written; then `readManifest` learns both. */
export const FORMAT = 1;

export const MANIFEST = "manifest.json";
export const SEAL = "manifest.seal";
export const KEYS = "keys.json";
export const DATABASE = "ostiary.db";
/** Everything else of the data directory. */
export const FILES = "files/";

export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 20_000;

export interface Part {
  name: string;
  bytes: number;
  /** hex */
  sha256: string;
}

export interface Manifest {
  format: typeof FORMAT;
  /** Version of the program that wrote it. */
  release: string;
  node: string;
  /** milliseconds since 1970: not later than anything in the copy */
  madeAt: number;
  /** Absolute; resolvers may name files in it. */
  dataDir: string;
  /** Number of the newest migration. */
  schema: number;
  /** Whether `keys.json` is among the parts, sealed by a passphrase. */
  keysInside: boolean;
  /** Ids of the seal keys without which something in the database stays closed, 8 hex digits each. */
  keyIds: string[];
  counts: { tokens: number; administrators: number; auditRows: number };
  /** Heads of the audit chains; `hash` in hex. */
  chains: { node: string; epoch: number; seq: number; hash: string }[];
  /** In the order in which they follow. */
  parts: Part[];
}

/** The archive is none, or not one that can be used here; the message says why. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Parses and checks. Error: ArchiveError. */
export function readManifest(text: string): Manifest {
  let value: Partial<Record<keyof Manifest, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw new ArchiveError("the manifest is damaged");
  }
  if (typeof value !== "object" || value === null || !Number.isInteger(value.format))
    throw new ArchiveError("the manifest is damaged");
  if (value.format !== FORMAT) {
    throw new ArchiveError(
      Number(value.format) > FORMAT
        ? `the archive has format ${value.format}, this program knows ${FORMAT}: restore it with the newer release that wrote it`
        : `the archive has format ${value.format}, which no release ever wrote`,
    );
  }
  const manifest = value as unknown as Manifest;
  if (!hasRightForm(manifest)) throw new ArchiveError("the manifest is damaged");
  return manifest;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;

function hasRightForm({ release, node, madeAt, dataDir, schema, keysInside, keyIds, counts, chains, parts }: Manifest): boolean {
  return (
    [release, node, dataDir].every((text) => typeof text === "string") &&
    isCount(madeAt) &&
    isCount(schema) &&
    typeof keysInside === "boolean" &&
    Array.isArray(keyIds) &&
    keyIds.every((id) => typeof id === "string" && /^[0-9a-f]{8}$/.test(id)) &&
    isObject(counts) &&
    [counts.tokens, counts.administrators, counts.auditRows].every(isCount) &&
    Array.isArray(chains) &&
    chains.every(isChain) &&
    Array.isArray(parts) &&
    parts.length <= MAX_PARTS &&
    parts.every(isPart) &&
    new Set(parts.map(({ name }) => name)).size === parts.length &&
    parts.some(({ name }) => name === DATABASE) &&
    // The keys first: with them the seal is checked before anything else is written.
    parts.findIndex(({ name }) => name === KEYS) === (keysInside ? 0 : -1)
  );
}

function isChain(chain: unknown): boolean {
  if (!isObject(chain)) return false;
  const { node, epoch, seq, hash } = chain;
  return typeof node === "string" && isCount(epoch) && isCount(seq) && typeof hash === "string" && /^[0-9a-f]*$/.test(hash);
}

function isPart(part: unknown): boolean {
  if (!isObject(part)) return false;
  const { name, bytes, sha256 } = part;
  return isPartName(name) && isCount(bytes) && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}

function isPartName(name: unknown): boolean {
  if (name === DATABASE || name === KEYS) return true;
  return typeof name === "string" && name.startsWith(FILES) && findPathFault(name.slice(FILES.length)) === null;
}

/** What the seal is computed over: never the input of a session's signature, which has no line break. */
export function sealedText(manifest: string): Uint8Array {
  return new TextEncoder().encode(`ostiary backup\n${manifest}`);
}

/** Whether this session key (32 bytes) made the seal, which is hex. */
export function isSealedBy(mac: Uint8Array, manifest: string, seal: string): boolean {
  const expected = createHmac("sha256", mac).update(sealedText(manifest)).digest();
  const given = Buffer.from(seal.trim(), "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
