import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createPackedMap, type PackedMap, type Shape } from "../engine/store/packed-map.ts";

interface Entry {
  key: number;
  text: string;
}

/** All names of four keys have one hash: what is found must be told apart by its name. */
const shape: Shape<Entry> = {
  hashes: [({ key }) => key % 4, ({ key }) => (key * 7) % 5],
  write({ key, text }, into) {
    into.number(key);
    into.text(text);
  },
  read: (from) => ({ key: Number(from.number()), text: from.text() }),
  same: ({ key }, packed) => packed.number() === key,
};

function find(map: PackedMap<Entry>, key: number, name = 0): Entry | undefined {
  return map.get(name, shape.hashes[name]?.({ key, text: "" }) ?? 0, (packed) => packed.number() === key);
}

describe("packed map", () => {
  test("whatever is done: it has what was put last, or has forgotten it; the bound holds", () => {
    const step = fc.record({
      kind: fc.constantFrom("put", "put", "put", "get", "get", "delete", "clear"),
      key: fc.nat(20),
      name: fc.nat(1),
      size: fc.constantFrom(0, 1, 9, 10, 300_000),
    });
    const property = fc.property(fc.integer({ min: 2, max: 9 }), fc.array(step, { maxLength: 60 }), (bound, steps) => {
      const map = createPackedMap<Entry>(bound, shape);
      const put = new Map<number, string>();
      for (const [at, { kind, key, name, size }] of steps.entries()) {
        if (kind === "put") {
          const text = `${at}${"x".repeat(size)}`;
          map.put({ key, text });
          put.set(key, text);
          expect(find(map, key, name)?.text).toBe(text);
        } else if (kind === "delete") {
          map.delete(name, shape.hashes[name]?.({ key, text: "" }) ?? 0, (packed) => packed.number() === key);
          put.delete(key);
          expect(find(map, key)).toBeUndefined();
        } else if (kind === "clear") {
          map.clear();
          put.clear();
        } else {
          const found = find(map, key, name);
          if (found !== undefined) expect(put.get(key)).toBe(found.text);
        }
        expect(map.size).toBeLessThanOrEqual(bound);
        expect(map.size).toBeLessThanOrEqual(put.size);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  test("forgets what nobody reads, keeps what is read", () => {
    const map = createPackedMap<Entry>(10, shape);
    for (let key = 0; key < 1000; key += 1) {
      map.put({ key, text: `value ${key}` });
      expect(find(map, 0, key % 2)?.text).toBe("value 0");
      expect(map.size).toBeLessThanOrEqual(10);
    }
    expect(find(map, 1)).toBeUndefined();
    expect(find(map, 999)?.text).toBe("value 999");
  });

  test("an entry put again and again takes its former room: nothing else is pushed out", () => {
    const map = createPackedMap<Entry>(4, shape);
    map.put({ key: 1, text: "one" });
    for (let round = 100; round < 200; round += 1) map.put({ key: 2, text: `${round}` });
    expect(find(map, 1)?.text).toBe("one");
    expect(find(map, 2)?.text).toBe("199");
  });

  test("one that can hold nothing holds nothing", () => {
    const map = createPackedMap<Entry>(0, shape);
    map.put({ key: 1, text: "one" });
    expect(find(map, 1)).toBeUndefined();
    expect(map.size).toBe(0);
  });
});
