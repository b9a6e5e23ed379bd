import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBrokenInside } from "./damage.ts";

const PAGE = 4096;
const FRAME = 24 + PAGE;
const HEADER = 32;

/** The log of a database after `work`, as a kill would leave it. */
function readLogAfter(work: (db: Database) => void): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-damage-"));
  try {
    const db = new Database(join(folder, "x.db"));
    db.run(`PRAGMA page_size = ${PAGE}`);
    db.run("PRAGMA journal_mode = WAL");
    // So small that a large transaction writes to the log before its end.
    db.run("PRAGMA cache_size = 10");
    db.run("CREATE TABLE t (x)");
    work(db);
    const log = new Uint8Array(readFileSync(join(folder, "x.db-wal")));
    db.close();
    return log;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const insert = (db: Database, rows: number) => {
  for (let row = 0; row < rows; row++) db.run("INSERT INTO t VALUES (randomblob(3000))");
};

describe("the log beside a database", () => {
  const committed = () =>
    readLogAfter((db) => {
      for (let count = 0; count < 5; count++) insert(db, 1);
    });

  test("whole, or cut anywhere, is not damaged", () => {
    const log = committed();
    for (const length of [0, HEADER - 1, HEADER, HEADER + FRAME / 2, log.length - 1, log.length])
      expect(isBrokenInside(log.subarray(0, length))).toBe(false);
  });

  test("a flipped byte before a transaction that was committed is damage", () => {
    const log = committed();
    const frames = Math.floor((log.length - HEADER) / FRAME);
    for (let frame = 0; frame < frames - 1; frame++) {
      for (const at of [0, 9, 17, 24, 24 + PAGE / 2]) {
        const flipped = log.slice();
        const place = HEADER + frame * FRAME + at;
        flipped[place] = (flipped[place] ?? 0) ^ 1;
        expect([frame, at, isBrokenInside(flipped)]).toEqual([frame, at, true]);
      }
    }
  });

  test("what a transaction left that was rolled back (a full disk) is no damage: nothing of it was answered", () => {
    const log = readLogAfter((db) => {
      insert(db, 1);
      db.run("BEGIN");
      insert(db, 200);
      db.run("ROLLBACK");
      insert(db, 1);
    });
    // There is something left of it, or this proves nothing.
    expect(log.length).toBeGreaterThan(HEADER + 50 * FRAME);
    expect(isBrokenInside(log)).toBe(false);
  });
});
