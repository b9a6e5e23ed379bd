import { expect, test } from "bun:test";
import { toAsciiJson } from "./ascii-json.ts";
import { JsonValueError } from "./python-json.ts";

test("W7 escapes '~', '?', '>', DEL and all beyond ASCII", () => {
  expect(toAsciiJson({ a: "~?>\u007f=@ü😀\n" })).toBe('{"a":"\\u007e\\u003f\\u003e\\u007f=@\\u00fc\\ud83d\\ude00\\n"}');
});

test("W7 no text at any of the three offsets yields '-' or '_'", () => {
  const all = String.fromCharCode(...Array.from({ length: 0x180 }, (_, code) => code));
  for (const shift of ["", "a", "ab"]) {
    const payload = toAsciiJson({ [shift]: all });
    const text = new TextEncoder().encode(payload).toBase64({ alphabet: "base64url" });
    expect(text).not.toMatch(/[-_]/);
    expect(JSON.parse(payload)).toEqual({ [shift]: all });
  }
});

test("the characters it escapes are the ones that would", () => {
  for (const char of "~?>\u007f")
    expect(new TextEncoder().encode(`ab${char}`).toBase64({ alphabet: "base64url" })).toMatch(/[-_]/);
});

test("refuses what has no JSON form", () => {
  expect(() => toAsciiJson(undefined)).toThrow(JsonValueError);
});
