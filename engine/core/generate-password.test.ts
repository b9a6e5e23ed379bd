import { describe, expect, test } from "bun:test";
import { generatePassword, lostTokenClasses } from "./generate-password.ts";

const cycle = (below: number) => 7 % below;

/** A source of numbers that differs by seed. */
function makePick(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % below;
  };
}

describe("rest-api.md 3.6: contents of generated passwords", () => {
  test.each([
    ["c", /^[A-Za-z]{12}$/],
    ["n", /^\d{12}$/],
    ["s", /^[^A-Za-z0-9]{12}$/],
    ["cn", /^[A-Za-z0-9]{12}$/],
    ["+cn", /^[A-Za-z0-9]{12}$/],
    ["-s", /^[A-Za-z0-9]{12}$/],
    ["-cn", /^[^A-Za-z0-9]{12}$/],
    ["[xyz]", /^[xyz]{12}$/],
    ["[a]", /^a{12}$/],
  ])("%p", (contents, form) => {
    for (let seed = 0; seed < 20; seed++) expect(generatePassword(12, contents, makePick(seed))).toMatch(form);
  });

  test("each class that is named occurs; with a plus none has to", () => {
    const complete = (password: string) => [/[A-Za-z]/, /\d/, /[^A-Za-z0-9]/].every((form) => form.test(password));
    for (let seed = 0; seed < 50; seed++) expect(complete(generatePassword(4, "cns", makePick(seed)) ?? "")).toBe(true);
    const loose = Array.from({ length: 50 }, (_, seed) => generatePassword(4, "+cns", makePick(seed)) ?? "");
    expect(loose.every(complete)).toBe(false);
  });

  test.each(["", "x", "c x", "+", "-", "-cns", "+x", "[]", "[", "8"])("unknown specifier %p is refused", (contents) => {
    expect(generatePassword(8, contents, cycle)).toBeNull();
  });
});

describe("L6133 losttoken_PW_contents: contents of the password for a lost token", () => {
  test.each([
    ["8", /^[1-9A-HJ-NP-Za-km-z]{16}$/],
    ["C", /^[A-Z]{16}$/],
    ["c", /^[a-z]{16}$/],
    ["Cns", /^[A-Z0-9!-/:-@[-`{-~]{16}$/],
  ])("%p", (contents, form) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(generatePassword(16, contents, makePick(seed), lostTokenClasses)).toMatch(form);
    }
  });
});
