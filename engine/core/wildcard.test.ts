import { expect, test } from "bun:test";
import { compileWildcard } from "./wildcard.ts";

test.each([
  ["alice", "alice", true],
  ["alice", "ALICE", true],
  ["ALICE", "alice", true],
  ["alice", "alice2", false],
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "anything", true],
  ["a*", "alice", true],
  ["*e", "alice", true],
  ["a*e", "alice", true],
  ["a*a", "a", false],
  ["ab*ba", "aba", false],
  ["*li*", "alice", true],
  ["*a*b*", "ba", false],
  ["*a*b*", "xaxbx", true],
  ["a**e", "alice", true],
  ["*ab*ab", "ab", false],
  ["*ab*ab", "abab", true],
  ["a.c", "abc", false],
  ["[a]", "a", false],
  ["%", "abc", false],
  ["*Ü*", "grüße", true],
])("%p against %p: %p", (pattern, text, matches) => {
  expect(compileWildcard(pattern)(text)).toBe(matches);
});
