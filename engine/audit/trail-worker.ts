// Runs in a worker thread: searches of the audit trail, on connections of their own. Nothing here writes.
import { Database } from "bun:sqlite";
import { workerData } from "piscina";
import { lowerPriority } from "../store/low-priority.ts";
import { type CheckOptions, createRowChecker, type RowVerdict } from "./check-rows.ts";
import { indexPath, isIndexDamage, openIndexForReading } from "./index-file.ts";
import { toAuditPublicKey } from "./public-key.ts";
import type { AuditRow } from "./rows.ts";
import { type Found, type SearchJob, searchAudit } from "./search.ts";

export interface TrailWorkerData {
  databasePath: string;
  /** Ed25519, 32 bytes. */
  publicKey: Uint8Array;
}

export interface PageJob extends SearchJob {
  check: CheckOptions;
}

export interface Page extends Omit<Found, "ids"> {
  /** In the order asked for. */
  rows: AuditRow[];
  verdicts: RowVerdict[];
  /** Names of the nodes by chain. */
  nodes: Map<number, string>;
  /** The index can not be read and was not used. */
  indexDamaged: boolean;
}

/** Errors travel as data: an Error loses its `code` on the way between threads. */
export type PageAnswer = { page: Page } | { code: string; message: string };

lowerPriority();
const { databasePath, publicKey } = workerData as TrailWorkerData;
const db = new Database(databasePath, { readonly: true });
db.run("PRAGMA busy_timeout = 1000");
const checker = createRowChecker(db, toAuditPublicKey(publicKey));
let index: Database | null = null;

/** What piscina calls by name. */
export function findPage(job: PageJob): PageAnswer {
  try {
    return { page: readPageDespite(job) };
  } catch (error) {
    // A file that was replaced under our feet: the next search opens the new one.
    closeIndex();
    if (!(error instanceof Error)) throw error;
    return { code: "code" in error ? String(error.code) : "", message: error.message };
  }
}

/** Without the index if it is that which fails: slower, and nobody need wait for a new one. */
function readPageDespite(job: PageJob): Page {
  try {
    index ??= openIndexForReading(indexPath(databasePath));
    return { ...readPage(job), indexDamaged: false };
  } catch (error) {
    if (!isIndexDamage(error)) throw error;
    closeIndex();
    return { ...readPage(job), indexDamaged: true };
  }
}

function closeIndex(): void {
  index?.close();
  index = null;
}

/** In one snapshot of the trail. */
const readPage = db.transaction((job: PageJob): Omit<Page, "indexDamaged"> => {
  const { ids, ...found } = searchAudit(db, index, job, () => performance.now());
  const byId = db.query<AuditRow, [number]>("SELECT * FROM audit WHERE id = ?");
  const rows = ids.flatMap((id) => byId.get(id) ?? []);
  const nodes = new Map(
    db
      .query<{ id: number; node: string }, []>("SELECT id, node FROM audit_chain")
      .all()
      .map(({ id, node }) => [id, node]),
  );
  return { ...found, rows, verdicts: checker.check(rows, index, job.check), nodes };
});
