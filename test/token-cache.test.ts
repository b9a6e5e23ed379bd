// Random sequences on the token cache against rows that are simply there, in sizes where objects are packed and packed ones are
// forgotten all the time.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { applyEffect } from "../engine/store/effects.ts";
import { makeRecord } from "../engine/store/scratch-store.ts";
import type { TokenRecord } from "../engine/store/store.ts";
import { createTokenCache } from "../engine/store/token-cache.ts";

test("whatever is done: a record is as the database is, or is not known", () => {
  const step = fc.record({
    kind: fc.constantFrom(
      "keep",
      "keepOwner",
      "keepOwner",
      "serial",
      "owner",
      "id",
      "effect",
      "effect",
      "dropSerial",
      "dropOwner",
      "clear",
    ),
    user: fc.nat(4),
    id: fc.nat(11),
  });
  const sizes = fc.record({ hot: fc.integer({ min: 1, max: 4 }), more: fc.integer({ min: 0, max: 12 }) });
  let hits = 0;
  const property = fc.property(sizes, fc.array(step, { minLength: 20, maxLength: 120 }), ({ hot, more }, steps) => {
    const cache = createTokenCache(hot + more, hot);
    // The database: tokens 0-11, three for each of four users; the fifth has none.
    const rows = Array.from({ length: 12 }, (_, id) => makeRecord(id));
    const ofUser = (user: number) => rows.filter(({ id }) => id % 4 === user && user < 4);
    const check = (record: TokenRecord | undefined) => {
      if (record === undefined) return;
      hits += 1;
      expect(record).toEqual(rows[record.id] as TokenRecord);
    };
    for (const { kind, user, id } of steps) {
      const row = rows[id] as TokenRecord;
      if (kind === "keep") check(cache.keep({ ...row }));
      if (kind === "keepOwner") {
        const fresh = ofUser(user).map((one) => ({ ...one }));
        for (const record of cache.keepOwner("r", `u${user}`, fresh)) check(record);
      }
      if (kind === "serial") check(cache.bySerial(`T${id}`));
      if (kind === "id") check(cache.byId(id));
      if (kind === "owner") {
        const records = cache.byOwner("r", `u${user}`);
        if (records !== undefined) expect(records).toEqual(ofUser(user));
      }
      if (kind === "effect") {
        // As onCommitted does it: the row, then the record of the cache.
        const effect = { kind: "consume", tokenId: id, version: 1, counter: row.counter + 1 } as const;
        applyEffect(row, effect);
        const record = cache.byId(id);
        if (record !== undefined) applyEffect(record, effect);
      }
      if (kind === "dropSerial") {
        // A write changed the row: nobody may see the former one.
        row.failCount += 100;
        cache.dropSerial(row.serial);
        expect(cache.byId(id)).toBeUndefined();
      }
      if (kind === "dropOwner") {
        // The write touches only what the owner is known to have; a token that is kept without its owner is dropped by its serial.
        cache.dropOwner("r", `u${user}`);
        expect(cache.byOwner("r", `u${user}`)).toBeUndefined();
      }
      if (kind === "clear") {
        for (const one of rows) one.failCount += 100;
        cache.clear();
        expect(cache.size).toBe(0);
      }
      expect(cache.size).toBeLessThanOrEqual(hot + more);
    }
  });
  fc.assert(property, { numRuns: 300 });
  expect(hits).toBeGreaterThan(1000);
});
