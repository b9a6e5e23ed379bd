// What the index knows of one query: for each block the rows that fit, as ids or as a count; null for a block it can not speak of.
import type { Database } from "bun:sqlite";
import { type PackedNumbers, valueAt } from "../core/packed-numbers.ts";
import { type Block, type CellColumn, cellColumns, isCellColumn, makeCellReader, sumBlock } from "./index-file.ts";
import { type AuditQuery, type Condition, textColumns, toRowTest, toSql } from "./query.ts";

export interface Blocks {
  /** Ids between `from` and `until` that fit, ascending. */
  find(block: number, from: number, until: number): number[] | null;
  count(block: number, from: number, until: number): number | null;
}

/** A condition in the numbers of the index: a row fits if `wanted` has a 1 at its number. */
interface CodeTest {
  condition: Condition;
  column: CellColumn;
  wanted: Uint8Array;
}

// As many rows are looked up one by one; beyond that it is cheaper to read the whole block.
const fewRows = 400;

/** Places of rows in a block, ascending; null: all of them. */
type Positions = Uint16Array | null;
const none = new Uint16Array(0);

/** `db` in a read transaction, so that what holds for a block now holds until the end. */
export function openBlocks(db: Database, index: Database | null, query: AuditQuery): Blocks {
  if (index === null) return { find: () => null, count: () => null };
  const known = readValidBlocks(db, index);
  const [since, until] = [query.since ?? Number.NEGATIVE_INFINITY, query.until ?? Number.POSITIVE_INFINITY];
  const tests: CodeTest[] = [];
  const slow: Condition[] = [];
  for (const condition of query.conditions) {
    const { column } = condition;
    if (isCellColumn(column)) tests.push({ condition, column, wanted: findCodes(index, column, condition) });
    else slow.push(condition);
  }
  const cell = makeCellReader(index);

  /** Positions of the rows that fit as far as the index can tell, and what it could not. Null: all rows fit. */
  function narrow(info: Block): { positions: Positions; rest: Condition[] } {
    const rest = [...slow];
    if (info.max_time < since || info.min_time >= until) return { positions: none, rest };
    let positions: Positions = null;
    for (const { condition, column, wanted } of tests) {
      const numbers = cell(info.block, column);
      if (numbers === null) rest.push(condition);
      else positions = keepWanted(positions, numbers, info.rows, wanted);
      if (positions?.length === 0) return { positions, rest };
    }
    const times = info.min_time < since || info.max_time >= until ? cell(info.block, "started_at") : null;
    return { positions: times ? keepBetween(positions, times, info.rows, since, until) : positions, rest };
  }

  function toIds(info: Block, positions: Positions): number[] {
    const numbers = cell(info.block, "id");
    const idAt = (position: number) => (numbers === null ? info.first_id + position : valueAt(numbers, position));
    return positions === null ? Array.from({ length: info.rows }, (_, position) => idAt(position)) : Array.from(positions, idAt);
  }

  function find(block: number, from: number, until: number): number[] | null {
    const info = known.get(block);
    if (info === undefined) return null;
    const { positions, rest } = narrow(info);
    const ids = positions?.length === 0 ? [] : toIds(info, positions);
    const inside = from > info.first_id || until < info.last_id ? ids.filter((id) => id >= from && id <= until) : ids;
    return rest.length === 0 || inside.length === 0 ? inside : readAmong(db, inside, rest);
  }

  return {
    find,
    count(block, from, until) {
      const info = known.get(block);
      if (info === undefined) return null;
      if (slow.length > 0 || from > info.first_id || until < info.last_id) return find(block, from, until)?.length ?? null;
      const { positions, rest } = narrow(info);
      if (rest.length > 0) return find(block, from, until)?.length ?? null;
      return positions?.length ?? info.rows;
    },
  };
}

