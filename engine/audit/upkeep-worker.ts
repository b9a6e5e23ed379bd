// Runs in a worker thread at low priority: what the audit trail needs beside the writing of rows. It fills the index (a file of its
// own), chooses rows for rotation, and copies rows to sinks; it never writes the database of the engine.
import { Database } from "bun:sqlite";
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { workerData } from "piscina";
import { createFeeder, type Feeder } from "./feed.ts";
import { createForwarder, type Forwarded } from "./forward.ts";
import { indexPath, openIndexForReading, openIndexForWriting } from "./index-file.ts";
import { toAuditPublicKey } from "./public-key.ts";
import { RulesFileError } from "./rotation-rules.ts";
import { createSelector, type Selection, type SelectJob } from "./rotation-select.ts";
import type { SinkOptions } from "./sinks.ts";

export interface UpkeepWorkerData {
  databasePath: string;
  /** Ed25519, 32 bytes. */
  publicKey: Uint8Array;
  /** true: the engine, which fills the index; false: a command beside it. */
  feeds: boolean;
  sinks: readonly SinkOptions[];
}

/** Errors travel as data: an Error loses its kind on the way between threads. */
export type UpkeepAnswer<T> = { value: T } | { fault: "rules" | "other"; code: string; message: string };

const NICE = 15;

const { databasePath, publicKey, feeds, sinks } = workerData as UpkeepWorkerData;
lowerPriority();
const db = new Database(databasePath, { readonly: true });
db.run("PRAGMA busy_timeout = 1000");
const index = feeds ? openIndexForWriting(indexPath(databasePath)) : openIndexForReading(indexPath(databasePath));
const selector = createSelector(db, index, toAuditPublicKey(publicKey));
const forwardSlice = createForwarder(db, sinks);
let feeder: Feeder | null = null;

/** Makes at most `limit` blocks of the index. */
export function feed(limit: number): UpkeepAnswer<{ made: number; left: number }> {
  return answer(() => {
    if (index === null || !feeds) return { made: 0, left: 0 };
    feeder ??= createFeeder(db, index);
    return feeder.feed(limit);
  });
}

/** The rows that go next. */
export function select(job: SelectJob): UpkeepAnswer<Selection> {
  return answer(() => selector.select(job));
}

/** One slice of rows to each sink. */
export async function forward(): Promise<UpkeepAnswer<Forwarded[]>> {
  const sent = await forwardSlice();
  return { value: sent };
}

function answer<T>(work: () => T): UpkeepAnswer<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error ? String(error.code) : "";
    return { fault: error instanceof RulesFileError ? "rules" : "other", code, message: error.message };
  }
}

/** Of this thread alone: log-ins come first. */
function lowerPriority(): void {
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), NICE);
  } catch {
    // Another system: it works at the usual priority.
  }
}
