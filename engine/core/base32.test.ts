import { describe, expect, test } from "bun:test";
import { Base32Error, decodeBase32, encodeBase32 } from "./base32.ts";
import { Base32CheckError, decodeBase32Check, encodeBase32Check } from "./base32check.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

describe("RFC 4648 section 10, BASE32", () => {
  test.each([
    ["", ""],
    ["f", "MY======"],
    ["fo", "MZXQ===="],
    ["foo", "MZXW6==="],
    ["foob", "MZXW6YQ="],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI======"],
  ])("%p", (text, padded) => {
    const bare = padded.replaceAll("=", "");
    expect(encodeBase32(ascii(text))).toBe(bare);
    for (const form of [padded, bare, bare.toLowerCase()]) expect(decodeBase32(form)).toEqual(ascii(text));
  });
});

describe("RFC 4648 section 3, refusals", () => {
  test.each([
    ["one letter", "A"],
    ["three", "AAA"],
    ["six", "AAAAAA"],
    ["too little padding", "MY====="],
    ["too much padding", "MY======="],
    ["padding alone", "======"],
    ["padding after a whole group", "MZXW6YTB========"],
    ["padding inside", "MY======MY======"],
    ["trailing bits (3.5)", "MZ======"],
    ["0 and 1", "M0XW6YTB"],
    ["blank", "MZXW 6YTB"],
    ["newline", "MZXW6YTB\n"],
    ["letters beyond ASCII", "MZXW6YTé"],
    ["fold to ASCII letters", "MZXW6YTſ"],
  ])("%s", (_, text) => expect(() => decodeBase32(text)).toThrow(Base32Error));
});

describe("rest-api.md 3.1.4 step 2, base32check", () => {
  // Python: base64.b32encode(hashlib.sha1(c).digest()[:4] + c).rstrip(b"=")
  test.each([["0102030405060708", "3VLYHPABAIBQIBIGA4EA"]])("%s", (hex, text) => {
    expect(encodeBase32Check(Uint8Array.fromHex(hex))).toBe(text);
    for (const form of [text, text.toLowerCase(), text.replace(/(.{4})/g, "$1 "), text.replace(/(.{4})/g, "$1-")]) {
      expect(decodeBase32Check(form).toHex()).toBe(hex);
    }
  });

  test("one mistyped letter is noticed, wherever", () => {
    const text = encodeBase32Check(Uint8Array.fromHex("0102030405060708"));
    for (let i = 0; i < text.length; i++) {
      const wrong = text.slice(0, i) + (text[i] === "A" ? "B" : "A") + text.slice(i + 1);
      expect(() => decodeBase32Check(wrong)).toThrow(Base32CheckError);
    }
  });

  test.each(["", "AAAA", "AAAAAAA", "not base32!"])("refuses %p", (text) => {
    expect(() => decodeBase32Check(text)).toThrow(Base32CheckError);
  });
});
