import { describe, expect, test } from "bun:test";
import { computeHmac, findHotp, HotpInputError, hotpValue, MAX_SEARCH, type OtpAlgorithm } from "./hotp.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const key = ascii("12345678901234567890");

describe("RFC 4226 appendix D", () => {
  const table = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
  test.each(table.map((otp, counter) => [counter, otp] as const))("count %d gives %s", (counter, otp) => {
    expect(hotpValue("sha1", key, counter, 6)).toBe(otp);
  });

  // The decimal column of the same table: more digits show more of the same 31 bits.
  test.each([
    [0, 10, "1284755224"],
    [1, 10, "1094287082"],
    [2, 10, "0137359152"],
    [5, 9, "868254676"],
    [9, 4, "0489"],
  ] as const)("count %d with %d digits gives %s", (counter, digits, otp) => {
    expect(hotpValue("sha1", key, counter, digits)).toBe(otp);
  });
});

describe("RFC 4226 section 5.2, the counter has 8 bytes", () => {
  test.each([2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER])("counter %d", (counter) => {
    const message = new Uint8Array(8);
    new DataView(message.buffer).setBigUint64(0, BigInt(counter));
    const mac = computeHmac("sha256", key, message);
    const offset = (mac.at(-1) ?? 0) & 15;
    const number = new DataView(mac.buffer).getUint32(offset) & 0x7fffffff;
    expect(hotpValue("sha256", key, counter, 8)).toBe((number % 1e8).toString().padStart(8, "0"));
  });
});

describe("findHotp", () => {
  const base = { algorithm: "sha1" as OtpAlgorithm, key, digits: 6, otp: "969429", from: 0, until: 10, first: 0 };
  test.each([
    ["in the window", {}, 3],
    ["by the first guess", { first: 3 }, 3],
    ["the first guess outside the window is not tried", { first: 3, from: 4, until: 14 }, -1],
    ["lower bound is inside", { from: 3, first: 3 }, 3],
    ["upper bound is outside", { until: 3, first: 0 }, -1],
    ["just below the upper bound", { until: 4 }, 3],
    ["empty window", { from: 3, until: 3, first: 3 }, -1],
    ["a digit short", { otp: "96942" }, -1],
    ["a digit more", { otp: "9694290" }, -1],
    ["not digits", { otp: "96942x" }, -1],
    ["digits of another script", { otp: "96942\u0669" }, -1],
    ["number syntax", { otp: "1e0000" }, -1],
    ["signs", { otp: "+69429" }, -1],
    ["empty", { otp: "" }, -1],
  ] as const)("%s", (_, change, counter) => {
    expect(findHotp({ ...base, ...change })).toBe(counter);
  });

  test("the first guess wins over an earlier counter with the same value", () => {
    const seen = new Map<string, number>();
    for (let counter = 0; ; counter++) {
      const otp = hotpValue("sha1", key, counter, 4);
      const earlier = seen.get(otp);
      if (earlier !== undefined) {
        const search = { ...base, digits: 4, otp, from: earlier, until: counter + 1 };
        expect(findHotp({ ...search, first: counter })).toBe(counter);
        expect(findHotp({ ...search, first: -1 })).toBe(earlier);
        return;
      }
      seen.set(otp, counter);
    }
  });
});

describe("refusals", () => {
  test.each([
    ["empty key", () => hotpValue("sha1", new Uint8Array(0), 0, 6)],
    ["negative counter", () => hotpValue("sha1", key, -1, 6)],
    ["fraction", () => hotpValue("sha1", key, 0.5, 6)],
    ["2^53", () => hotpValue("sha1", key, 2 ** 53, 6)],
    ["not a number", () => hotpValue("sha1", key, Number.NaN, 6)],
    ["3 digits", () => hotpValue("sha1", key, 0, 3)],
    ["11 digits", () => hotpValue("sha1", key, 0, 11)],
    [
      "a window without end",
      () => findHotp({ algorithm: "sha1", key, digits: 6, otp: "123456", from: 0, until: MAX_SEARCH + 1, first: 0 }),
    ],
    ["infinite window", () => findHotp({ algorithm: "sha1", key, digits: 6, otp: "123456", from: 0, until: Infinity, first: 0 })],
  ])("%s", (_, call) => {
    expect(call).toThrow(HotpInputError);
  });
});
