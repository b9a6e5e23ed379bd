// What the store does when it cannot make anything durable, and when others write beside it.
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { closeSync, copyFileSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { createCondition } from "../engine/store/condition.ts";
import { insertToken, makeAuditEntry, openScratchStore, type ScratchStore } from "../engine/store/scratch-store.ts";
import { type LoginIntent, StoreDamagedError, StoreUnavailableError } from "../engine/store/store.ts";

let scratch: ScratchStore;
beforeEach(() => {
  scratch = openScratchStore({ busyWait: 60, queryTimeout: 200 });
});
afterEach(() => scratch.dispose());

function login(tokenId: number, counter: number, info = ""): LoginIntent {
  const effect = { kind: "accept" as const, tokenId, version: 1, counter, countAuth: true, clearFailedBefore: 0, at: 1 };
  return { kind: "login", effects: [effect], audit: makeAuditEntry({ info }) };
}

function readRows(): unknown {
  return scratch.db.query("SELECT (SELECT counter FROM token) AS counter, (SELECT count(*) FROM audit) AS rows").get();
}

test("a full disk refuses the whole group, changes nothing, and the store recovers without a restart", async () => {
  const { store, db } = scratch;
  const id = await insertToken(store, { serial: "A" });
  const record = await store.tokenBySerial("A");
  await store.commit(login(id, 1));
  const pages = db.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
  db.run(`PRAGMA max_page_count = ${pages}`);
  const long = "x".repeat(2000);
  const settled = await Promise.allSettled([2, 3, 4].map((counter) => store.commit(login(id, counter, long))));
  for (const result of settled) expect(result).toMatchObject({ status: "rejected", reason: expect.any(StoreUnavailableError) });
  expect(readRows()).toEqual({ counter: 1, rows: 1 });
  expect(record?.counter).toBe(1);
  expect(store.auditHead().seq).toBe(1);
  await store.probe();
  expect(store.fault?.message).toMatch(/disk is full/);

  db.run("PRAGMA max_page_count = 1000000");
  await store.probe();
  expect(store.fault).toBeNull();
  expect((await store.commit(login(id, 2, long))).won).toBe(true);
  expect(readRows()).toEqual({ counter: 2, rows: 2 });
  expect(store.auditHead().seq).toBe(2);
});

test("no effect without its audit row: a row that cannot be written undoes the whole group", async () => {
  const { store, db } = scratch;
  const id = await insertToken(store, { serial: "A" });
  db.run("CREATE TEMP TRIGGER broken BEFORE INSERT ON audit WHEN new.info = 'boom' BEGIN SELECT RAISE(FAIL, 'boom'); END");
  const settled = await Promise.allSettled([store.commit(login(id, 1)), store.commit(login(id, 2, "boom"))]);
  for (const result of settled) expect(result).toMatchObject({ status: "rejected", reason: expect.any(StoreUnavailableError) });
  expect(db.inTransaction).toBe(false);
  expect(readRows()).toEqual({ counter: 0, rows: 0 });
  expect((await store.commit(login(id, 1))).won).toBe(true);
  expect(store.auditHead().seq).toBe(1);
});

test("a read-only database refuses, then recovers", async () => {
  const { store, db } = scratch;
  const id = await insertToken(store, { serial: "A" });
  db.run("PRAGMA query_only = 1");
  expect(
    String(
      await store.commit(login(id, 1)).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ),
  ).toMatch(/read-only/);
  await store.probe();
  expect(store.fault).toBeInstanceOf(StoreUnavailableError);
  db.run("PRAGMA query_only = 0");
  expect((await store.commit(login(id, 1))).won).toBe(true);
  await store.probe();
});

test("a short lock by another process delays a commit, a long one refuses it, and then others at once until it is over", async () => {
  const { store } = scratch;
  const id = await insertToken(store, { serial: "A" });
  const other = new Database(scratch.path);
  other.run("BEGIN IMMEDIATE");
  const waiting = store.commit(login(id, 1));
  // Two turns: the first try has met the lock by then.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  other.run("ROLLBACK");
  expect((await waiting).won).toBe(true);

  other.run("BEGIN IMMEDIATE");
  const timeOf = async () => {
    const start = performance.now();
    expect(String(await refusal(store.commit(login(id, 2))))).toMatch(/locked by another process/);
    return performance.now() - start;
  };
  // `busyWait` of these tests is 60 ms.
  expect(await timeOf()).toBeGreaterThan(40);
  expect(await timeOf()).toBeLessThan(40);
  other.run("ROLLBACK");
  other.close();
  await store.probe();
  expect((await store.commit(login(id, 3))).won).toBe(true);
});

test("a change by another connection is seen by the next read, and listeners are told", async () => {
  const { store } = scratch;
  await insertToken(store, { serial: "A" }, { resolver: "r", userId: "u" });
  let heard = 0;
  store.onConfigurationChange(() => {
    heard += 1;
  });
  expect((await store.tokensOfOwner("r", "u"))[0]?.active).toBe(true);
  const other = new Database(scratch.path);
  other.run("UPDATE token SET active = 0, version = version + 1");
  await new Promise(setImmediate);
  expect((await store.tokensOfOwner("r", "u"))[0]?.active).toBe(false);
  expect(heard).toBe(1);
  other.close();
});

test("a login decided on a record that another connection changed meanwhile loses", async () => {
  const { store } = scratch;
  const id = await insertToken(store, { serial: "A" });
  const decidedOn = await store.tokenBySerial("A");
  const other = new Database(scratch.path);
  other.run("UPDATE token SET locked = 1, version = version + 1");
  other.close();
  expect(await store.commit(login(id, 1))).toEqual({ won: false });
  const fresh = await store.tokenBySerial("A");
  expect(fresh).not.toBe(decidedOn);
  expect(fresh?.locked).toBe(true);
});

test("a passive checkpoint by another connection does not empty the cache", async () => {
  const { store } = scratch;
  await insertToken(store, { serial: "A" });
  const before = await store.tokenBySerial("A");
  const other = new Database(scratch.path);
  other.run("PRAGMA wal_checkpoint(PASSIVE)");
  other.close();
  await insertToken(store, { serial: "B" });
  expect(await store.tokenBySerial("A")).toBe(before);
});

test("a query that runs too long is ended, and the next one is answered", async () => {
  const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
  expect(
    String(
      await scratch.store.query({ sql: endless, parameters: [] } as never).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ),
  ).toMatch(/too long/);
  expect(await scratch.store.query({ sql: "SELECT 1 AS one", parameters: [] } as never)).toEqual([{ one: 1 }]);
});

describe("told of its condition", () => {
  test("a reason is told once however often it comes, another one at once, and its end", async () => {
    const told: (string | null)[] = [];
    const condition = createCondition((fault) => told.push(fault?.message ?? null));
    const fault = (text: string) => new StoreUnavailableError(text);
    condition.succeed();
    for (const text of ["full", "full", "read-only", "read-only"]) condition.fail(fault(text));
    condition.succeed();
    expect(told).toEqual(["full", "read-only", null]);
  });

  test("broken is for ever, and the first reason counts", async () => {
    const told: (string | null)[] = [];
    const condition = createCondition((fault) => told.push(fault?.message ?? null));
    condition.breakDown(new StoreUnavailableError("log"));
    condition.succeed();
    condition.breakDown(new StoreUnavailableError("damage"));
    expect(told).toEqual(["log"]);
    expect(condition.fault).toBe(condition.broken);
  });
});

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (fault: unknown) => fault,
  );

