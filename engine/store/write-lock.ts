// Taking the write lock beside an engine under load. Between two groups it leaves gaps in which it serves requests, of some
// hundred µs; the polling of SQLite (pauses of 1 to 100 ms) misses them for a second and more, so whoever must get in asks
// again at once. An engine that does nothing but commit leaves no usable gap; then the wait ends in SQLITE_BUSY.
import type { Database } from "bun:sqlite";
import { primaryCode } from "./sqlite-errors.ts";

/** Asks up to `tries` times (about 30 µs each); throws SQLITE_BUSY after the last. `begin` is a prepared BEGIN IMMEDIATE. */
export function takeWriteLock(begin: { run(): unknown }, tries: number): void {
  for (let left = tries; ; left -= 1) {
    try {
      begin.run();
      return;
    } catch (error) {
      if (left <= 1 || primaryCode(error) !== "SQLITE_BUSY") throw error;
    }
  }
}

/** Runs `work` in a write transaction of its own: for the few writes of opening a store. Waits some 3 s for the lock. */
export function runInWriteTransaction<Result>(db: Database, work: () => Result): Result {
  takeWriteLock(db.prepare("BEGIN IMMEDIATE"), 100_000);
  try {
    const result = work();
    db.run("COMMIT");
    return result;
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}
