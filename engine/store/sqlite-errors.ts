// What an error of SQLite means for an intent. The codes are SQLite's extended result codes as bun:sqlite names them.
import { DAMAGE_ADVICE } from "./damage.ts";
import { ConstraintError, StoreDamagedError, StoreUnavailableError } from "./store.ts";

// The whole transaction is in doubt or cannot become durable; later ones may succeed again.
const unavailable: Record<string, string> = {
  SQLITE_FULL: "the disk is full",
  SQLITE_IOERR: "the disk reported an error, or its file system is read-only",
  SQLITE_READONLY: "the database is read-only",
  SQLITE_BUSY: "the database is locked by another process",
  SQLITE_LOCKED: "the database is locked",
  SQLITE_CANTOPEN: "a database file cannot be opened",
  SQLITE_PROTOCOL: "the database is locked by another process",
  SQLITE_NOMEM: "out of memory",
  SQLITE_PERM: "access to the database was denied",
};

/** `SQLITE_IOERR_FSYNC` -> `SQLITE_IOERR`; "" for anything that did not come from SQLite. */
export function primaryCode(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? "";
}

/** The typed error for the caller of one intent; what is neither a constraint nor a lack of durability comes back as it is. */
export function toStoreError(error: unknown): Error {
  const code = primaryCode(error);
  // The message of SQLite names table and column, never a value; it stays in `cause` all the same.
  if (code === "SQLITE_CONSTRAINT")
    return new ConstraintError("a constraint of the database refused the write", { cause: error });
  if (code === "SQLITE_CORRUPT" || code === "SQLITE_NOTADB")
    return new StoreDamagedError(`the database is damaged. ${DAMAGE_ADVICE}`, { cause: error });
  const reason = unavailable[code];
  if (reason !== undefined) return new StoreUnavailableError(`the store is unavailable: ${reason}`, { cause: error });
  return error instanceof Error ? error : new Error("the write failed", { cause: error });
}
