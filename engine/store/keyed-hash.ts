// HalfSipHash-1-3: 32 bits of a string under a key of 64 random bits, in a third of a microsecond for the id of a user. Serials
// and user ids come from outside; who does not know the key can not choose many that fall into one chain of slot-index.ts.
// https://github.com/veorq/SipHash; 1-3 is what Linux uses for its hash tables.

/** Hashes the UTF-16 code units of a string, as bytes lowest first. `key`: two words of 32 bits, kept to one process. */
export function createKeyedHash([key0 = 0, key1 = 0]: Int32Array): (text: string) => number {
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));

  return (text) => {
    let v0 = key0 | 0;
    let v1 = key1 | 0;
    let v2 = key0 ^ 0x6c796765;
    let v3 = key1 ^ 0x74656462;
    const whole = text.length & ~1;
    // The last word ends with the length in bytes, then three rounds without a word.
    const last = ((text.length * 2) << 24) | (whole < text.length ? text.charCodeAt(whole) : 0);
    for (let at = 0; at <= whole + 6; at += 2) {
      const word = at < whole ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16) : at === whole ? last : 0;
      if (at === whole + 2) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
      v0 ^= word;
    }
    return (v1 ^ v3) >>> 0;
  };
}
