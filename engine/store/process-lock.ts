// One engine a data directory: two would each believe to hold the head of the audit chain and the newest token records.
// The lock is a transaction held open on a small SQLite file, i.e. a file lock of the operating system: it ends with the
// process, kill -9 included, and leaves nothing stale behind.
import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { primaryCode } from "./sqlite-errors.ts";

/** Another process holds the lock: mostly an engine that runs on this data directory. */
export class StoreInUseError extends Error {
  override readonly name = "StoreInUseError";
}

/** Takes the lock of an engine or throws StoreInUseError at once. The function returned gives it back. */
export function lockForEngine(lockPath: string): () => void {
  return lockFile(lockPath, `another engine is running on this data directory (${lockPath} is locked): stop it first`);
}

/** Takes a lock of this name or throws StoreInUseError with the text `inUse` at once. The function returned gives it back. */
export function lockFile(lockPath: string, inUse: string): () => void {
  // SQLite would create it for all to read, and who can read it can hold the lock.
  closeSync(openSync(lockPath, "a", 0o600));
  const lock = new Database(lockPath, { readwrite: true });
  try {
    lock.run("PRAGMA busy_timeout = 0");
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (primaryCode(error) !== "SQLITE_BUSY") throw error;
    throw new StoreInUseError(inUse, { cause: error });
  }
  return () => {
    lock.run("ROLLBACK");
    lock.close();
  };
}
