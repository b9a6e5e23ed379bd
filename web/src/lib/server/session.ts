// A person's session at the site: a sealed cookie that holds the engine's JWT and nothing that the JWT does not say. No table, so a
// restart logs nobody out, and any number of sites with one key share them. The browser can read nothing of it.
//
//   log-in ──▶ open ──(30 s pass, a call)──▶ sealed again with a new `seen`
//               │
//               └─ idle too long │ JWT over │ logged out ──▶ gone
//
// The JWT is packed before it is sealed (its parts decoded and deflated), because its list of rights outgrows a cookie otherwise.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

export interface Session {
  /** Of this log-in; new each time. */
  id: string;
  jwt: string;
  role: "admin" | "user";
  username: string;
  realm: string;
  rights: string[];
  /** milliseconds since 1970 */
  expiresAt: number;
  seenAt: number;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A JWT that unpacks to more is none of the engine's. */
const MAX_UNPACKED = 64 * 1024;

/** @param jwt what POST /auth answered. null: it is no JWT of a session. */
export function openSession(jwt: string, id: string, seenAt: number): Session | null {
  const claims = readClaims(jwt);
  if (claims === null) return null;
  const { role, username, realm, rights, exp } = claims;
  if ((role !== "admin" && role !== "user") || typeof username !== "string" || typeof exp !== "number") return null;
  return {
    id,
    jwt,
    role,
    username,
    realm: typeof realm === "string" ? realm : "",
    rights: Array.isArray(rights) ? rights.filter((right) => typeof right === "string") : [],
    expiresAt: exp * 1000,
    seenAt,
  };
}

export const newSessionId = (): string => randomBytes(12).toString("base64url");

/** @param purpose name of the cookie: a value is good under its own name only. */
export function sealSession({ jwt, id, seenAt }: Session, key: Uint8Array, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(purpose));
  const parts = jwt.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
  const packed = deflateRawSync(JSON.stringify([id, seenAt, ...parts]));
  const sealed = Buffer.concat([cipher.update(packed), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, sealed, cipher.getAuthTag()]).toString("base64url");
}

/** null: not ours, altered, or of another key. */
export function unsealSession(text: string, key: Uint8Array, purpose: string): Session | null {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== VERSION) return null;
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(purpose));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const packed = Buffer.concat([decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    const members: unknown = JSON.parse(inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED }).toString());
    const [id, seenAt, ...parts] = members as [string, number, ...string[]];
    return openSession(parts.map((part) => Buffer.from(part, "latin1").toString("base64url")).join("."), id, seenAt);
  } catch {
    return null;
  }
}

function readClaims(jwt: string): Record<string, unknown> | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
