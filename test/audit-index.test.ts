// The index of the audit trail: whatever it answers is what reading every row would have answered, also after rotation, after a
// restore, and over a tail it does not know yet (decisions.md 2.4).
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTrail } from "../bench/audit-rows.ts";
import { createFeeder } from "../engine/audit/feed.ts";
import {
  blockRows,
  changeWordSum,
  indexPath,
  openIndexForReading,
  openIndexForWriting,
  sumWord,
} from "../engine/audit/index-file.ts";
import type { AuditQuery, Condition } from "../engine/audit/query.ts";
import { type SearchJob, searchAudit } from "../engine/audit/search.ts";
import { openTrailReader } from "../engine/audit/trail-reader.ts";
import { openUpkeepPool } from "../engine/audit/upkeep-pool.ts";
import { makeDataDir } from "./kit/data-dir.ts";

// Thousands of rows, read again and again.
setDefaultTimeout(60_000);

const rows = 2 * blockRows + 1000;
const directory = makeDataDir();
const path = join(directory, "ostiary.db");
let db: Database;
let index: Database;
let begin = 0;

beforeAll(() => {
  makeTrail(directory, rows);
  db = new Database(path);
  // Texts that mean something to patterns, and columns the made rows leave empty.
  db.run(`UPDATE audit SET info = 'a_b%c\\d', user = 'a*b', policies = 'p' || (id % 3) WHERE id % 97 = 0`);
  db.run("UPDATE audit SET action_detail = 'detail ' || id");
  db.run("UPDATE audit SET chain = 2 WHERE id % 1000 = 0");
  begin = db.query<{ at: number }, []>("SELECT min(started_at) AS at FROM audit").get()?.at ?? 0;
  index = openIndexForWriting(indexPath(path));
});
afterAll(() => {
  db.close();
  index.close();
});

const everything: AuditQuery = { conditions: [], since: null, until: null, before: null, after: null, order: "desc" };
const search = (from: Database | null, query: Partial<AuditQuery>, job: Partial<SearchJob> = {}) =>
  searchAudit(db, from, { query: { ...everything, ...query }, offset: 0, limit: 50, count: true, budgetMs: 60_000, ...job }, () =>
    performance.now(),
  );

const QUERIES: [name: string, query: () => Partial<AuditQuery>][] = [
  ["everything", () => ({})],
  ["equal", () => ({ conditions: [{ column: "user", anyOf: ["user777"] }] })],
  ["one of several", () => ({ conditions: [{ column: "administrator", anyOf: ["anna", "admin"] }] })],
  ["a value that is not there", () => ({ conditions: [{ column: "user", anyOf: ["nobody"] }] })],
  ["no value at all", () => ({ conditions: [{ column: "realm", anyOf: [] }] })],
  ["a pattern", () => ({ conditions: [{ column: "serial", like: "TOTP0000*7" }] })],
  ["a pattern in other letters", () => ({ conditions: [{ column: "action", like: "*VALIDATE*" }] })],
  ["% and _ and \\ are no wildcards", () => ({ conditions: [{ column: "info", like: "a_b%c\\d*" }] })],
  ["a star without a pattern is a star", () => ({ conditions: [{ column: "user", anyOf: ["a*b"] }] })],
  ["a number", () => ({ conditions: [{ column: "success", anyOf: [0] }] })],
  ["another chain", () => ({ conditions: [{ column: "chain", anyOf: [2] }] })],
  ["a column that differs in every row", () => ({ conditions: [{ column: "action_detail", like: "*99" }] })],
  ["a text made of a time", () => ({ conditions: [{ column: "duration", like: "0.0012*" }] })],
  [
    "several at once",
    () => ({
      conditions: [
        { column: "realm", anyOf: ["realm3"] },
        { column: "success", anyOf: [0] },
        { column: "client", like: "10.0.1.*" },
      ] satisfies Condition[],
    }),
  ],
  ["since", () => ({ since: begin + 8 * 20_000 })],
  ["between", () => ({ since: begin + 8 * 100, until: begin + 8 * 200 })],
  ["before all", () => ({ until: begin })],
  ["between two numbers", () => ({ after: 16_000, before: 17_000, conditions: [{ column: "success", anyOf: [0] }] })],
  ["between two numbers, reversed", () => ({ after: 17_000, before: 16_000 })],
];