test("damage that a reading thread meets: nothing is served from then on, also not from memory", async () => {
  const { store } = scratch;
  const id = await insertToken(store, { serial: "A" });
  expect(await store.tokenBySerial("A")).not.toBeNull();
  // What is in the file only, for the reader to find; a page that holds no table's root but the last one's.
  scratch.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const { size } = statSync(scratch.path);
  const file = openSync(scratch.path, "r+");
  for (let at = 2048; at < size; at += 2048) writeSync(file, new Uint8Array(64).fill(0xff), 0, 64, at);
  closeSync(file);
  const query = { sql: "SELECT count(*) FROM token_info", parameters: [] } as never;
  expect(await refusal(store.query(query))).toBeInstanceOf(StoreDamagedError);
  expect(store.fault?.message).toMatch(/damaged. Stop the server, keep a copy/);
  expect(await refusal(store.commit(login(id, 1)))).toBeInstanceOf(StoreDamagedError);
  expect(() => store.tokenBySerial("A")).toThrow(StoreDamagedError);
  await store.probe();
  expect(store.fault).toBeInstanceOf(StoreDamagedError);
});

describe("files moved away under the running server", () => {
  /** The store looks every 50 ms. */
  const untilBroken = async () => {
    for (let waited = 0; scratch.store.fault === null && waited < 2000; waited += 10) await Bun.sleep(10);
  };

  test.each([
    ["", "the database file (ostiary.db) was removed"],
    ["-wal", "the log of the database (ostiary.db-wal) was removed"],
    ["-shm", "the index of the database's log (ostiary.db-shm) was removed"],
  ])("ostiary.db%s: what is written would be lost, so nothing is", async (end, text) => {
    const id = await insertToken(scratch.store, { serial: "A" });
    renameSync(scratch.path + end, `${scratch.path}-elsewhere`);
    await untilBroken();
    expect(scratch.store.fault?.message).toContain(text);
    expect(await refusal(scratch.store.commit(login(id, 1)))).toBe(scratch.store.fault);
  });

  test("another database in its place is not taken for it", async () => {
    writeFileSync(`${scratch.path}-new`, "");
    renameSync(`${scratch.path}-new`, scratch.path);
    await untilBroken();
    expect(scratch.store.fault?.message).toContain("was replaced under the running server");
  });

  test("the log removed: what it had is folded into the database first", async () => {
    await insertToken(scratch.store, { serial: "A" });
    rmSync(`${scratch.path}-wal`);
    await untilBroken();
    const copy = `${scratch.path}-copy`;
    copyFileSync(scratch.path, copy);
    const db = new Database(copy);
    expect(db.query("SELECT serial FROM token").all()).toEqual([{ serial: "A" }]);
    db.close();
  });
});
