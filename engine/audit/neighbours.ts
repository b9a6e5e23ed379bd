// The row of the same chain before or after a row. As a rule it is the next id; where other chains wrote in between (a command, a
// node of another name) the index tells in which block to look.
import type { Database } from "bun:sqlite";
import { readValidBlocks } from "./blocks.ts";
import { blockRows, makeCellReader } from "./index-file.ts";
import type { AuditRow } from "./rows.ts";

export interface Neighbours {
  /** null: there is none; undefined: it was not found in reasonable time. */
  before(row: AuditRow): AuditRow | null | undefined;
  after(row: AuditRow): AuditRow | null | undefined;
}

/** `db` in a read transaction. `patience`: how many blocks that the index does not know may be read in vain, in all. */
export function openNeighbours(db: Database, index: Database | null, patience: number): Neighbours {
  let left = patience;
  const blocks = index === null ? new Map() : readValidBlocks(db, index);
  const next = {
    before: db.query<AuditRow, [number]>("SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT 1"),
    after: db.query<AuditRow, [number]>("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT 1"),
  };
  const inChain = {
    before: db.query<AuditRow, [number, number, number]>(
      "SELECT * FROM audit WHERE id BETWEEN ? AND ? AND chain = ? ORDER BY id DESC LIMIT 1",
    ),
    after: db.query<AuditRow, [number, number, number]>(
      "SELECT * FROM audit WHERE id BETWEEN ? AND ? AND chain = ? ORDER BY id LIMIT 1",
    ),
  };

  /** false: no row of the chain is in the block; null: the index does not know. */
  function mayHold(block: number, chain: number): boolean | null {
    if (index === null || !blocks.has(block)) return null;
    const numbers = makeCellReader(index)(block, "chain");
    if (numbers === null) return null;
    const { base, values } = numbers;
    return values === null ? base === chain : values.includes(chain - base);
  }

  function look(row: AuditRow, way: "before" | "after"): AuditRow | null | undefined {
    const beside = next[way].get(row.id);
    if (beside === null || beside.chain === row.chain) return beside;
    const step = way === "before" ? -1 : 1;
    const edge = db.query<{ id: number }, []>(`SELECT ${way === "before" ? "min" : "max"}(id) AS id FROM audit`).get();
    const last = Math.floor((edge?.id ?? row.id) / blockRows);
    for (let block = Math.floor(row.id / blockRows); ; block += step) {
      const held = mayHold(block, row.chain);
      if (held !== false) {
        const from = block * blockRows;
        const until = from + blockRows - 1;
        const found =
          way === "before"
            ? inChain.before.get(from, Math.min(until, row.id - 1), row.chain)
            : inChain.after.get(Math.max(from, row.id + 1), until, row.chain);
        if (found !== null) return found;
        if (held === null && --left < 0) return undefined;
      }
      if (block === last) return null;
    }
  }

  return { before: (row) => look(row, "before"), after: (row) => look(row, "after") };
}
