import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { StoreInUseError } from "./process-lock.ts";
import { insertToken, makeAuditEntry, openScratchStore, type ScratchStore } from "./scratch-store.ts";
import { openStore } from "./sqlite-store.ts";
import {
  type AcceptEffect,
  ConstraintError,
  type FailEffect,
  type LoginIntent,
  StoreUnavailableError,
  type TokenEffect,
} from "./store.ts";

let scratch: ScratchStore;
beforeEach(() => {
  scratch = openScratchStore();
});
afterEach(() => scratch.dispose());

function accept(tokenId: number, change: Partial<AcceptEffect> = {}): AcceptEffect {
  return { kind: "accept", tokenId, version: 1, counter: 5, countAuth: true, clearFailedBefore: 0, at: 2000, ...change };
}

function fail(tokenId: number, change: Partial<FailEffect> = {}): FailEffect {
  return { kind: "fail", tokenId, countAuth: true, clearFailedBefore: 0, at: 2000, ...change };
}

function login(...effects: TokenEffect[]): LoginIntent {
  return { kind: "login", effects, audit: makeAuditEntry() };
}

function countAudit(): number {
  return scratch.db.query<{ n: number }, []>("SELECT count(*) AS n FROM audit").get()?.n ?? -1;
}

describe("durability", () => {
  test("decisions 2.5: WAL, synchronous, foreign keys", () => {
    // NORMAL: the log is brought to disk by log-sync.ts before an answer; test/store-faults.test.ts counts the calls.
    expect(scratch.db.query("PRAGMA synchronous").get()).toEqual({ synchronous: 1 });
    expect(scratch.db.query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect(scratch.db.query("PRAGMA foreign_keys").get()).toEqual({ foreign_keys: 1 });
  });

  test("what is acknowledged is there for another connection, and after reopening", async () => {
    await insertToken(scratch.store, { serial: "A" });
    const other = new Database(scratch.path, { readonly: true });
    expect(other.query("SELECT serial FROM token").all()).toEqual([{ serial: "A" }]);
    other.close();
  });

  test("the file is readable by its owner only", () => {
    expect(statSync(scratch.path).mode & 0o777).toBe(0o600);
    expect(statSync(`${scratch.path}-wal`).mode & 0o777).toBe(0o600);
  });

  test("a second engine on the same directory is refused, a command is not", async () => {
    const path = join(scratch.directory, "other.db");
    const options = { path, node: "one", exclusive: true, now: () => 1 };
    const first = openStore(options);
    expect(() => openStore({ ...options, node: "two" })).toThrow(StoreInUseError);
    const command = openStore({ ...options, node: "cli", exclusive: false });
    await command.close();
    await first.close();
    await openStore(options).close();
  });
});

describe("group commit", () => {
  test("intents of one turn share a transaction; the group size is bounded", async () => {
    const before = scratch.store.counters.groups;
    await Promise.all(Array.from({ length: 100 }, () => scratch.store.commit(login())));
    expect(scratch.store.counters.groups - before).toBe(1);
    await Promise.all(Array.from({ length: 300 }, () => scratch.store.commit(login())));
    expect(scratch.store.counters.groups - before).toBe(4);
    expect(countAudit()).toBe(400);
  });

  test("of 64 logins with one OTP exactly one wins, the others leave nothing", async () => {
    const id = await insertToken(scratch.store, { serial: "A" });
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => scratch.store.commit(login(accept(id)))));
    expect(outcomes.filter((outcome) => outcome.won)).toHaveLength(1);
    expect(scratch.store.counters.lost).toBe(63);
    expect(countAudit()).toBe(1);
    expect(scratch.db.query("SELECT counter, auth_count, auth_success FROM token").get()).toEqual({
      counter: 5,
      auth_count: 1,
      auth_success: 1,
    });
  });

  const refusals: [string, Record<string, number>, Partial<AcceptEffect>][] = [
    ["the token was changed since", { version: 2 }, {}],
    ["the counter has moved on", { counter: 5 }, {}],
    ["disabled", { active: 0 }, {}],
    ["revoked (K1-04)", { revoked: 1 }, {}],
    ["locked", { locked: 1 }, {}],
    ["K1-09 fail counter full", { fail_count: 10, failed_since: 1000 }, {}],
    ["K1-13 fail counter filled too recently", { fail_count: 10, failed_since: 1000 }, { clearFailedBefore: 999 }],
    ["K1-11 auth_count_max reached", { auth_count: 3, auth_count_max: 3 }, {}],
    ["K1-11 auth_success_max reached", { auth_success: 3, auth_success_max: 3 }, {}],
  ];
  test.each(refusals)("accept loses: %s", async (_, columns, change) => {
    const id = await insertToken(scratch.store, { serial: "A", ...columns });
    const row = scratch.db.query("SELECT * FROM token");
    const before = row.get();
    expect(await scratch.store.commit(login(accept(id, change)))).toEqual({ won: false });
    expect(row.get()).toEqual(before);
    expect(countAudit()).toBe(0);
  });

  const wins: [string, Record<string, number>, Partial<AcceptEffect>][] = [
    ["K1-13 fail counter whose time is over", { fail_count: 10, failed_since: 1000 }, { clearFailedBefore: 1000 }],
    ["no limit of failures", { fail_count: 99, max_fail: 0 }, {}],
    ["Z45 limits do not hold without counting", { auth_count: 3, auth_count_max: 3 }, { countAuth: false }],
    ["a type without a counter", { counter: 9 }, { counter: undefined }],
  ];
  test.each(wins)("accept wins: %s", async (_, columns, change) => {
    const id = await insertToken(scratch.store, { serial: "A", ...columns });
    expect((await scratch.store.commit(login(accept(id, change)))).won).toBe(true);
    expect(scratch.db.query("SELECT fail_count, failed_since FROM token").get()).toEqual({ fail_count: 0, failed_since: null });
  });

  test("K1-15 an OTP that is used up by a refused login cannot be used again", async () => {
    const id = await insertToken(scratch.store, { serial: "A", fail_count: 4 });
    const consume: TokenEffect = { kind: "consume", tokenId: id, version: 1, counter: 5 };
    const outcomes = await Promise.all([login(consume), login(accept(id)), login(consume)].map(scratch.store.commit));
    expect(outcomes.map((outcome) => outcome.won)).toEqual([true, false, false]);
    expect(scratch.db.query("SELECT counter, fail_count FROM token").get()).toEqual({ counter: 5, fail_count: 4 });
  });

  test("Z39 the fail counter saturates and the moment it filled stays", async () => {
    const id = await insertToken(scratch.store, { serial: "A", max_fail: 3 });
    for (let at = 1; at <= 5; at += 1) await scratch.store.commit(login(fail(id, { at })));
    expect(scratch.db.query("SELECT fail_count, failed_since FROM token").get()).toEqual({ fail_count: 3, failed_since: 3 });
    await scratch.store.commit(login(fail(id, { at: 9, clearFailedBefore: 3 })));
    expect(scratch.db.query("SELECT fail_count, failed_since FROM token").get()).toEqual({ fail_count: 1, failed_since: null });
  });

  test("a login of several effects happens whole or not at all", async () => {
    const one = await insertToken(scratch.store, { serial: "A" });
    const two = await insertToken(scratch.store, { serial: "B", locked: 1 });
    const record = await scratch.store.tokenBySerial("A");
    const neighbour = login(fail(two));
    const outcomes = await Promise.all([login(accept(one), accept(two)), neighbour].map(scratch.store.commit));
    expect(outcomes.map((outcome) => outcome.won)).toEqual([false, true]);
    expect(scratch.db.query("SELECT counter FROM token WHERE id = ?").get(one)).toEqual({ counter: 0 });
    expect(record?.counter).toBe(0);
    expect(countAudit()).toBe(1);
  });

  test("numbers that are none are refused before they switch a condition off", async () => {
    const id = await insertToken(scratch.store, { serial: "A", counter: 9 });
    const bad = [
      login(accept(id, { counter: Number.NaN })),
      login(fail(id, { at: 1.5 })),
      { ...login(accept(id, { counter: 10 })) },
    ];
    if (bad[2]) bad[2].audit = makeAuditEntry({ duration: Number.NaN });
    const settled = await Promise.allSettled([...bad, login()].map(scratch.store.commit));
    expect(settled.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
    expect(scratch.db.query("SELECT counter, auth_count FROM token").get()).toEqual({ counter: 9, auth_count: 0 });
    expect(countAudit()).toBe(1);
  });
});

