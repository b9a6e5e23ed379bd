import { expect, test } from "bun:test";
import fc from "fast-check";
import { createAgeingMap } from "../engine/store/ageing-map.ts";

test("whatever is done: nothing is lost or there twice, and the bound holds", () => {
  const step = fc.record({ kind: fc.constantFrom("add", "add", "get", "alias", "delete", "clear"), key: fc.nat(12) });
  const property = fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 80 }), (bound, steps) => {
    const left: number[] = [];
    const map = createAgeingMap<number, number>(bound, String, (value) => left.push(value));
    const held = new Set<number>();
    for (const { kind, key } of steps) {
      if (kind === "add" && !held.has(key)) {
        map.add(key, key);
        held.add(key);
        // It leaves to make room, never of its own accord.
        expect(left.length).toBe(held.size > bound ? 1 : 0);
        for (const value of left.splice(0)) expect(held.delete(value)).toBe(true);
      } else if (kind === "delete") {
        map.delete(key);
        held.delete(key);
      } else if (kind === "clear") {
        map.clear();
        held.clear();
      } else expect(kind === "get" ? map.get(key) : map.getByAlias(String(key))).toBe(held.has(key) ? key : undefined);
      expect(map.size).toBe(held.size);
    }
    for (const key of held) expect(map.getByAlias(String(key))).toBe(key);
  });
  fc.assert(property, { numRuns: 500 });
});

test("what is read while it is old stays, what nobody reads leaves", () => {
  const left: number[] = [];
  const map = createAgeingMap<number, number>(10, String, (value) => left.push(value));
  for (let key = 0; key < 1000; key += 1) {
    map.add(key, key);
    map.get(5);
  }
  expect(left).toHaveLength(990);
  expect(left).not.toContain(5);
});
