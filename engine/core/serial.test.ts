import { describe, expect, test } from "bun:test";
import { buildSerial, isSerial, SerialInputError } from "./serial.ts";

const random = Uint8Array.fromHex("deadbeef00");

describe("K1-03 buildSerial", () => {
  test.each([
    ["OATH", 0, undefined, "OATH0000DEAD"],
    ["TOTP", 12, undefined, "TOTP0012DEAD"],
    ["PISM", 12345, undefined, "PISM12345DEA"],
    ["UBOM", 12345678, undefined, "UBOM12345678"],
    ["UBOM", 123456789, undefined, "UBOM123456789"],
    ["PW", 7, 10, "PW0007DEADBE"],
    ["", 7, 4, "0007"],
  ] as const)("%s %d length %p -> %s", (prefix, count, length, serial) => {
    expect(buildSerial(prefix, count, random, length)).toBe(serial);
    expect(isSerial(serial)).toBe(true);
  });

  test.each([
    ["fraction", () => buildSerial("OATH", 0.5, random)],
    ["negative", () => buildSerial("OATH", -1, random)],
    ["prefix with a blank", () => buildSerial("OA TH", 1, random)],
    ["too little randomness", () => buildSerial("OATH", 1, new Uint8Array(3))],
    ["too short", () => buildSerial("OATH", 1, random, 3)],
    ["longer than the column", () => buildSerial("OATH", 1, new Uint8Array(40), 37)],
  ])("refuses %s", (_, call) => expect(call).toThrow(SerialInputError));
});

describe("rest-api.md 1.7 isSerial", () => {
  test.each(["OATH0001A3B4", "a-b_C", "0", "x".repeat(40)])("accepts %s", (text) => expect(isSerial(text)).toBe(true));
  test.each(["", "a b", "a*", "OATH\n", "\nOATH", "ä", "a/b", "a'b", "x".repeat(41)])("refuses %p", (text) =>
    expect(isSerial(text)).toBe(false),
  );
});
