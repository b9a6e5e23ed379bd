import { describe, expect, test } from "bun:test";
import { makeRecord } from "./scratch-store.ts";
import { createTokenCache } from "./token-cache.ts";

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

  test("evicts by packing: what falls out of the objects is there as bytes until both generations are over", () => {
    const cache = createTokenCache(100, 4);
    for (let id = 0; id < 1000; id += 1) {
      cache.keep(makeRecord(id));
      if (id >= 50) expect(cache.bySerial(`T${id - 50 + (id % 40)}`)?.id).toBe(id - 50 + (id % 40));
      expect(cache.size).toBeLessThanOrEqual(100);
    }
    expect(cache.bySerial("T1")).toBeUndefined();
  });

  test("a packed record is one object again for all who ask, changed by the commit like any", () => {
    const cache = createTokenCache(100, 2);
    for (let id = 1; id <= 10; id += 1) cache.keepOwner("r", `u${id}`, [makeRecord(id)]);
    const record = cache.byId(1);
    if (record === undefined) throw new Error("forgotten");
    expect(cache.bySerial("T1")).toBe(record);
    expect(cache.byOwner("r", "u1")?.[0]).toBe(record);
    record.counter = 7;
    for (let id = 2; id <= 10; id += 1) cache.byId(id);
    expect(cache.byId(1)).not.toBe(record);
    expect(cache.byId(1)?.counter).toBe(7);
    cache.dropSerial("T1");
    expect(cache.byId(1)).toBeUndefined();
  });
});
