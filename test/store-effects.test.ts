// Effects are written twice, as SQL and as a change of the cached record (engine/store/effects.ts). Random logins must leave
// both the same, and must obey the rules that do not depend on how they are written.
import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { insertToken, makeAuditEntry, openScratchStore } from "../engine/store/scratch-store.ts";
import type { TokenEffect } from "../engine/store/store.ts";
import { type RecordRow, recordColumns, toTokenRecord } from "../engine/store/token-record.ts";

const scratch = openScratchStore();
afterAll(scratch.dispose);

const moment = fc.integer({ min: 1, max: 20 });
const counter = fc.integer({ min: 0, max: 12 });
const effect: fc.Arbitrary<Omit<TokenEffect, "tokenId">> = fc.oneof(
  fc.record(
    {
      kind: fc.constant("accept" as const),
      version: fc.constantFrom(1, 1, 1, 2),
      counter,
      timeShift: fc.integer({ min: -90, max: 90 }),
      countAuth: fc.boolean(),
      clearFailedBefore: fc.oneof(fc.constant(0), moment),
      at: moment,
    },
    { requiredKeys: ["kind", "version", "countAuth", "clearFailedBefore", "at"] },
  ),
  fc.record(
    {
      kind: fc.constant("fail" as const),
      countAuth: fc.boolean(),
      clearFailedBefore: fc.oneof(fc.constant(0), moment),
      resync: fc.record({ counter, due: moment }),
      at: moment,
    },
    { requiredKeys: ["kind", "countAuth", "clearFailedBefore", "at"] },
  ),
  fc.record({ kind: fc.constant("consume" as const), version: fc.constantFrom(1, 1, 2), counter }),
);
const limit = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 6 }));
const token = fc.record({
  max_fail: fc.integer({ min: -1, max: 4 }),
  fail_count: fc.integer({ min: 0, max: 5 }),
  failed_since: fc.oneof(fc.constant(null), moment),
  auth_count_max: limit,
  auth_success_max: limit,
  locked: fc.constantFrom(0, 0, 0, 1),
});

let serials = 0;

test("cache and database agree after any sequence of logins", async () => {
  const row = scratch.db.prepare<RecordRow, [number]>(
    `SELECT ${recordColumns} FROM token t LEFT JOIN token_owner o ON o.token_id = t.id LEFT JOIN realm r ON r.id = o.realm_id WHERE t.id = ?`,
  );
  const property = fc.asyncProperty(
    token,
    fc.array(fc.array(effect, { maxLength: 3 }), { minLength: 1, maxLength: 12 }),
    async (columns, logins) => {
      const serial = `P${++serials}`;
      const id = await insertToken(scratch.store, { serial, ...columns });
      const record = await scratch.store.tokenBySerial(serial);
      const commits = logins.map((effects) =>
        scratch.store.commit({
          kind: "login",
          effects: effects.map((one) => ({ ...one, tokenId: id }) as TokenEffect),
          audit: makeAuditEntry(),
        }),
      );
      await Promise.all(commits);
      expect(await scratch.store.tokenBySerial(serial)).toBe(record);
      const stored = row.get(id);
      expect(record).toEqual(stored === null ? null : toTokenRecord(stored));
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test("Z39 the counter never rises past its maximum, an OTP counter never falls, each OTP is taken once", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(effect, { minLength: 1, maxLength: 20 }),
    async (maxFail, effects) => {
      const serial = `P${++serials}`;
      const id = await insertToken(scratch.store, { serial, max_fail: maxFail });
      const taken = new Set<number>();
      let highest = 0;
      for (const one of effects) {
        const outcome = await scratch.store.commit({
          kind: "login",
          effects: [{ ...one, tokenId: id } as TokenEffect],
          audit: makeAuditEntry(),
        });
        const record = await scratch.store.tokenBySerial(serial);
        expect(record?.failCount).toBeLessThanOrEqual(maxFail);
        expect(record?.failedSince === null).toBe((record?.failCount ?? 0) < maxFail);
        expect(record?.counter).toBeGreaterThanOrEqual(highest);
        highest = record?.counter ?? 0;
        if (outcome.won && "counter" in one && one.counter !== undefined) {
          expect(taken.has(one.counter as number)).toBe(false);
          taken.add(one.counter as number);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