function expectSameAnswers(): void {
  const views = [
    { order: "desc", offset: 0 },
    { order: "asc", offset: 16_300 },
  ] as const;
  for (const [name, query] of QUERIES) {
    for (const { order, offset } of views) {
      const [known, read] = [index, null].map((from) => search(from, { ...query(), order }, { offset }));
      expect([name, order, offset, known]).toEqual([name, order, offset, read]);
    }
  }
}

describe("the index answers what the rows say", () => {
  test("before there is one: every row is read", () => {
    expect(search(null, {}).count).toBe(rows);
    expect(search(null, {}).ids[0]).toBe(rows);
    expect(search(null, { order: "asc" }).ids.slice(0, 3)).toEqual([1, 2, 3]);
  });
  test("while it is half made, the newest block first", () => {
    expect(createFeeder(db, index).feed(1)).toEqual({ made: 1, left: 1 });
    expect(index.query("SELECT block FROM block").all()).toEqual([{ block: 1 }]);
    expectSameAnswers();
  });
  test("made, over a tail that it does not know", () => {
    expect(createFeeder(db, index).feed(10)).toEqual({ made: 1, left: 0 });
    expectSameAnswers();
  });
  test("it is used: a word changed in it changes the answer", () => {
    index.run("UPDATE word SET text = 'zzz' WHERE text = 'anna'");
    expect(search(index, { conditions: [{ column: "administrator", anyOf: ["zzz"] }] }).count).toBeGreaterThan(0);
    index.run("UPDATE word SET text = 'anna' WHERE text = 'zzz'");
  });
  test("rotation changes the version of a block: it is read row by row until it is made again", () => {
    db.run("DELETE FROM audit WHERE id BETWEEN 100 AND 200 OR id = 16383 OR id = 16384");
    db.run("INSERT INTO audit_block VALUES (0, 4711), (1, 4712)");
    expectSameAnswers();
    expect(createFeeder(db, index).feed(10)).toEqual({ made: 2, left: 0 });
    expect(index.query("SELECT block, version, rows FROM block ORDER BY block").all()).toEqual([
      { block: 0, version: 4711, rows: blockRows - 1 - 101 - 1 },
      { block: 1, version: 4712, rows: blockRows - 1 },
    ]);
    expectSameAnswers();
  });
  test("a restored database has other rows under the same numbers: the block does not count", () => {
    db.run("UPDATE audit SET user = 'somebody', hash = zeroblob(32) WHERE id BETWEEN 20000 AND 32767");
    expectSameAnswers();
    createFeeder(db, index).feed(10);
    expectSameAnswers();
  });
  test("what retention removed is not in the file any more: no name lives on", () => {
    db.run("UPDATE audit SET user = 'gone-for-good' WHERE id = 30");
    db.run("REPLACE INTO audit_block VALUES (0, 1)");
    createFeeder(db, index).feed(10);
    const words = () => index.query("SELECT text FROM word WHERE text = 'gone-for-good'").all().length;
    expect(words()).toBe(1);
    db.run("DELETE FROM audit WHERE id < 16384");
    db.run("REPLACE INTO audit_block VALUES (0, 2)");
    expect(createFeeder(db, index).feed(10)).toEqual({ made: 0, left: 0 });
    expect(words()).toBe(0);
    expectSameAnswers();
  });
});