/** Blocks that are still true, by number. Throws RangeError for one that is not as it was written. */
export function readValidBlocks(db: Database, index: Database): Map<number, Block> {
  const versions = readVersions(db);
  const readHash = db.query<{ hash: Uint8Array }, [number]>("SELECT hash FROM audit WHERE id = ?");
  const blocks = new Map<number, Block>();
  for (const block of index.query<Block, []>("SELECT * FROM block").all()) {
    if (sumBlock(block) !== block.sum) throw new RangeError("a block of the index is damaged");
    if ((versions.get(block.block) ?? 0) !== block.version) continue;
    const hash = readHash.get(block.last_id)?.hash;
    if (hash !== undefined && Buffer.compare(hash, block.last_hash) === 0) blocks.set(block.block, block);
  }
  return blocks;
}

/** Version of each block from which rotation removed rows. */
export function readVersions(db: Database): Map<number, number> {
  const rows = db.query<{ block: number; version: number }, []>("SELECT block, version FROM audit_block").all();
  return new Map(rows.map(({ block, version }) => [block, version]));
}

/** A map from number to 1 for every word, or number, that fits the condition. */
function findCodes(index: Database, column: CellColumn, condition: Condition): Uint8Array {
  if (!(textColumns as readonly string[]).includes(column)) return toMap("anyOf" in condition ? condition.anyOf.map(Number) : []);
  const { sql, values } = toSql(condition, "text");
  const rows = index
    .query<{ code: number }, (typeof values)[number][]>(`SELECT code FROM word NOT INDEXED WHERE column = ? AND ${sql}`)
    .all(cellColumns.indexOf(column), ...values);
  return toMap(rows.map(({ code }) => code));
}

function toMap(codes: readonly number[]): Uint8Array {
  const valid = codes.filter((code) => Number.isInteger(code) && code >= 0);
  const map = new Uint8Array(valid.reduce((most, code) => Math.max(most, code), -1) + 1);
  for (const code of valid) map[code] = 1;
  return map;
}

/** Those of `positions` (null: all `rows`) whose number is wanted; null: all of them. */
function keepWanted(positions: Positions, { base, values }: PackedNumbers, rows: number, wanted: Uint8Array): Positions {
  if (values === null) return wanted[base] === 1 ? positions : none;
  const here = wanted.subarray(base);
  const kept = new Uint16Array(positions?.length ?? rows);
  let length = 0;
  // No branch and no call in the loop: written always, counted if wanted. Ten million rows take 10 ms, with a call 100 ms.
  if (positions === null) {
    for (let row = 0; row < rows; row += 1) {
      kept[length] = row;
      length += (here[values[row] as number] as number) | 0;
    }
  } else {
    for (let at = 0; at < positions.length; at += 1) {
      const row = positions[at] as number;
      kept[length] = row;
      length += (here[values[row] as number] as number) | 0;
    }
  }
  return kept.subarray(0, length);
}

/** As above for numbers from `low` to below `high`. */
function keepBetween(positions: Positions, { base, values }: PackedNumbers, rows: number, low: number, high: number): Positions {
  if (values === null) return base >= low && base < high ? positions : none;
  const all = positions ?? Uint16Array.from({ length: rows }, (_, row) => row);
  return all.filter((row) => base + (values[row] as number) >= low && base + (values[row] as number) < high);
}

/** Those of `ids` (ascending, of one block) whose rows fit what the index can not tell. */
function readAmong(db: Database, ids: number[], rest: readonly Condition[]): number[] {
  const { sql, values } = toRowTest({ conditions: rest, since: null, until: null });
  if (ids.length <= fewRows) {
    const fits = db.query(`SELECT 1 FROM audit WHERE id = ? AND ${sql}`);
    return ids.filter((id) => fits.get(id, ...values) !== null);
  }
  const among = new Set(ids);
  return db
    .query<{ id: number }, (typeof values)[number][]>(`SELECT id FROM audit WHERE id BETWEEN ? AND ? AND ${sql} ORDER BY id`)
    .all(ids[0] ?? 0, ids.at(-1) ?? 0, ...values)
    .flatMap(({ id }) => (among.has(id) ? [id] : []));
}
