// Prepared statements of the cold paths, by their SQL text: Kysely compiles the same text again and again.
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { createTwoGenerationMap } from "./two-generation-map.ts";

export type Prepared = Statement<Record<string, unknown>, SQLQueryBindings[]>;

/**
 * Returns a function that prepares a statement or finds it.
 * Cache: key SQL text; bound `bound` statements; lifetime that of the connection (SQLite re-prepares after a schema change
 * by itself); nobody needs to invalidate it. An evicted statement is finalised by the garbage collector.
 */
export function createStatementCache(db: Database, bound = 256): (sql: string) => Prepared {
  const statements = createTwoGenerationMap<string, Prepared>(bound);
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const prepared: Prepared = db.prepare(sql);
    statements.set(sql, prepared);
    return prepared;
  };
}

/** The parameters of a compiled query as bun:sqlite takes them. Throws TypeError for a value it would misread. */
export function toBindings(parameters: readonly unknown[]): SQLQueryBindings[] {
  return parameters.map((value) => {
    // undefined and NaN would silently become NULL.
    if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (value instanceof Uint8Array) return value;
    throw new TypeError(`a query parameter of type ${typeof value} cannot be bound`);
  });
}
