import { describe, expect, test } from "bun:test";
import { findJsonExcess } from "./json-shape.ts";

const bounds = { depth: 3, members: 10 };

describe("findJsonExcess", () => {
  test.each<[text: string, excess: string | null]>([
    ["", null],
    ["1", null],
    ["[[[1]]]", null],
    ["[[[[1]]]]", "depth"],
    ['{"a":{"b":{"c":1}}}', null],
    ['{"a":{"b":{"c":[]}}}', "depth"],
    ["[[],[],[]]", null],
    ["[1,2,3,4,5,6,7,8,9]", null],
    ["[1,2,3,4,5,6,7,8,9,10,11]", "members"],
    ["[[],[],[],[],[],[]]", "members"],
    ['["[[[[,,,,,,,,,,,,,"]', null],
    [String.raw`["\"[[[[\\",[[]]]`, null],
    [String.raw`["\\",[[[]]]]`, "depth"],
    ['["[[[[', null],
    ['["\\', null],
    ["[".repeat(1_000_000), "depth"],
  ])("%p: %p", (text, excess) => expect(findJsonExcess(text, bounds)).toBe(excess as never));
});
