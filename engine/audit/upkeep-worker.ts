// Runs in a worker thread at low priority: what the audit trail needs beside the writing of rows. It fills the index (a file of its
// own), chooses rows for rotation, and copies rows to sinks; it never writes the database of the engine.
import { Database } from "bun:sqlite";
import { workerData } from "piscina";
import { lowerPriority } from "../store/low-priority.ts";
import { createFeeder, type Feeder } from "./feed.ts";
import { createForwarder, type Forwarded } from "./forward.ts";
import { indexPath, isIndexDamage, openIndexForReading, openIndexForWriting, removeIndex } from "./index-file.ts";
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

const { databasePath, publicKey, feeds, sinks } = workerData as UpkeepWorkerData;
lowerPriority();
const db = new Database(databasePath, { readonly: true });
db.run("PRAGMA busy_timeout = 1000");
const forwardSlice = createForwarder(db, sinks);
/** Opened when it is needed: an index that can not be made keeps nothing else from being done. */
let index: Database | null = feeds ? null : openIndexForReading(indexPath(databasePath));
let selector = createSelector(db, index, toAuditPublicKey(publicKey));
let feeder: Feeder | null = null;

/** Makes at most `limit` blocks of the index. */
export function feed(limit: number): UpkeepAnswer<{ made: number; left: number }> {
  return answer(() => (feeds ? withoutDamage(() => openFeeder().feed(limit)) : { made: 0, left: 0 }));
}

/** The rows that go next. */
export function select(job: SelectJob): UpkeepAnswer<Selection> {
  return answer(() => withoutDamage(() => selector.select(job)));
}

/** Throws the index away and begins it anew: somebody found it damaged. */
export function remakeIndex(): UpkeepAnswer<null> {
  return answer(() => {
    if (feeds) dropIndex();
    return null;
  });
}

function openFeeder(): Feeder {
  if (index === null) {
    index = openIndexForWriting(indexPath(databasePath));
    selector = createSelector(db, index, toAuditPublicKey(publicKey));
  }
  feeder ??= createFeeder(db, index);
  return feeder;
}

function dropIndex(): void {
  index?.close();
  index = null;
  feeder = null;
  selector = createSelector(db, null, toAuditPublicKey(publicKey));
  removeIndex(indexPath(databasePath));
}

/** What fails with the index may be the index: it is thrown away, and the work done once more. What fails again is no fault of it. */
function withoutDamage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!feeds || index === null || !isIndexDamage(error)) throw error;
    dropIndex();
    return work();
  }
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