describe("write intents", () => {
  const insertRealm = (name: string) => scratch.store.sql.insertInto("realm").values({ name }).returning("id").compile();

  test("changes and returned rows come back for each statement", async () => {
    const rename = scratch.store.sql.updateTable("realm").set({ name: "b" }).compile();
    const outcome = await scratch.store.commit({
      kind: "write",
      statements: [{ query: insertRealm("a") }, { query: rename }],
      touches: [],
    });
    expect(outcome).toEqual({ won: true, changes: [1, 1], rows: [[{ id: 1 }], []] });
  });

  test("a constraint refuses one intent whole and leaves its neighbours alone", async () => {
    const twice = {
      kind: "write" as const,
      statements: [{ query: insertRealm("a") }, { query: insertRealm("a") }],
      touches: [],
      audit: makeAuditEntry(),
    };
    const settled = await Promise.allSettled([login(), twice, login()].map(scratch.store.commit));
    expect(settled.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({ reason: expect.any(ConstraintError) });
    expect(scratch.db.query("SELECT count(*) AS n FROM realm").get()).toEqual({ n: 0 });
    expect(countAudit()).toBe(2);
    expect(scratch.store.auditHead().seq).toBe(2);
  });

  test("an unmet expectation loses the intent: nothing stored, no audit row", async () => {
    const nobody = scratch.store.sql.updateTable("token").set({ active: 0 }).where("serial", "=", "none").compile();
    const intent = {
      kind: "write" as const,
      statements: [{ query: insertRealm("a") }, { query: nobody, expect: 1 }],
      touches: [],
      audit: makeAuditEntry(),
    };
    expect(await scratch.store.commit(intent)).toEqual({ won: false });
    expect(scratch.db.query("SELECT count(*) AS n FROM realm").get()).toEqual({ n: 0 });
    expect(countAudit()).toBe(0);
  });

  test("values that would be stored as NULL are refused", async () => {
    const query = scratch.store.sql.insertInto("realm").values({ name: "a", is_default: Number.NaN }).compile();
    expect(
      await scratch.store.commit({ kind: "write", statements: [{ query }], touches: [] }).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ).toBeInstanceOf(TypeError);
  });

  test("listeners hear of configuration, not of tokens, before the commit is answered", async () => {
    let heard = 0;
    scratch.store.onConfigurationChange(() => {
      heard += 1;
    });
    await insertToken(scratch.store, { serial: "A" });
    expect(heard).toBe(0);
    await scratch.store.commit({ kind: "write", statements: [{ query: insertRealm("a") }], touches: [] });
    expect(heard).toBe(1);
  });
});

describe("reads", () => {
  test("tokens by owner and by serial are the same objects and follow commits", async () => {
    const id = await insertToken(scratch.store, { serial: "A" }, { resolver: "r", userId: "u" });
    const [record] = await scratch.store.tokensOfOwner("r", "u");
    expect(record).toBe((await scratch.store.tokenBySerial("A")) ?? undefined);
    expect(record?.owner).toEqual({ resolver: "r", userId: "u", realm: "" });
    await scratch.store.commit(login(accept(id)));
    expect(record?.counter).toBe(5);
  });

  test("a user who had no token is looked up again after an assignment by serial", async () => {
    expect(await scratch.store.tokensOfOwner("r", "u")).toEqual([]);
    await insertToken(scratch.store, { serial: "A" }, { resolver: "r", userId: "u" });
    expect(await scratch.store.tokensOfOwner("r", "u")).toHaveLength(1);
  });

  test("a read in the turn of a commit puts no older row back", async () => {
    const id = await insertToken(scratch.store, { serial: "A" }, { resolver: "r", userId: "u" });
    const [, records] = await Promise.all([scratch.store.commit(login(accept(id))), scratch.store.tokensOfOwner("r", "u")]);
    expect(records[0]?.counter).toBe(5);
    expect((await scratch.store.tokenBySerial("A"))?.counter).toBe(5);
  });

  test("point refuses to write", async () => {
    expect(
      String(
        await scratch.store.point({ sql: "DELETE FROM token", parameters: [] } as never).then(
          () => null,
          (fault: unknown) => fault,
        ),
      ),
    ).toMatch(/writes go through commit/);
  });

  test("query runs in a worker: rows, bytes, typed errors, read-only", async () => {
    await insertToken(scratch.store, { serial: "A", key_sealed: new Uint8Array([1, 2, 3]) });
    const rows = await scratch.store.query(scratch.store.sql.selectFrom("token").select(["serial", "key_sealed"]).compile());
    expect(rows).toEqual([{ serial: "A", key_sealed: new Uint8Array([1, 2, 3]) }]);
    // Not `expect().rejects`: bun waits for it inside the call, where messages of workers are not delivered.
    const failQuery = (sql: string) => scratch.store.query({ sql, parameters: [] } as never).catch((error: unknown) => error);
    expect(await failQuery("SELEC")).toMatchObject({ message: expect.stringContaining("syntax error") });
    expect(await failQuery("DELETE FROM token")).toBeInstanceOf(StoreUnavailableError);
    expect(await failQuery("SELECT 1")).toEqual([{ "1": 1 }]);
  });

  test("a commit after close is refused", async () => {
    const other = openScratchStore();
    await other.dispose();
    expect(
      await other.store.commit(login()).then(
        () => null,
        (fault: unknown) => fault,
      ),
    ).toBeInstanceOf(StoreUnavailableError);
  });
});