describe("the workers of the server", () => {
  test("one fills the index, another searches by it", async () => {
    const other = makeDataDir();
    makeTrail(other, blockRows + 10);
    const databasePath = join(other, "ostiary.db");
    const publicKey = new Uint8Array(32);
    const pool = openUpkeepPool({ databasePath, publicKey, feeds: true, sinks: [] });
    expect(await pool.feed(5)).toEqual({ made: 1, left: 0 });
    await pool.close();
    const words = new Database(indexPath(databasePath));
    // With its sum, or it would pass for damage.
    for (const { column, code } of words
      .query<{ column: number; code: number }, []>("SELECT * FROM word WHERE text = 'anna'")
      .all())
      changeWordSum(words, sumWord(column, code, "anna") ^ sumWord(column, code, "only the index says so"));
    words.run("UPDATE word SET text = 'only the index says so' WHERE text = 'anna'");
    words.close();
    const trail = openTrailReader({ databasePath, publicKey });
    const query = { ...everything, conditions: [{ column: "administrator", like: "only*" } as const] };
    const check = { now: 0, graceMs: 0, budget: 0 };
    const page = await trail.findPage({ query, offset: 0, limit: 2, count: true, budgetMs: 1000, check }, "");
    expect(page.count).toBeGreaterThan(10);
    expect(page.rows.map(({ administrator }) => administrator)).toEqual(["anna", "anna"]);
    await trail.close();
  });
  test("a command beside the server does not fill it", async () => {
    const other = makeDataDir();
    makeTrail(other, blockRows + 10);
    const databasePath = join(other, "ostiary.db");
    const pool = openUpkeepPool({ databasePath, publicKey: new Uint8Array(32), feeds: false, sinks: [] });
    expect(await pool.feed(5)).toEqual({ made: 0, left: 0 });
    expect(existsSync(indexPath(databasePath))).toBe(false);
    await pool.close();
  });
});

describe("a search that takes too long", () => {
  /** A clock that moves a second each time it is asked. */
  const stuck = () => {
    let at = 0;
    return () => (at += 1000);
  };
  test("ends after a block, says how far it came, and goes on from there until it has all", () => {
    for (const order of ["asc", "desc"] as const) {
      const query: AuditQuery = { ...everything, order, conditions: [{ column: "success", anyOf: [0] }] };
      const whole = search(null, query, { limit: 100_000 });
      const ids: number[] = [];
      let place: Partial<AuditQuery> = {};
      let rounds = 0;
      for (let more = true; more; rounds += 1) {
        const job = { query: { ...query, ...place }, offset: 0, limit: 100_000, count: true, budgetMs: 10 };
        const part = searchAudit(db, null, job, stuck());
        ids.push(...part.ids);
        more = !part.complete;
        expect(part.searchedTo === null).toBe(part.complete);
        place = order === "asc" ? { after: part.searchedTo } : { before: part.searchedTo };
      }
      expect([rounds, ids]).toEqual([2, whole.ids]);
    }
  });
  test("a full page with a count that is a lower bound has no place to go on from: the next page is there", () => {
    const job = { query: everything, offset: 0, limit: 5, count: true, budgetMs: 10 };
    const { ids, count, complete, searchedTo } = searchAudit(db, null, job, stuck());
    expect([ids.length, count > 5, complete, searchedTo]).toEqual([5, true, false, null]);
  });
});

describe("the file", () => {
  test("is readable by its owner only", () => {
    for (const end of ["", "-wal"]) expect(statSync(indexPath(path) + end).mode & 0o777).toBe(0o600);
  });
  test("missing, damaged or of another format: no index for a search, a new one for the feeder", () => {
    const other = join(makeDataDir(), "audit-index.db");
    expect(openIndexForReading(other)).toBeNull();
    writeFileSync(other, "this is no database, whatever its name says".repeat(100));
    expect(openIndexForReading(other)).toBeNull();
    openIndexForWriting(other).close();
    const made = openIndexForReading(other);
    expect(made).not.toBeNull();
    made?.close();
    const later = new Database(other);
    later.run("PRAGMA user_version = 99");
    later.close();
    expect(openIndexForReading(other)).toBeNull();
    const again = openIndexForWriting(other);
    expect(again.query("SELECT count(*) AS n FROM block").get()).toEqual({ n: 0 });
    again.close();
    expect(existsSync(other)).toBe(true);
  });
});
