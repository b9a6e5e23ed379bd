import { describe, expect, test } from "bun:test";
import { splitPin } from "./pin-split.ts";

describe("K1-08, G05", () => {
  test.each([
    // pass, length, PIN first: pin, otp; OTP first: pin, otp
    ["pin123456", 6, "pin", "123456", "456", "pin123"],
    ["123456pin", 6, "123", "456pin", "pin", "123456"],
    ["123456", 6, "", "123456", "", "123456"],
    ["12345", 6, "", "12345", "", "12345"],
    ["", 6, "", "", "", ""],
    ["pin", 0, "pin", "", "pin", ""],
    ["käse123456", 6, "käse", "123456", "3456", "käse12"],
    ["😀123456", 6, "😀", "123456", "6", "😀12345"],
    ["123456😀", 6, "1", "23456😀", "😀", "123456"],
    ["1😀23456", 6, "1", "😀23456", "6", "1😀2345"],
    ["\ud83d123456", 6, "\ud83d", "123456", "6", "\ud83d12345"], // half a pair alone is one character
    ["123456\ude00", 6, "1", "23456\ude00", "\ude00", "123456"],
  ] as const)("%p, %d digits", (pass, length, pin, otp, pinBehind, otpBefore) => {
    expect(splitPin(pass, length, true)).toEqual({ pin, otp });
    expect(splitPin(pass, length, false)).toEqual({ pin: pinBehind, otp: otpBefore });
  });
});
