// A damaged index of the audit trail: bytes turned or missing anywhere in the file, an empty one, another file. A search answers what
// the rows say, with the index or without it, the damage is known for what it is, and a new index is made. The trail itself is verified
// by signatures; the index has only its sums.
import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTrail } from "../bench/audit-rows.ts";
import { createFeeder } from "../engine/audit/feed.ts";
import {
  blockRows,
  indexPath,
  isIndexDamage,
  openIndexForReading,
  openIndexForWriting,
  removeIndex,
} from "../engine/audit/index-file.ts";
import type { AuditQuery } from "../engine/audit/query.ts";
import { searchAudit } from "../engine/audit/search.ts";
import { openTrailReader } from "../engine/audit/trail-reader.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { createDice } from "./kit/mutate.ts";

setDefaultTimeout(60_000);

const directory = makeDataDir();
const path = join(directory, "ostiary.db");
const index = indexPath(path);
let db: Database;
let whole: Buffer;
let right: string;

beforeAll(() => {
  makeTrail(directory, blockRows + 500);
  db = new Database(path, { readonly: true });
  const made = openIndexForWriting(index);
  createFeeder(db, made).feed(10);
  made.run("PRAGMA journal_mode = DELETE");
  made.close();
  whole = readFileSync(index);
  right = ask(null);
});

const QUERIES: Partial<AuditQuery>[] = [
  { conditions: [{ column: "success", anyOf: [0] }] },
  { conditions: [{ column: "administrator", anyOf: ["anna"] }] },
  { conditions: [{ column: "serial", like: "TOTP0000*7" }] },
  { conditions: [{ column: "realm", anyOf: ["realm3"] }], after: 5000 },
];
const everything: AuditQuery = { conditions: [], since: null, until: null, before: null, after: null, order: "desc" };

function ask(from: Database | null): string {
  const found = QUERIES.map((query) => {
    const job = { query: { ...everything, ...query }, offset: 0, limit: 50, count: true, budgetMs: 60_000 };
    return searchAudit(db, from, job, () => 0);
  });
  return JSON.stringify(found);
}

/** In place of the index and its log. */
function put(bytes: Uint8Array): void {
  removeIndex(index);
  writeFileSync(index, bytes);
}

/** What the reader does with the file as it is. */
function askDamaged(): "right" | "wrong" | "said" {
  let from: Database | null = null;
  try {
    from = openIndexForReading(index);
    return ask(from) === right ? "right" : "wrong";
  } catch (error) {
    if (!isIndexDamage(error)) throw error;
    return "said";
  } finally {
    from?.close();
  }
}

const dice = createDice(7);
const turned = (at: number) => {
  const bytes = Buffer.from(whole);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << dice(8));
  return bytes;
};

/** A word changed in both of its trees: SQLite finds nothing wrong with that. */
const otherWord = () => Buffer.from(whole.toString("latin1").replaceAll("realm3", "realm8"), "latin1");

/** The feeder's part: the file is thrown away and made anew, or it is good. */
function mend(): void {
  const made = openIndexForWriting(index);
  try {
    createFeeder(db, made).feed(10);
  } catch (error) {
    if (!isIndexDamage(error)) throw error;
  }
  made.close();
}

/** Anywhere, in the head of the file, and in words. */
function* places(): Generator<number> {
  for (let round = 0; round < 50; round++) yield dice(whole.length);
  for (let round = 0; round < 25; round++) yield dice(4096);
  for (let at = 0, found = 0; found < 30; found++) {
    at = whole.indexOf("TOTP001", at) + 7;
    yield at + dice(3);
  }
}

const answers = (damages: Iterable<Buffer>) => {
  const seen = { right: 0, wrong: 0, said: 0 };
  for (const bytes of damages) {
    put(bytes);
    seen[askDamaged()] += 1;
  }
  return seen;
};

describe("a search never gives another answer", () => {
  test("one bit turned", () => {
    const seen = answers([...places()].map(turned));
    expect(seen).toEqual({ right: expect.any(Number), wrong: 0, said: expect.any(Number) });
    expect(seen.said).toBeGreaterThan(5);
  });

  test("cut off, empty, zeroed from somewhere on, another file", () => {
    const at = Array.from({ length: 12 }, () => dice(whole.length));
    const cut = at.map((end) => whole.subarray(0, end));
    const zeroed = at.map((from) => Buffer.concat([whole.subarray(0, from), Buffer.alloc(whole.length - from)]));
    const others = [Buffer.alloc(0), Buffer.from("no database"), readFileSync(path)];
    expect(answers([...cut, ...zeroed, ...others]).wrong).toBe(0);
  });
});

test("it is made anew", () => {
  for (const bytes of [whole.subarray(0, 100_000), Buffer.alloc(0), Buffer.from("no database"), otherWord()]) {
    put(bytes);
    mend();
    const made = openIndexForReading(index);
    expect(made?.query("SELECT count(*) AS n FROM block").get()).toEqual({ n: 1 });
    expect(ask(made)).toBe(right);
    made?.close();
  }
});

test("the thread that searches goes on without the index and says that it is damaged", async () => {
  put(otherWord());
  const trail = openTrailReader({ databasePath: path, publicKey: new Uint8Array(32) });
  const query: AuditQuery = { ...everything, conditions: [{ column: "administrator", anyOf: ["anna"] }] };
  const job = { query, offset: 0, limit: 2, count: true, budgetMs: 10_000, check: { now: 0, graceMs: 0, budget: 0 } };
  const page = await trail.findPage(job, "");
  expect(page.rows.map(({ administrator }) => administrator)).toEqual(["anna", "anna"]);
  expect(page.indexDamaged).toBe(true);
  await trail.close();
});
