// Fills the index of the audit trail, in a worker of its own: block by block, newest first, each in a transaction of the index
// file. The last, incomplete block of the trail is left alone: searches read it row by row.
import type { Database } from "bun:sqlite";
import { packNumbers, valueAt } from "../core/packed-numbers.ts";
import { readValidBlocks, readVersions } from "./blocks.ts";
import {
  blockRows,
  type CellColumn,
  cellColumns,
  cellId,
  changeWordSum,
  makeCellReader,
  sumBlock,
  sumBytes,
  sumWord,
} from "./index-file.ts";
import { type TextColumn, textColumns } from "./query.ts";

export interface Feeder {
  /** Makes at most `limit` blocks and forgets those that are no longer true. `left`: blocks still to be made. */
  feed(limit: number): { made: number; left: number };
}

/** Texts that may differ in every row; a block in which they do holds no numbers for them. */
const freeTexts = new Set<TextColumn>(["action_detail", "info", "policies"]);
const mostWords = blockRows / 2;

type RowValues = [id: number, chain: number, success: number, startedAt: number, hash: Uint8Array, ...texts: (string | null)[]];

/** `db` read-only, `index` for writing; both stay open. */
export function createFeeder(db: Database, index: Database): Feeder {
  const columns = textColumns.map((column) => `"${column}"`).join(", ");
  const readRows = db.query<Record<string, unknown>, [number, number]>(
    `SELECT id, chain, success, started_at, hash, ${columns} FROM audit WHERE id BETWEEN ? AND ? ORDER BY id`,
  );
  const insertBlock = index.prepare("INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const insertCell = index.prepare("INSERT OR REPLACE INTO cell VALUES (?, ?, ?)");
  const dropBlock = index.prepare("DELETE FROM block WHERE block = ?");
  const dropCells = index.prepare("DELETE FROM cell WHERE id BETWEEN ? AND ?");
  let dropped = false;

  function drop(block: number): void {
    dropBlock.run(block);
    dropCells.run(block * 32, block * 32 + 31);
  }

  /** The rows and the version they belong to, seen in one snapshot. */
  const readBlock = db.transaction((block: number) => ({
    version: readVersions(db).get(block) ?? 0,
    rows: readRows.values(block * blockRows, (block + 1) * blockRows - 1) as RowValues[],
  }));

  const makeBlock = index.transaction((block: number) => {
    const { version, rows } = readBlock(block);
    drop(block);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return;
    const put = (column: CellColumn, numbers: ArrayLike<number>) => {
      const data = packNumbers(numbers);
      insertCell.run(cellId(block, column), data, sumBytes(data));
    };
    const times = rows.map((row) => row[3]);
    if (last[0] - first[0] + 1 !== rows.length)
      put(
        "id",
        rows.map((row) => row[0]),
      );
    put(
      "chain",
      rows.map((row) => row[1]),
    );
    put(
      "success",
      rows.map((row) => row[2]),
    );
    put("started_at", times);
    textColumns.forEach((column, place) => {
      const texts = rows.map((row) => row[5 + place] as string | null);
      if (freeTexts.has(column) && new Set(texts).size > mostWords) return;
      put(column, numberWords(index, column, texts));
    });
    const [low, high] = times.reduce(
      ([least, most], time) => [Math.min(least, time), Math.max(most, time)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    const made = { block, version, rows: rows.length, first_id: first[0], last_id: last[0], last_hash: last[4] };
    const sum = sumBlock({ ...made, min_time: low, max_time: high });
    insertBlock.run(block, version, rows.length, first[0], last[0], last[4], low, high, sum);
  });

  return {
    feed(limit) {
      const valid = readValidBlocks(db, index);
      for (const { block } of index.query<{ block: number }, []>("SELECT block FROM block").all()) {
        if (valid.has(block)) continue;
        index.transaction(() => drop(block))();
        dropped = true;
      }
      const missing = listCompleteBlocks(db).filter((block) => !valid.has(block));
      const made = missing.slice(0, limit);
      for (const block of made) makeBlock(block);
      if (dropped && made.length === missing.length) {
        sweepWords(index);
        dropped = false;
      }
      return { made: made.length, left: missing.length - made.length };
    },
  };
}

/** Newest first; those in which a row is left and to which no further row can come. */
function listCompleteBlocks(db: Database): number[] {
  const edges = db
    .query<{ low: number | null; high: number | null }, []>(
      "SELECT (SELECT min(id) FROM audit) AS low, (SELECT max(id) FROM audit) AS high",
    )
    .get();
  if (edges?.low == null || edges.high == null) return [];
  const [oldest, next] = [Math.floor(edges.low / blockRows), Math.floor((edges.high + 1) / blockRows)];
  return Array.from({ length: Math.max(0, next - oldest) }, (_, back) => next - 1 - back);
}

/** The numbers of texts, 0 for NULL; texts that have none get the next ones. All of a column at once: one question for a block. */
function numberWords(index: Database, column: TextColumn, texts: readonly (string | null)[]): Uint32Array {
  const number = cellColumns.indexOf(column);
  const distinct = [...new Set(texts)].filter((text) => text !== null);
  const found = index
    .query<{ text: string; code: number | null }, [string, number]>(
      "SELECT j.value AS text, w.code FROM json_each(?) j LEFT JOIN word w ON w.column = ?2 AND w.text = j.value",
    )
    .values(JSON.stringify(distinct), number) as [string, number | null][];
  const highest = index
    .query<{ code: number | null }, [number]>("SELECT max(code) AS code FROM word WHERE column = ?")
    .get(number);
  const insert = index.prepare("INSERT INTO word (column, code, text) VALUES (?, ?, ?)");
  let next = (highest?.code ?? 0) + 1;
  let added = 0;
  const codes = new Map<string | null, number>([[null, 0]]);
  for (const [text, code] of found) {
    codes.set(text, code ?? next);
    if (code !== null) continue;
    insert.run(number, next, text);
    added ^= sumWord(number, next, text);
    next += 1;
  }
  changeWordSum(index, added);
  return Uint32Array.from(texts, (text) => codes.get(text) ?? 0);
}

/** Removes the words that no block uses any more: names that retention removed must not live on here. */
function sweepWords(index: Database): void {
  const readCell = makeCellReader(index);
  const blocks = index.query<{ block: number }, []>("SELECT block FROM block").all();
  index.transaction(() => {
    for (const column of textColumns) {
      const used = new Set<number>();
      for (const { block } of blocks) {
        const numbers = readCell(block, column);
        if (numbers === null) continue;
        if (numbers.values === null) used.add(numbers.base);
        else for (let at = 0; at < numbers.count; at += 1) used.add(valueAt(numbers, at));
      }
      const remove = index.prepare("DELETE FROM word WHERE column = ? AND code = ?");
      const number = cellColumns.indexOf(column);
      const words = index.query<{ code: number; text: string }, [number]>("SELECT code, text FROM word WHERE column = ?");
      let removed = 0;
      for (const { code, text } of words.all(number)) {
        if (used.has(code)) continue;
        remove.run(number, code);
        removed ^= sumWord(number, code, text);
      }
      changeWordSum(index, removed);
    }
  })();
}
