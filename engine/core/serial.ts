// Serial numbers of tokens: rest-api.md 3.1.1 and 1.7, config-and-tokens.md K1-03.

/** A prefix, count or length no serial can be made of. */
export class SerialInputError extends RangeError {
  override readonly name = "SerialInputError";
}

/** The column the contract stores a serial in (rest-api.md 4: serial(40)). */
export const MAX_SERIAL_LENGTH = 40;

/**
 * Makes `<prefix><count as 4 digits or more><random upper-case hex>`.
 * A count that fills `length` by itself leaves no room for randomness: the caller retries with another count on a collision in any case.
 * @param prefix of the token type, e.g. `OATH`
 * @param count tokens of this type so far
 * @param random fresh random bytes, at least half of `length`
 * @param length characters after the prefix (setting SerialLength)
 * @throws SerialInputError
 */
export function buildSerial(prefix: string, count: number, random: Uint8Array, length = 8): string {
  if (!Number.isSafeInteger(count) || count < 0) throw new SerialInputError("the token count is no natural number");
  if (!Number.isInteger(length) || length < 4 || prefix.length + length > MAX_SERIAL_LENGTH) {
    throw new SerialInputError("the serial length is out of bounds");
  }
  if (prefix !== "" && !isSerial(prefix)) throw new SerialInputError("the serial prefix has characters no serial may have");
  if (random.length * 2 < length) throw new SerialInputError("too few random bytes for the serial");
  const number = count.toString().padStart(4, "0");
  const tail = random
    .toHex()
    .toUpperCase()
    .slice(0, Math.max(0, length - number.length));
  return `${prefix}${number}${tail}`;
}

/** Whether the text may be a serial: letters, digits, '-' and '_' of ASCII, 1 to 40 of them. */
export function isSerial(text: string): boolean {
  return text.length <= MAX_SERIAL_LENGTH && /^[0-9a-zA-Z_-]+$/.test(text);
}
