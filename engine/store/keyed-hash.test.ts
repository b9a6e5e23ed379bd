import { expect, test } from "bun:test";
import { createKeyedHash } from "./keyed-hash.ts";

test("the published values of HalfSipHash-1-3 for the bytes 0, 1, 2, … of even length", () => {
  const hash = createKeyedHash(new Int32Array([0x03020100, 0x07060504]));
  const text = "\u0100\u0302\u0504";
  expect([0, 1, 2, 3].map((length) => hash(text.slice(0, length)))).toEqual([0x5814c896, 0xbc4b0e30, 0x7e059ea6, 0xa0080b65]);
});

test("another key, another hash; an end of zeros counts", () => {
  const [one, other] = [createKeyedHash(new Int32Array([1, 2])), createKeyedHash(new Int32Array([1, 3]))];
  expect(one("TOTP00000001")).not.toBe(other("TOTP00000001"));
  expect(new Set(["", "\0", "\0\0", "\0\0\0"].map(one)).size).toBe(4);
});
