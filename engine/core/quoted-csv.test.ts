import { describe, expect, test } from "bun:test";
import { quoteCsvValue } from "./quoted-csv.ts";

describe("rest-api.md 5 item 59: values in single quotes", () => {
  test.each<[string | number | boolean, string]>([
    ["plain", "'plain'"],
    ["", "''"],
    [7, "'7'"],
    [-7, "'-7'"],
    [true, "'true'"],
    ["it's", "'it''s'"],
    ["a, b", "'a, b'"],
    ["two\r\nlines\tand\0more", "'two lines and more'"],
    ["\u2028\u0085", "' '"],
  ])("%j", (value, written) => {
    expect(quoteCsvValue(value)).toBe(written);
  });
});

describe("CWE-1236: no value is a formula, however the file is cut into cells", () => {
  const hostile = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "  =1",
    "\t=1",
    '"=1"',
    "'=1'",
    'x,=HYPERLINK("http://evil.example")',
    'x;"=cmd|x!A0"',
    "x, ' @y",
    "a\n=b",
    ",=1,=2",
  ];
  for (const value of hostile) {
    test(JSON.stringify(value), () => {
      const written = quoteCsvValue(value);
      // Read with single quotes as quotes, and read by a program that only knows commas or semicolons.
      const cells = [written.slice(1, -1).replaceAll("''", "'"), ...written.split(","), ...written.split(";")];
      for (const cell of cells) expect(cell).not.toMatch(/^[\s"]*[=+\-@]/);
      expect(written).not.toContain("\n");
    });
  }
  test("a long value costs no more than its length", () => {
    expect(quoteCsvValue(", ".repeat(50_000)).length).toBe(100_002);
  });
});
