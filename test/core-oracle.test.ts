// A second opinion: @noble/hashes computes every HMAC and OTP anew for random keys, counters and texts.
import { describe, expect, test } from "bun:test";
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { computeHmac, findHotp, hotpValue, type OtpAlgorithm } from "../engine/core/hotp.ts";

const HASHES = { sha1, sha256, sha512 } as const;
const algorithms = fc.constantFrom<OtpAlgorithm>("sha1", "sha256", "sha512");
// Past the block sizes of 64 and 128 bytes the key is hashed first (RFC 2104 section 2).
const keys = fc.uint8Array({ minLength: 1, maxLength: 200 });
const counters = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(1000),
  fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);

/** RFC 4226 section 5.3 as its text has it, in big integers. */
function slowHotp(algorithm: OtpAlgorithm, key: Uint8Array, counter: number, digits: number): string {
  const message = new Uint8Array(8);
  new DataView(message.buffer).setBigUint64(0, BigInt(counter));
  const mac = hmac(HASHES[algorithm], key, message);
  const offset = Number(BigInt(mac.at(-1) ?? 0) & 0xfn);
  const number = BigInt(`0x${mac.slice(offset, offset + 4).toHex()}`) & 0x7fffffffn;
  return (number % 10n ** BigInt(digits)).toString().padStart(digits, "0");
}

describe("@noble/hashes agrees", () => {
  test("HMAC of any text", () => {
    fc.assert(
      fc.property(algorithms, keys, fc.uint8Array({ maxLength: 300 }), (algorithm, key, data) => {
        expect(computeHmac(algorithm, key, data)).toEqual(hmac(HASHES[algorithm], key, data));
      }),
      { numRuns: 300 },
    );
  });

  test("HOTP values", () => {
    fc.assert(
      fc.property(algorithms, keys, counters, fc.integer({ min: 4, max: 10 }), (algorithm, key, counter, digits) => {
        expect(hotpValue(algorithm, key, counter, digits)).toBe(slowHotp(algorithm, key, counter, digits));
      }),
      { numRuns: 500 },
    );
  });

  test("findHotp finds what a plain loop finds, first guess first", () => {
    const searches = fc.record({
      algorithm: algorithms,
      key: keys,
      from: fc.nat(1e9),
      width: fc.nat(40),
      first: fc.nat(45),
      target: fc.nat(45),
    });
    fc.assert(
      fc.property(searches, ({ algorithm, key, from, width, first, target }) => {
        // 4 digits, so that collisions happen within a window
        const otp = slowHotp(algorithm, key, from + target, 4);
        const window = Array.from({ length: width }, (_, i) => from + i);
        const tried = [...window.filter((c) => c === from + first), ...window];
        const expected = tried.find((counter) => slowHotp(algorithm, key, counter, 4) === otp) ?? -1;
        expect(findHotp({ algorithm, key, digits: 4, otp, from, until: from + width, first: from + first })).toBe(expected);
      }),
      { numRuns: 100 },
    );
  });
});
