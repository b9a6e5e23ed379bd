// Base32, RFC 4648 section 6, for seeds: written without padding (otpauth:// has none), read in any case and with or without it.
// Strict: no blanks, no foreign letters, no length and no trailing bits that an encoder would not make.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 32; i++) {
  VALUES[ALPHABET.charCodeAt(i)] = i;
  VALUES[ALPHABET.toLowerCase().charCodeAt(i)] = i;
}

/** Text that is no base32. */
export class Base32Error extends SyntaxError {
  override readonly name = "Base32Error";
}

/** Upper-case base32 without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >> bits) & 31);
    }
  }
  return bits > 0 ? text + ALPHABET.charAt((buffer << (5 - bits)) & 31) : text;
}

/**
 * Reads base32.
 * @param text any case; padding may be there or not, but if there it has to be right (section 3.2)
 * @throws Base32Error also for non-zero trailing bits (section 3.5), so that one byte string has one text
 */
export function decodeBase32(text: string): Uint8Array {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === "=") end--;
  const rest = end % 8;
  const padding = text.length - end;
  if (rest === 1 || rest === 3 || rest === 6 || (padding > 0 && (rest === 0 || padding !== 8 - rest))) {
    throw new Base32Error("the base32 text has an impossible length");
  }
  const bytes = new Uint8Array(Math.floor((end * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) throw new Base32Error("the text has characters that are no base32");
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >> bits) & 255;
    }
  }
  if ((buffer & ((1 << bits) - 1)) !== 0) throw new Base32Error("the base32 text has bits left over");
  return bytes;
}
