// The base64 of crypt(3) and phpass: another alphabet than RFC 4648, and the low six bits of a group come first.
// It is not a codec of byte strings: md5-crypt and sha-crypt shuffle the bytes first, by a table of their own.

export const CRYPT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Encodes bytes in the order given, three to a group, low bits first.
 * @param order indexes into `bytes`, taken as (low, middle, high) of each group; the last group may be short
 * @returns 4 characters for 3 bytes, 3 for 2, 2 for 1
 */
export function encodeCrypt64(bytes: Uint8Array, order: readonly number[]): string {
  let text = "";
  for (let i = 0; i < order.length; i += 3) {
    const group = order.slice(i, i + 3);
    let value = group.reduce((sum, index, place) => sum | ((bytes[index] ?? 0) << (8 * place)), 0);
    for (let n = 0; n <= group.length; n++) {
      text += CRYPT_ALPHABET.charAt(value & 0x3f);
      value >>>= 6;
    }
  }
  return text;
}
