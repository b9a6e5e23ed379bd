import { describe, expect, test } from "bun:test";
import { hotpValue } from "./hotp.ts";
import { TotpInputError, totpCounter, totpWindow } from "./totp.ts";

describe("RFC 6238 appendix B", () => {
  const seed = (length: number) => new TextEncoder().encode("1234567890".repeat(7).slice(0, length));
  const keys = { sha1: seed(20), sha256: seed(32), sha512: seed(64) };
  test.each([
    [59, "94287082", "46119246", "90693936"],
    [1111111109, "07081804", "68084774", "25091201"],
    [1111111111, "14050471", "67062674", "99943326"],
    [1234567890, "89005924", "91819424", "93441116"],
    [2000000000, "69279037", "90698825", "38618901"],
    [20000000000, "65353130", "77737706", "47863826"],
  ])("time %d", (now, sha1, sha256, sha512) => {
    const { first } = totpWindow({ now, step: 30, windowSeconds: 180, shiftSeconds: 0 });
    expect(hotpValue("sha1", keys.sha1, first, 8)).toBe(sha1);
    expect(hotpValue("sha256", keys.sha256, first, 8)).toBe(sha256);
    expect(hotpValue("sha512", keys.sha512, first, 8)).toBe(sha512);
  });
});

describe("rest-api.md 3.2, counter = int(t/step + 0.5)", () => {
  test.each([
    [0, 30, 0],
    [14.9, 30, 0],
    [15, 30, 1],
    [44.999, 30, 1],
    [45, 30, 2],
    [59, 60, 1],
    [29, 60, 0],
  ])("%d s, step %d: %d", (seconds, step, counter) => expect(totpCounter(seconds, step)).toBe(counter));
});

describe("rest-api.md 3.2, timeWindow each direction, upper bound excluded", () => {
  test.each([
    // now, step, window, shift: from, until, first
    [3000, 30, 180, 0, 94, 106, 100],
    [3014, 30, 180, 0, 94, 106, 100],
    [3015, 30, 180, 0, 95, 107, 100],
    [3029, 30, 180, 0, 95, 107, 100],
    [3000, 30, 180, 60, 96, 108, 102],
    [3000, 30, 180, -60, 92, 104, 98],
    [3000, 60, 180, 0, 47, 53, 50],
    [3000, 30, 30, 0, 99, 101, 100],
    [3020, 30, 30, 0, 100, 102, 100],
    [3000, 30, 59, 0, 99, 101, 100],
    [3000, 30, 29, 0, 100, 101, 100], // narrower than a step: the current one alone
    [3020, 30, 0, 0, 100, 101, 100],
    [60, 30, 180, 0, 0, 8, 2], // not before 1970
    [0, 30, 180, -600, 0, 6, 0],
  ])("now %d, step %d, window %d, shift %d", (now, step, windowSeconds, shiftSeconds, from, until, first) => {
    expect(totpWindow({ now, step, windowSeconds, shiftSeconds })).toEqual({ from, until, first });
  });

  test("the step a client shows lies in the window at every moment", () => {
    for (let now = 1000; now < 1120; now += 0.25) {
      const { from, until, first } = totpWindow({ now, step: 30, windowSeconds: 30, shiftSeconds: 0 });
      expect(first).toBe(Math.floor(now / 30));
      expect(first >= from && first < until).toBe(true);
    }
  });
});

test.each([
  { now: Number.NaN, step: 30, windowSeconds: 180, shiftSeconds: 0 },
  { now: 0, step: 0, windowSeconds: 180, shiftSeconds: 0 },
  { now: 0, step: -30, windowSeconds: 180, shiftSeconds: 0 },
  { now: 0, step: 30, windowSeconds: -1, shiftSeconds: 0 },
  { now: 0, step: 30, windowSeconds: Number.NaN, shiftSeconds: 0 },
  { now: 0, step: 30, windowSeconds: 180, shiftSeconds: Number.POSITIVE_INFINITY },
  { now: 1e300, step: 30, windowSeconds: 180, shiftSeconds: 0 },
])("refuses %p", (input) => {
  expect(() => totpWindow(input)).toThrow(TotpInputError);
});
