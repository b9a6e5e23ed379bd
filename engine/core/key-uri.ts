// The addresses in enrolment QR codes: otpauth:// (the key URI format of Google Authenticator) and oathtoken://, as rest-api.md 3.2 writes
// them, and a reader of otpauth://.
import { Base32Error, decodeBase32, encodeBase32 } from "./base32.ts";
import type { OtpAlgorithm } from "./hotp.ts";

export { expandLabel } from "./label.ts";

/** The contract's bound of an otpauth address; older QR code readers fail beyond it. */
const MAX_URI = 180;
/** A serial, at least, has to be left of the label: apps refuse an empty one (manual L6012). */
const MIN_LABEL = 20;

export interface KeyUri {
  kind: "hotp" | "totp";
  /** Tags already expanded, not encoded. */
  label: string;
  /** Raw seed. */
  secret: Uint8Array;
  digits: number;
  algorithm: OtpAlgorithm;
  /** Empty: none. */
  issuer: string;
  /** Seconds; totp only. */
  period: number;
  /** Appended as they are named: `2step_salt`, `image`, `pin` … */
  extra?: Readonly<Record<string, string>>;
}

/** An address that is no otpauth://. The message does not hold it: it has a seed in it. */
export class KeyUriError extends SyntaxError {
  override readonly name = "KeyUriError";
}

/** `otpauth://…`: the algorithm is named only when it is not SHA-1; the label is cut so that the address stays within 180 characters. */
export function keyUri({ kind, label, secret, digits, algorithm, issuer, period, extra = {} }: KeyUri): string {
  const parameters = [
    ["secret", encodeBase32(secret)],
    ...(algorithm === "sha1" ? [] : [["algorithm", algorithm.toUpperCase()]]),
    kind === "hotp" ? ["counter", "1"] : ["period", String(period)],
    ["digits", String(digits)],
    ["issuer", issuer],
    ...Object.entries(extra),
  ];
  const query = writeQuery(parameters);
  const start = `otpauth://${kind}/`;
  return `${start}${fitLabel(label, MAX_URI - start.length - 1 - query.length)}?${query}`;
}

/** `oathtoken://…`, for the OATH token app of old. */
export function oathTokenUri({ kind, label, secret, extra = {} }: Pick<KeyUri, "kind" | "label" | "secret" | "extra">): string {
  const parameters = [
    ["lockdown", "true"],
    ["key", secret.toHex()],
    ...(kind === "totp" ? [["timeBased", "true"]] : []),
    ...Object.entries(extra),
  ];
  const query = writeQuery(parameters);
  const start = "oathtoken:///addToken?name=";
  return `${start}${fitLabel(label, MAX_URI - start.length - 1 - query.length)}&${query}`;
}

export interface ParsedKeyUri {
  kind: "hotp" | "totp";
  label: string;
  secret: Uint8Array;
  digits: number;
  algorithm: OtpAlgorithm;
  issuer: string;
  /** Seconds; 30 unless stated. */
  period: number;
  /** hotp; 0 unless stated. */
  counter: number;
}

/**
 * Reads an otpauth address.
 * @throws KeyUriError when type, secret, digits, algorithm, period or counter are missing or out of bounds
 */
export function parseKeyUri(text: string): ParsedKeyUri {
  const url = URL.parse(text);
  if (url?.protocol !== "otpauth:") throw new KeyUriError("the text is no otpauth address");
  const kind = url.hostname;
  if (kind !== "hotp" && kind !== "totp") throw new KeyUriError("the otpauth address is for another type than hotp and totp");
  const query = url.searchParams;
  const algorithm = (query.get("algorithm") ?? "SHA1").toLowerCase().replace("-", "");
  if (algorithm !== "sha1" && algorithm !== "sha256" && algorithm !== "sha512")
    throw new KeyUriError("the hash is none of SHA1, SHA256, SHA512");
  return {
    kind,
    label: decodeLabel(url.pathname.slice(1)),
    secret: readSecret(query.get("secret") ?? ""),
    digits: readNumber(query.get("digits") ?? "6", 4, 10),
    algorithm,
    issuer: query.get("issuer") ?? "",
    period: readNumber(query.get("period") ?? "30", 1, 86_400),
    counter: readNumber(query.get("counter") ?? "0", 0, Number.MAX_SAFE_INTEGER),
  };
}

function writeQuery(parameters: readonly (readonly string[])[]): string {
  return parameters.map(([name = "", value = ""]) => `${encode(name)}=${encode(value)}`).join("&");
}

/** Encodes whole characters as long as they fit. */
function fitLabel(label: string, room: number): string {
  const most = Math.max(room, MIN_LABEL);
  let text = "";
  for (const point of label) {
    const encoded = encode(point);
    if (text.length + encoded.length > most) break;
    text += encoded;
  }
  return text;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new KeyUriError("the label is badly encoded", { cause });
  }
}

function readSecret(text: string): Uint8Array {
  try {
    const secret = decodeBase32(text);
    if (secret.length > 0) return secret;
  } catch (cause) {
    if (!(cause instanceof Base32Error)) throw cause;
  }
  throw new KeyUriError("the otpauth address has no readable secret");
}

function readNumber(text: string, least: number, most: number): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) throw new KeyUriError("a number in the otpauth address is out of bounds");
  return number;
}
