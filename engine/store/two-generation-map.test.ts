import { expect, test } from "bun:test";
import { createTwoGenerationMap } from "./two-generation-map.ts";

test("never holds more than its bound, and forgets what nobody reads", () => {
  const map = createTwoGenerationMap<number, number>(10);
  for (let key = 0; key < 1000; key += 1) {
    map.set(key, key);
    map.get(0);
    expect(map.size).toBeLessThanOrEqual(10);
  }
  expect(map.get(0)).toBe(0);
  expect(map.get(1)).toBeUndefined();
  expect(map.get(999)).toBe(999);
});
