// The index of the audit trail: a database file of its own beside the main one, so that filling it costs a log-in nothing
// (decisions.md 2.4). It can be thrown away at any time: it is made anew from the trail.
//
// Rows are taken in blocks of `blockRows` ids. A block holds each column as packed numbers: texts as numbers of words, and every
// word once for all blocks. Ten million rows are 600 blocks; a filter is a walk through some megabytes of numbers, and a pattern
// is tried on each word, not on each row.
//
// A block counts only while the trail is as it was when the block was made: same version (rotation changes it in the transaction
// that removes rows) and same last row (a restored backup has another). Rows outside of valid blocks are read one by one.
//
// SQLite has no sums over its pages, and a bit that the disk turned would hide rows from a search. So blocks and cells
// carry one, and all words together.
import { Database } from "bun:sqlite";
import { closeSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type PackedNumbers, unpackNumbers } from "../core/packed-numbers.ts";
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
  /** sumBlock of the rest. */
  sum: number;
}

// Raise it when the meaning of anything in the file changes: an older file is then made anew.
const format = 2;

/** Columns a block may hold, by their number in the file. */
export const cellColumns = ["id", "chain", "success", "started_at", ...textColumns] as const;
export type CellColumn = (typeof cellColumns)[number];

export const indexPath = (databasePath: string) => join(dirname(databasePath), "audit-index.db");

/** Row number of a column of a block in the table `cell`. */
export function cellId(block: number, column: CellColumn): number {
  return block * 32 + cellColumns.indexOf(column);
}

/** 32 bits, at 20 GB/s: nothing to a search. */
export const sumBytes = (bytes: Uint8Array): number => Bun.hash.crc32(bytes);

export function sumBlock(block: Omit<Block, "sum">): number {
  const { version, rows, first_id, last_id, last_hash, min_time, max_time } = block;
  return Bun.hash.crc32([block.block, version, rows, first_id, last_id, min_time, max_time, last_hash.toHex()].join());
}

/** Sums of words are joined by xor: who adds or removes one need not read the others. */
export const sumWord = (column: number, code: number, text: string): number => Bun.hash.crc32(`${column},${code},${text}`);

/** Adds the sums of words that come, or takes away those of words that go: to xor they are the same. In the transaction of the change. */
export function changeWordSum(index: Database, change: number): void {
  index.run("UPDATE word_sum SET sum = (sum | ?1) - (sum & ?1)", [change >>> 0]);
}

/** The trees that hold the words: searches go through the first only, the feeder through both. */
const wordTrees = ["NOT INDEXED", "INDEXED BY word_code"] as const;

/** Reads all words, a million in a second for each tree. Throws RangeError where one is not as it was written. */
function checkWords(db: Database, trees: readonly (typeof wordTrees)[number][]): void {
  const sumOf = (tree: (typeof wordTrees)[number]): number => {
    let sum = 0;
    const words = db.query<{ column: number; code: number; text: string }, []>(`SELECT column, code, text FROM word ${tree}`);
    for (const { column, code, text } of words.iterate()) sum ^= sumWord(column, code, text);
    return sum >>> 0;
  };
  const isWhole = db.transaction(() => {
    const sum = db.query<{ sum: number }, []>("SELECT sum FROM word_sum").get()?.sum;
    return trees.every((tree) => sumOf(tree) === sum);
  });
  if (!isWhole()) throw new RangeError("the words of the index are damaged");
}

/** A column of a block; null: there is none. Throws RangeError for one that is not as it was written. */
export function makeCellReader(index: Database): (block: number, column: CellColumn) => PackedNumbers | null {
  const read = index.query<{ data: Uint8Array; sum: number }, [number]>("SELECT data, sum FROM cell WHERE id = ?");
  return (block, column) => {
    const row = read.get(cellId(block, column));
    if (row === null) return null;
    if (sumBytes(row.data) !== row.sum) throw new RangeError("a column of the index is damaged");
    return unpackNumbers(row.data);
  };
}

export function isCellColumn(column: SearchColumn): column is SearchColumn & CellColumn {
  return (cellColumns as readonly string[]).includes(column);
}

/** For searching; null when there is no file, or one that this program can not read. Throws RangeError for one whose words are damaged. */
export function openIndexForReading(path: string): Database | null {
  let db: Database | null = null;
  try {
    db = new Database(path, { readonly: true });
    db.run("PRAGMA busy_timeout = 1000");
    if (readFormat(db) === format) {
      checkWords(db, wordTrees.slice(0, 1));
      return db;
    }
    db.close();
  } catch (error) {
    db?.close();
    if (error instanceof RangeError) throw error;
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
  return (
    error instanceof RangeError ||
    /^SQLITE_(CORRUPT|NOTADB|ERROR|IOERR_SHORT_READ)/.test(String((error as { code?: unknown } | null)?.code))
  );
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
    checkWords(db, wordTrees);
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
      min_time INTEGER NOT NULL, max_time INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT`);
    db.run("CREATE TABLE cell (id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT");
    // Numbers of words begin at 1 in every column; 0 stands for NULL.
    db.run(`CREATE TABLE word (column INTEGER NOT NULL, code INTEGER NOT NULL, text TEXT NOT NULL,
      PRIMARY KEY (column, text)) STRICT, WITHOUT ROWID`);
    db.run("CREATE UNIQUE INDEX word_code ON word (column, code)");
    db.run("CREATE TABLE word_sum (sum INTEGER NOT NULL) STRICT");
    db.run("INSERT INTO word_sum VALUES (0)");
    db.run(`PRAGMA user_version = ${format}`);
  })();
}
