import { describe, expect, test } from "bun:test";
import type { TokenRecord } from "./store.ts";
import { createTokenCache } from "./token-cache.ts";
import { type RecordRow, toTokenRecord } from "./token-record.ts";
import { createTwoGenerationMap } from "./two-generation-map.ts";

function makeRecord(id: number): TokenRecord {
  return toTokenRecord({ id, serial: `T${id}` } as RecordRow);
}

describe("two-generation map", () => {
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

  test("an alias lives and dies with its entry", () => {
    const map = createTwoGenerationMap<number, string>(4, (value) => value);
    map.set(1, "one");
    expect(map.getByAlias("one")).toBe("one");
    map.delete(1);
    expect(map.getByAlias("one")).toBeUndefined();
    for (let key = 0; key < 100; key += 1) {
      map.set(key, `value ${key}`);
      for (let known = 0; known <= key; known += 1) expect(map.getByAlias(`value ${known}`)).toBe(map.get(known) as string);
    }
  });
});

describe("token cache", () => {
  test("one object a token, whichever way it was found", () => {
    const cache = createTokenCache(10);
    const kept = cache.keep(makeRecord(1));
    expect(cache.keep(makeRecord(1))).toBe(kept);
    expect(cache.keepOwner("r", "u", [makeRecord(1)])[0]).toBe(kept);
    expect(cache.bySerial("T1")).toBe(kept);
    expect(cache.byId(1)).toBe(kept);
  });

  test("evicts: the bound holds, and an owner with an evicted token is unknown again", () => {
    const cache = createTokenCache(10);
    cache.keepOwner("r", "u", [makeRecord(1), makeRecord(2)]);
    for (let id = 100; id < 200; id += 1) {
      cache.keep(makeRecord(id));
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.byOwner("r", "u")).toBeUndefined();
    expect(cache.bySerial("T1")).toBeUndefined();
  });

  test("an owner without tokens is known to have none", () => {
    const cache = createTokenCache(10);
    cache.keepOwner("r", "u", []);
    expect(cache.byOwner("r", "u")).toEqual([]);
  });

  test("parts of an owner's key do not run into each other", () => {
    const cache = createTokenCache(10);
    cache.keepOwner("ab", "c", [makeRecord(1)]);
    expect(cache.byOwner("a", "bc")).toBeUndefined();
    cache.keepOwner("1:a", "b", []);
    expect(cache.byOwner("1", ":ab")).toBeUndefined();
  });

  test("dropping a serial makes its owner unknown too", () => {
    const cache = createTokenCache(10);
    cache.keepOwner("r", "u", [makeRecord(1)]);
    cache.dropSerial("T1");
    expect(cache.byId(1)).toBeUndefined();
    expect(cache.byOwner("r", "u")).toBeUndefined();
  });
});
