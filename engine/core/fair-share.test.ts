import { expect, test } from "bun:test";
import { mayTake } from "./fair-share.ts";

test.each([
  ["alone: half of all", 8, 3, 3, true],
  ["alone: no more than half", 8, 4, 4, false],
  ["beside one who has half: a quarter", 8, 5, 1, true],
  ["beside one who has half: no more than a quarter", 8, 6, 2, false],
  ["the last place goes to one who has none", 8, 7, 0, true],
  ["the last place does not go to one who has some", 8, 7, 1, false],
  ["nothing is free", 8, 8, 0, false],
  ["one place in all", 1, 0, 0, true],
])("%s", (_name, limit, taken, own, may) => {
  expect(mayTake({ limit, taken, own })).toBe(may);
});
