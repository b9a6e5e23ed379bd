// JSON Web Tokens as this server makes them: HS256 only (RFC 7519, RFC 7515). The signature itself is computed in the vault.
// What is refused: any other algorithm (above all "none"), other header members, oversized or malformed parts.
import { toAsciiJson } from "./ascii-json.ts";

const HEADER = encodePart(new TextEncoder().encode('{"alg":"HS256","typ":"JWT"}'));
/** Ours are below 2 kB; rights lists grow them. */
const MAX_LENGTH = 16_384;

export interface Claims {
  username: string;
  realm: string;
  role: string;
  [name: string]: unknown;
}

/** Not a token of this form. */
export class JwtError extends SyntaxError {
  override readonly name = "JwtError";
}

function encodePart(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodePart(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    throw new JwtError("a part of the token is not base64url");
  }
}

/** The first two parts: what has to be signed. Payload JSON is ASCII that yields no `-` or `_` (clients-contract.md W7). */
export function signingInput(claims: Claims): string {
  return `${HEADER}.${encodePart(new TextEncoder().encode(toAsciiJson(claims)))}`;
}

export function joinSignature(input: string, signature: Uint8Array): string {
  return `${input}.${encodePart(signature)}`;
}

/** Takes a token apart. Nothing in it is believed until the signature over `input` is. Error: JwtError. */
export function parseJwt(token: string): { input: string; signature: Uint8Array; readClaims: () => Claims } {
  if (token.length > MAX_LENGTH) throw new JwtError("the token is too long");
  const parts = token.split(".");
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) throw new JwtError("a token has three parts");
  checkHeader(decodePart(header));
  return { input: `${header}.${payload}`, signature: decodePart(signature), readClaims: () => readClaims(decodePart(payload)) };
}

/** What the header says the algorithm is, to choose who is asked about it; null: nothing that can be read. */
export function readAlgorithm(token: string): string | null {
  if (token.length > MAX_LENGTH) return null;
  try {
    const { alg } = parseObject(decodePart(token.slice(0, token.indexOf("."))));
    return typeof alg === "string" ? alg : null;
  } catch (error) {
    if (error instanceof JwtError) return null;
    throw error;
  }
}

/** RFC 8725 3.1: the algorithm is ours to say, not the token's. */
function checkHeader(bytes: Uint8Array): void {
  const header = parseObject(bytes);
  if (header.alg !== "HS256") throw new JwtError("the algorithm is not HS256");
  if (header.crit !== undefined) throw new JwtError("critical headers are not known here");
}

function readClaims(bytes: Uint8Array): Claims {
  const claims = parseObject(bytes);
  const { username, realm, role } = claims;
  if (typeof username !== "string" || typeof realm !== "string" || typeof role !== "string")
    throw new JwtError("claims are missing");
  return { ...claims, username, realm, role };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new JwtError("a part of the token is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new JwtError("a part of the token is not an object");
  return value as Record<string, unknown>;
}
