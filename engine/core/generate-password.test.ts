import { describe, expect, test } from "bun:test";
import { generatePassword } from "./generate-password.ts";

const cycle = (below: number) => 7 % below;

describe("rest-api.md 3.6: contents of generated passwords", () => {
  test.each([
    ["c", /^[A-Za-z]{12}$/],
    ["n", /^\d{12}$/],
    ["s", /^[^A-Za-z0-9]{12}$/],
    ["cn", /^[A-Za-z0-9]{12}$/],
  ])("%p", (contents, form) => {
    expect(generatePassword(12, contents, cycle)).toMatch(form);
  });

  test("each class that is named occurs", () => {
    for (let seed = 0; seed < 50; seed++) {
      let state = seed;
      const pick = (below: number) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return state % below;
      };
      const password = generatePassword(4, "cns", pick) ?? "";
      expect([/[A-Za-z]/, /\d/, /[^A-Za-z0-9]/].map((form) => form.test(password))).toEqual([true, true, true]);
    }
  });

  test.each(["", "x", "c x"])("unknown specifier %p is refused", (contents) => {
    expect(generatePassword(8, contents, cycle)).toBeNull();
  });
});
