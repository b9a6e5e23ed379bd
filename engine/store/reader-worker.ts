// Runs in a worker thread: long reads on a connection of their own, so that they never hold the event loop (decisions.md
// 2.3).
import { Database, type SQLQueryBindings } from "bun:sqlite";
import { workerData } from "piscina";
import { lowerPriority } from "./low-priority.ts";

export interface ReaderJob {
  sql: string;
  parameters: SQLQueryBindings[];
}

/** Errors travel as data: an Error loses its `code` on the way between threads. */
export type ReaderAnswer = { rows: unknown[] } | { code: string; message: string };

const { path, background } = workerData as { path: string; background: boolean };
if (background) lowerPriority();
const reader = new Database(path, { readonly: true });
reader.run("PRAGMA busy_timeout = 1000");

/** What piscina calls by name. */
export function run(job: ReaderJob): ReaderAnswer {
  try {
    return { rows: readRows(job.sql, job.parameters) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { code: "code" in error ? String(error.code) : "", message: error.message };
  }
}

function readRows(sql: string, parameters: SQLQueryBindings[]): unknown[] {
  const statement = reader.prepare(sql);
  try {
    return statement.all(...parameters);
  } finally {
    statement.finalize();
  }
}
