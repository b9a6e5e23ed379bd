import { describe, expect, test } from "bun:test";
import { packNumbers, unpackNumbers, valueAt } from "./packed-numbers.ts";

const read = (bytes: Uint8Array) => {
  const packed = unpackNumbers(bytes);
  return Array.from({ length: packed.count }, (_, index) => valueAt(packed, index));
};

describe("packed numbers", () => {
  const CASES: [name: string, numbers: number[], bytesEach: number][] = [
    ["none", [], 0],
    ["one", [7], 0],
    ["all the same", [9, 9, 9], 0],
    ["a range of 255", [1000, 1255, 1001], 1],
    ["a range of 256", [1000, 1256], 2],
    ["a range of 65536", [0, 65536], 4],
    ["negative", [-5, 5], 1],
    ["a range of 2^32", [0, 2 ** 32], 8],
    ["the largest there are", [Number.MIN_SAFE_INTEGER + 2 ** 53 - 1, Number.MAX_SAFE_INTEGER], 8],
    ["moments", [1_700_000_000_000, 1_700_000_060_000], 2],
  ];
  test.each(CASES)("%s", (_name, numbers, bytesEach) => {
    const bytes = packNumbers(numbers);
    expect(read(bytes)).toEqual(numbers);
    expect(bytes.length).toBe(16 + bytesEach * numbers.length);
  });
  test("bytes at an odd address", () => {
    const bytes = packNumbers([1, 70000]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(read(shifted.subarray(3))).toEqual([1, 70000]);
  });
  test.each([
    ["nothing", new Uint8Array(0)],
    ["a width that is none", new Uint8Array(16).fill(3, 0, 1)],
    ["cut off", packNumbers([1, 2, 3]).subarray(0, 18)],
  ])("refused: %s", (_name, bytes) => {
    expect(() => unpackNumbers(bytes)).toThrow(RangeError);
  });
});
