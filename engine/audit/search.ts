// Searches the audit trail, in a worker. Block by block from one end: a block that the index knows is a walk through packed
// numbers, any other is read row by row. A search that takes too long ends where it is and says so.
import type { Database } from "bun:sqlite";
import { openBlocks } from "./blocks.ts";
import { blockRows } from "./index-file.ts";
import { type AuditQuery, toRowTest } from "./query.ts";

export interface SearchJob {
  query: AuditQuery;
  /** Rows that fit, to be passed over. */
  offset: number;
  limit: number;
  /** false: end when `limit` rows are found. */
  count: boolean;
  /** The search ends after the block that goes beyond it. */
  budgetMs: number;
}

export interface Found {
  ids: number[];
  /** Rows that fit; without `count` those that were met. */
  count: number;
  /** false: the time was up; `count` is a lower bound. */
  complete: boolean;
  /** Where a search ended that had not found all it was to find: `before` or `after` of another one that goes on. */
  searchedTo: number | null;
}

/** `index` null: none, every row is read. Call it inside one read transaction of `db`. `tick`: monotonic milliseconds. */
export function searchAudit(db: Database, index: Database | null, job: SearchJob, tick: () => number): Found {
  const { query, offset, limit, count: wantsCount, budgetMs } = job;
  const { low, high } = findBounds(db, query);
  const ids: number[] = [];
  let count = 0;
  if (low > high) return { ids, count, complete: true, searchedTo: null };
  const blocks = openBlocks(db, index, query);
  const descending = query.order === "desc";
  const step = descending ? -1 : 1;
  const [first, last] = [blockOf(descending ? high : low), blockOf(descending ? low : high)];
  const end = offset + limit;
  const deadline = tick() + budgetMs;
  for (let block = first; ; block += step) {
    const from = Math.max(low, block * blockRows);
    const until = Math.min(high, (block + 1) * blockRows - 1);
    // Rows that are passed over, and those after the page, need no ids.
    const counted =
      count < offset || count >= end ? (blocks.count(block, from, until) ?? countRows(db, query, from, until)) : null;
    if (counted !== null && (count >= end || count + counted <= offset)) count += counted;
    else {
      const found = blocks.find(block, from, until) ?? readRows(db, query, from, until);
      const skip = Math.max(0, offset - count);
      const taken = descending ? found.toReversed() : found;
      for (const id of taken.slice(skip, Math.max(skip, end - count))) ids.push(id);
      count += found.length;
    }
    if (block === last || (!wantsCount && count >= end)) return { ids, count, complete: true, searchedTo: null };
    if (tick() > deadline) return { ids, count, complete: false, searchedTo: count >= end ? null : descending ? from : until };
  }
}

const blockOf = (id: number) => Math.floor(id / blockRows);

/** The ids between which the rows lie. */
function findBounds(db: Database, { before, after }: AuditQuery): { low: number; high: number } {
  const edges = db
    .query<{ low: number | null; high: number | null }, []>(
      "SELECT (SELECT min(id) FROM audit) AS low, (SELECT max(id) FROM audit) AS high",
    )
    .get();
  const low = Math.max(edges?.low ?? 1, after === null ? Number.MIN_SAFE_INTEGER : after + 1);
  const high = Math.min(edges?.high ?? 0, before === null ? Number.MAX_SAFE_INTEGER : before - 1);
  return { low, high };
}

function readRows(db: Database, query: AuditQuery, from: number, until: number): number[] {
  const { sql, values } = toRowTest(query);
  return db
    .query<{ id: number }, (typeof values)[number][]>(`SELECT id FROM audit WHERE id BETWEEN ? AND ? AND ${sql} ORDER BY id`)
    .all(from, until, ...values)
    .map(({ id }) => id);
}

function countRows(db: Database, query: AuditQuery, from: number, until: number): number {
  const { sql, values } = toRowTest(query);
  const row = db
    .query<{ count: number }, (typeof values)[number][]>(
      `SELECT count(*) AS count FROM audit WHERE id BETWEEN ? AND ? AND ${sql}`,
    )
    .get(from, until, ...values);
  return row?.count ?? 0;
}
