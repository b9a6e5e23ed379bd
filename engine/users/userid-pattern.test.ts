import { expect, test } from "bun:test";
import { compileUserIdPattern } from "./userid-pattern.ts";

test.each([
  ["=1000", "1000", true],
  ["=1000", "10000", false],
  [">=1000", "1000", true],
  [">=1000", "999", false],
  [">1000", "1000", false],
  ["<2000", "1999", true],
  ["<2000", "2000", false],
  ["<=2000", "2000", true],
  ["between 1000,2000", "1000", true],
  ["between 1000,2000", "2000", true],
  ["between 1000,2000", "2001", false],
  ["between 1000, 2000", "1500", true],
  [" >= 1000 ", "1000", true],
  ["<2000", "abc", false],
  ["=abc", "abc", false],
  ["between 1000", "1000", false],
  // no comparison: a wildcard
  ["1000", "1000", true],
  ["10*", "1000", true],
  ["*", "abc", true],
  // numbers compare as numbers
  ["<2000", "300", true],
  ["=1000", "01000", true],
])("E103 %p, user id %s: %p", (pattern, userId, matches) => {
  expect(compileUserIdPattern(pattern)(userId)).toBe(matches);
});
