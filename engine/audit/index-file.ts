// The index of the audit trail: a database file of its own beside the main one, so that filling it costs a log-in nothing
// (decisions.md 2.4). It can be thrown away at any time: it is made anew from the trail.
//
// Rows are taken in blocks of `blockRows` ids. A block holds each column as packed numbers: texts as numbers of words, and every
// word once for all blocks. Ten million rows are 600 blocks; a filter is a walk through some megabytes of numbers, and a pattern
// is tried on each word, not on each row.
//
// A block counts only while the trail is as it was when the block was made: same version (rotation changes it in the transaction
// that removes rows) and same last row (a restored backup has another). Rows outside of valid blocks are read one by one.
import { Database } from "bun:sqlite";
import { closeSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SearchColumn, textColumns } from "./query.ts";

/** Ids of a block: b * blockRows to (b + 1) * blockRows - 1. */
export const blockRows = 16384;

export interface Block {
  block: number;
  version: number;
  rows: number;
  first_id: number;
  last_id: number;
  last_hash: Uint8Array;
  min_time: number;
  max_time: number;
}

// Raise it when the meaning of anything in the file changes: an older file is then made anew.
const format = 1;

/** Columns a block may hold, by their number in the file. */
export const cellColumns = ["id", "chain", "success", "started_at", ...textColumns] as const;
export type CellColumn = (typeof cellColumns)[number];

export const indexPath = (databasePath: string) => join(dirname(databasePath), "audit-index.db");

/** Row number of a column of a block in the table `cell`. */
export function cellId(block: number, column: CellColumn): number {
  return block * 32 + cellColumns.indexOf(column);
}

export function isCellColumn(column: SearchColumn): column is SearchColumn & CellColumn {
  return (cellColumns as readonly string[]).includes(column);
}

/** For searching; null when there is no file, or one that this program can not read. */
export function openIndexForReading(path: string): Database | null {
  try {
    const db = new Database(path, { readonly: true });
    db.run("PRAGMA busy_timeout = 1000");
    if (readFormat(db) === format) return db;
    db.close();
  } catch {
    // Missing, half made, or damaged: the search goes without.
  }
  return null;
}

/** For filling, by one thread only; a file of another format or a damaged one is replaced. */
export function openIndexForWriting(path: string): Database {
  try {
    return openOrCreate(path);
  } catch {
    removeIndex(path);
    return openOrCreate(path);
  }
}

/** The file and what SQLite keeps beside it. */
export function removeIndex(path: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
}

/** An error that an index that is not whole explains: of SQLite, or of bytes that are no packed numbers. */
export function isIndexDamage(error: unknown): boolean {
  return error instanceof RangeError || /^SQLITE_(CORRUPT|NOTADB)/.test(String((error as { code?: unknown } | null)?.code));
}

function openOrCreate(path: string): Database {
  // Readable by its owner only; the log inherits the mode.
  closeSync(openSync(path, "a", 0o600));
  const db = new Database(path, { readwrite: true });
  try {
    db.run("PRAGMA busy_timeout = 5000");
    db.run("PRAGMA page_size = 32768");
    db.run("PRAGMA journal_mode = WAL");
    // A power cut may lose the latest blocks, which are then made again; it leaves no half ones.
    db.run("PRAGMA synchronous = NORMAL");
    // What retention removed must not linger here.
    db.run("PRAGMA secure_delete = ON");
    if (readFormat(db) === 0) createTables(db);
    if (readFormat(db) !== format) throw new Error("an index of another format");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function readFormat(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

function createTables(db: Database): void {
  db.transaction(() => {
    db.run(`CREATE TABLE block (block INTEGER PRIMARY KEY, version INTEGER NOT NULL, rows INTEGER NOT NULL,
      first_id INTEGER NOT NULL, last_id INTEGER NOT NULL, last_hash BLOB NOT NULL,
      min_time INTEGER NOT NULL, max_time INTEGER NOT NULL) STRICT`);
    db.run("CREATE TABLE cell (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT");
    // Numbers of words begin at 1 in every column; 0 stands for NULL.
    db.run(`CREATE TABLE word (column INTEGER NOT NULL, code INTEGER NOT NULL, text TEXT NOT NULL,
      PRIMARY KEY (column, text)) STRICT, WITHOUT ROWID`);
    db.run("CREATE UNIQUE INDEX word_code ON word (column, code)");
    db.run(`PRAGMA user_version = ${format}`);
  })();
}
