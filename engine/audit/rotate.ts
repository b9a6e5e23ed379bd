// Removes rows of the audit trail, beside log-ins at speed: in slices of some hundred rows, each one transaction that removes them,
// leaves a signed gap in their place, and marks the index. Stopped at any point it is whole, and the next run goes on.
//
//   select (worker) ──> sign each gap ──> commit ──> rest ──┐
//        ^    └── lost: somebody else removed rows ──┐      │
//        └────────────────────────────────────────────┴──────┘
import { randomInt } from "node:crypto";
import type { AuditEntry } from "../core/audit-chain.ts";
import { encodeAuditGap } from "../core/audit-chain.ts";
import type { Statement, Store } from "../store/store.ts";
import { blockRows } from "./index-file.ts";
import type { Removal, RotationPlan, Selection } from "./rotation-select.ts";
import type { UpkeepPool } from "./upkeep-pool.ts";

export interface RotationOptions {
  store: Store;
  pool: UpkeepPool;
  /** Ed25519 over the bytes. */
  vaultSign: (message: Uint8Array) => Promise<Uint8Array>;
  plan: RotationPlan;
  /** What the trail will say of it: the plan in words, and who; null: the server itself. */
  why: string;
  by: string | null;
  /** Only counts what would go. */
  dryRun: boolean;
  /** Rests so many times as long as a slice took, for the log-ins. */
  rest: number;
  signal: AbortSignal;
  progress: (removed: number, lastId: number) => void;
  /** milliseconds since 1970 */
  now: () => number;
}

export interface RotationResult {
  removed: number;
  /** false: it was stopped. */
  complete: boolean;
}

const shortestRestMs = 2;
const mostLosses = 10;

/** Rejects with RulesFileError, VaultLockedError, StoreUnavailableError. */
export async function rotateAudit(options: RotationOptions): Promise<RotationResult> {
  const { store, pool, plan, dryRun, rest, signal, progress, now } = options;
  let removed = 0;
  let losses = 0;
  let after = -1;
  while (!signal.aborted) {
    const begun = performance.now();
    const selection = await pool.select({ plan, after });
    if (selection.rows > 0 && !dryRun && !(await removeRows(selection, options, removed === 0))) {
      // Rows went in another way since they were chosen: choose again.
      losses += 1;
      if (losses > mostLosses) throw new Error("rows of the audit trail can not be removed: they change while they are chosen");
      continue;
    }
    losses = 0;
    removed += selection.rows;
    progress(removed, selection.next ?? after);
    if (selection.next === null) break;
    after = selection.next;
    await Bun.sleep(Math.max(shortestRestMs, (performance.now() - begun) * rest));
  }
  const complete = !signal.aborted;
  if (removed > 0 && !dryRun) {
    const info = `${complete ? "ended" : "stopped"}: ${removed} rows removed`;
    await store.commit({
      kind: "write",
      statements: [await forgetOldBlocks(store)],
      touches: [],
      audit: describe(options, info, now()),
    });
  }
  return { removed, complete };
}

/** One slice. False: a condition did not hold, nothing was stored. */
async function removeRows({ removals, blocks }: Selection, options: RotationOptions, first: boolean): Promise<boolean> {
  const { store, vaultSign, now } = options;
  const statements: Statement[] = [];
  for (const removal of removals) {
    removal.gap.removedAt = now();
    statements.push(...toStatements(store, removal, await vaultSign(encodeAuditGap(removal.gap))));
  }
  for (const block of blocks) {
    const version = randomInt(1, 2 ** 47);
    const query = store.sql
      .insertInto("audit_block")
      .values({ block, version })
      .onConflict((conflict) => conflict.column("block").doUpdateSet({ version }))
      .compile();
    statements.push({ query });
  }
  const audit = first ? { audit: describe(options, "begun", now()) } : {};
  return (await store.commit({ kind: "write", statements, touches: [], ...audit })).won;
}

function toStatements({ sql }: Store, { gap, replaces, runs }: Removal, signature: Uint8Array): Statement[] {
  const { chain, firstSeq, beforeHash, lastSeq, lastHash, removedAt } = gap;
  const rows = runs.map(({ firstId, lastId, rows: expect }) => ({
    query: sql.deleteFrom("audit").where("id", ">=", firstId).where("id", "<=", lastId).where("chain", "=", chain).compile(),
    expect,
  }));
  const gaps = replaces.map((seq) => ({
    query: sql.deleteFrom("audit_gap").where("chain", "=", chain).where("first_seq", "=", seq).compile(),
    expect: 1,
  }));
  const insert = sql
    .insertInto("audit_gap")
    .values({
      chain,
      first_seq: firstSeq,
      before_hash: beforeHash,
      last_seq: lastSeq,
      last_hash: lastHash,
      removed_at: removedAt,
      signature,
    })
    .compile();
  // Signatures over rows that are gone prove nothing any more; the newest one tells the signer where it stands.
  const batches = sql
    .deleteFrom("audit_batch")
    .where("chain", "=", chain)
    .where("seq", ">=", firstSeq)
    .where("seq", "<=", lastSeq)
    .where("seq", "<", (eb) =>
      eb
        .selectFrom("audit_batch as newest")
        .select((inner) => inner.fn.max("newest.seq").as("seq"))
        .where("newest.chain", "=", chain),
    )
    .compile();
  return [...rows, ...gaps, { query: insert }, { query: batches }];
}

/** Versions of blocks in which there is no row any more. */
async function forgetOldBlocks({ sql, point }: Store): Promise<Statement> {
  const oldest = await point(
    sql
      .selectFrom("audit")
      .select((eb) => eb.fn.min("id").as("id"))
      .compile(),
  );
  const block = Math.floor((oldest[0]?.id ?? 0) / blockRows);
  return { query: sql.deleteFrom("audit_block").where("block", "<", block).compile() };
}

function describe({ why, by }: RotationOptions, info: string, at: number): AuditEntry {
  const nobody = { serial: null, tokenType: null, user: null, realm: null, resolver: null, client: null, policies: null };
  return {
    ...nobody,
    startedAt: at,
    duration: 0,
    action: "audit rotate",
    success: true,
    administrator: by,
    actionDetail: why,
    info,
  };
}
