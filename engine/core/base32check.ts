// base32check: what the phone shows in two-step enrolment and a person types: base32(first 4 bytes of SHA-1(c) + c), no padding
// (rest-api.md 3.1.4, step 2). The sum catches typing errors; it protects nothing else.
import { createHash } from "node:crypto";
import { Base32Error, decodeBase32, encodeBase32 } from "./base32.ts";

const SUM_BYTES = 4;

/** Text that is no base32, is too short, or has a wrong sum: somebody mistyped. */
export class Base32CheckError extends SyntaxError {
  override readonly name = "Base32CheckError";
}

/** Upper-case text with the sum in front. */
export function encodeBase32Check(bytes: Uint8Array): string {
  return encodeBase32(Buffer.concat([sum(bytes), bytes]));
}

/**
 * Reads the text; case does not count, blanks and '-' between groups neither.
 * @throws Base32CheckError
 */
export function decodeBase32Check(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase32(text.replace(/[\s-]/g, ""));
  } catch (cause) {
    if (cause instanceof Base32Error) throw new Base32CheckError("the text is no base32", { cause });
    throw cause;
  }
  const payload = bytes.slice(SUM_BYTES);
  // The sum is public, so an ordinary comparison will do.
  if (payload.length === 0 || Buffer.compare(sum(payload), bytes.subarray(0, SUM_BYTES)) !== 0) {
    throw new Base32CheckError("the checksum does not match");
  }
  return payload;
}

function sum(bytes: Uint8Array): Uint8Array {
  return createHash("sha1").update(bytes).digest().subarray(0, SUM_BYTES);
}
