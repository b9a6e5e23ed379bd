import { expect, test } from "bun:test";
import { findNearestWord } from "./nearest-word.ts";

const KNOWN = ["serve", "init", "admin add", "audit verify", "backup"];

test.each([
  ["srve", "serve"],
  ["inti", "init"],
  ["admin ad", "admin add"],
  ["audit verfiy", "audit verify"],
  ["backup", "backup"],
  ["restore everything", null],
  ["", null],
  ["x".repeat(10_000), null],
])("%p means %p", (word, meant) => expect(findNearestWord(word, KNOWN)).toBe(meant));

test("of two equally near words the first one, and none of none", () => {
  expect(findNearestWord("cat", ["bat", "hat"])).toBe("bat");
  expect(findNearestWord("cat", [])).toBeNull();
});
