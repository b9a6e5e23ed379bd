import { describe, expect, test } from "bun:test";
import { formatValidity, parseValidity, ValidityFormatError } from "./validity.ts";

describe("K1-10 validity period", () => {
  test.each([
    ["1970-01-01T00:00+0000", 0, 0],
    ["2026-11-21T08:15+0100", Date.UTC(2026, 10, 21, 7, 15), 60],
    ["2026-11-21T08:15-0530", Date.UTC(2026, 10, 21, 13, 45), -330],
    ["2024-02-29T23:59+0000", Date.UTC(2024, 1, 29, 23, 59), 0],
    ["1969-12-31T23:59+0000", -60_000, 0],
    ["9999-12-31T23:59+0000", Date.UTC(9999, 11, 31, 23, 59), 0],
  ] as const)("%s", (text, time, offset) => {
    expect(parseValidity(text)).toBe(time);
    expect(formatValidity(time, offset)).toBe(text);
  });

  test.each([
    ["21/11/26 08:15", Date.UTC(2026, 10, 21, 8, 15)],
    ["29/02/24 23:59", Date.UTC(2024, 1, 29, 23, 59)],
  ])("the older form, in UTC: %s", (text, time) => {
    expect(parseValidity(text)).toBe(time);
  });

  test("the years 1 to 99 are not those of the last century", () => {
    expect(formatValidity(parseValidity("0099-01-01T00:00+0000"))).toBe("0099-01-01T00:00+0000");
  });

  test("seconds are cut off", () => {
    expect(formatValidity(59_999)).toBe("1970-01-01T00:00+0000");
  });

  test.each([
    "",
    "2026-11-21",
    "2026-11-21T08:15",
    "2026-11-21 08:15+0100",
    "2026-11-21T08:15Z",
    "2026-11-21T08:15:00+0100",
    "2026-11-21T08:15 0100",
    "2026-11-21T08:15+01",
    "2026-02-29T00:00+0000",
    "2026-13-01T00:00+0000",
    "2026-00-01T00:00+0000",
    "2026-01-00T00:00+0000",
    "0000-01-01T00:00+0000",
    "2026-01-01T24:00+0000",
    "2026-01-01T00:60+0000",
    "2026-01-01T00:00+2400",
    "2026-01-01T00:00+0060",
    "2026-01-01T00:00+0000\n",
    "29/02/26 08:15",
    "11/21/26 08:15",
    "21/11/2026 08:15",
    "1/1/26 8:15",
    "21/11/26 08:15+0100",
    "21/11/26T08:15",
    "\u0662026-01-01T00:00+0000",
  ])("wrong format raises: %p", (text) => {
    expect(() => parseValidity(text)).toThrow(ValidityFormatError);
  });
});
