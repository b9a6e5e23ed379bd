// Reads the whole audit log and tells what was done to it since it was written: rows changed, removed, moved, or cut off
// the end, and signatures that do not fit. Rows that rotation removed are not missed where its signature stands for them. Works beside a running engine, in bounded memory, on a read-only connection.
// Who holds the signing key can forge anything; who holds only the database cannot touch a signed row unnoticed, and cannot
// cut the end off past the newest line of a checkpoint file kept elsewhere. Rows after the last signature are not protected
// yet: the report says which (signedTo, lastSeq).
import { Database } from "bun:sqlite";
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { existsSync } from "node:fs";
import { encodeAuditStatement } from "../core/audit-chain.ts";
import { type Checkpoint, readCheckpoints } from "./checkpoint-file.ts";
import { type Gap, openGaps } from "./gaps.ts";
import { type AuditProblem, type AuditReport, collectProblems, problemLimit, type RemovedRows } from "./problems.ts";
import { type AuditRow, nextBatch, readEnd, readSlice, toWalkedRow } from "./rows.ts";
import { type ChainStart, type ChainWalk, createChainWalk, type SignedHash } from "./walk.ts";

export interface VerifyAuditOptions {
  databasePath: string;
  /** Ed25519, SPKI. */
  publicKeyPem: string;
  checkpointFile?: string;
  /** Called after each slice of rows. */
  progress?: (rowsDone: number) => void;
}

interface Walker {
  start: ChainStart;
  walk: ChainWalk;
  /** The next signature of the database to come by; null when there is none left. */
  batch: SignedHash | null;
  /** Outside statements by row number, the newest `checkpointLimit`. */
  checkpoints: Map<number, Uint8Array>;
  signedSeq: number;
}

// The newest line of a chain vouches for all rows before it; older ones only help to say where a change was made.
const checkpointLimit = 50_000;

/** Throws only if a file cannot be read or the key is none; whatever is wrong with the log stands in the report. */
export async function verifyAudit(options: VerifyAuditOptions): Promise<AuditReport> {
  const publicKey = createPublicKey(options.publicKeyPem);
  const problems = collectProblems();
  // Before the database: what a line states was committed before the line was written.
  const checkpoints = await gatherCheckpoints(options.checkpointFile, publicKey, problems.add);
  const db = new Database(options.databasePath, { readonly: true });
  try {
    db.run("PRAGMA busy_timeout = 1000");
    const end = readEnd(db);
    if (isCheckpointFileGone(options.checkpointFile) && end.chains.some(({ signedSeq }) => signedSeq > 0)) {
      const text = "the checkpoint file is gone, though rows were signed: without it nobody can tell whether the end was cut off";
      problems.add({ kind: "bad-checkpoint", chain: 0, seq: 0, id: null, text });
    }
    const walkers = new Map<number, Walker>();
    const removed = new Map<string, RemovedRows>();
    /** The same, noting what is found. */
    const listing = (chain: number, findGap: (seq: number) => Gap | null) => (seq: number) => {
      const gap = findGap(seq);
      if (gap?.valid && removed.size < problemLimit) {
        const { firstSeq, lastSeq, removedAt } = gap;
        removed.set(`${chain} ${firstSeq}`, { chain, firstSeq, lastSeq, removedAt });
      }
      return gap;
    };
    for (const { start, signedSeq } of end.chains) {
      const outside = checkpoints.get(chainKey(start.id, start.node, start.epoch)) ?? new Map<number, Uint8Array>();
      checkpoints.delete(chainKey(start.id, start.node, start.epoch));
      walkers.set(start.id, {
        start,
        walk: createChainWalk(start, problems.add, listing(start.id, openGaps(db, start, publicKey))),
        batch: readBatch(db, start, 0, publicKey),
        checkpoints: outside,
        signedSeq: maximum(signedSeq, outside.keys()),
      });
    }
    let rows = 0;
    for (let after = 0; ; ) {
      const slice = readSlice(db, after, end.lastId);
      if (slice.length === 0) break;
      for (const row of slice) visitRow(db, row, walkers, publicKey, problems.add);
      rows += slice.length;
      after = slice.at(-1)?.id ?? end.lastId;
      options.progress?.(rows);
      await new Promise(setImmediate);
    }
    for (const { walk, signedSeq } of walkers.values()) walk.finish(signedSeq);
    for (const [key, outside] of checkpoints) problems.add(describeLostChain(key, outside));
    const chains = [...walkers.values()].map(({ walk }) => walk.report());
    return {
      rows,
      removed: [...removed.values()],
      removedCount: chains.reduce((sum, chain) => sum + chain.removed, 0),
      chains,
      problems: problems.listed,
      problemCount: problems.count,
    };
  } finally {
    db.close();
  }
}

function visitRow(
  db: Database,
  row: AuditRow,
  walkers: Map<number, Walker>,
  publicKey: KeyObject,
  report: (problem: AuditProblem) => void,
): void {
  const walker = walkers.get(row.chain);
  if (walker === undefined) {
    report({ kind: "unknown-chain", chain: row.chain, seq: row.seq, id: row.id, text: `row ${row.id} belongs to no chain` });
    return;
  }
  const { walk, start, checkpoints } = walker;
  const walked = toWalkedRow(row);
  walk.step(walked);
  // Signatures over rows that are missing are passed over: the gap is reported already.
  while (walker.batch !== null && walker.batch.seq < row.seq) walker.batch = readBatch(db, start, walker.batch.seq, publicKey);
  if (walker.batch?.seq === row.seq) walk.confirm(walked, walker.batch);
  const outside = checkpoints.get(row.seq);
  if (outside !== undefined) walk.confirm(walked, { seq: row.seq, hash: outside, valid: true });
}

function readBatch(db: Database, { id, node, epoch }: ChainStart, after: number, publicKey: KeyObject): SignedHash | null {
  const row = nextBatch(db, id, after);
  if (row === null) return null;
  const message = encodeAuditStatement({ node, epoch, chain: id, seq: row.seq, hash: row.hash, at: row.signed_at });
  return { seq: row.seq, hash: row.hash, valid: verify(null, message, publicKey, row.signature) };
}

async function gatherCheckpoints(
  path: string | undefined,
  publicKey: KeyObject,
  report: (problem: AuditProblem) => void,
): Promise<Map<string, Map<number, Uint8Array>>> {
  const chains = new Map<string, Map<number, Uint8Array>>();
  if (path === undefined || isCheckpointFileGone(path)) return chains;
  for await (const checkpoint of readCheckpoints(path, publicKey, report)) keepCheckpoint(chains, checkpoint, report);
  return chains;
}

/** A server that signed nothing yet has none. */
function isCheckpointFileGone(path: string | undefined): boolean {
  return path !== undefined && !existsSync(path);
}

function keepCheckpoint(
  chains: Map<string, Map<number, Uint8Array>>,
  { chain, node, epoch, seq, hash }: Checkpoint,
  report: (problem: AuditProblem) => void,
): void {
  const key = chainKey(chain, node, epoch);
  const known = chains.get(key) ?? new Map<number, Uint8Array>();
  chains.set(key, known);
  const before = known.get(seq);
  // Two histories of one chain: a backup was restored without a new epoch, or the rows were rewritten and signed again.
  if (before !== undefined && Buffer.compare(before, hash) !== 0) {
    report({
      kind: "bad-checkpoint",
      chain,
      seq,
      id: null,
      text: `the checkpoint file knows two different rows ${seq} of node ${node}`,
    });
  }
  known.set(seq, before ?? hash);
  const oldest = known.size > checkpointLimit ? known.keys().next().value : undefined;
  if (oldest !== undefined) known.delete(oldest);
}

function describeLostChain(key: string, outside: Map<number, Uint8Array>): AuditProblem {
  const [chain = 0, node = "", epoch = 0] = JSON.parse(key) as [number, string, number];
  const seq = maximum(0, outside.keys());
  return {
    kind: "cut-off",
    chain,
    seq: 1,
    id: null,
    text: `the whole chain of node ${node}, epoch ${epoch}, is gone: ${seq} rows`,
  };
}

function chainKey(chain: number, node: string, epoch: number): string {
  return JSON.stringify([chain, node, epoch]);
}

function maximum(start: number, values: Iterable<number>): number {
  let highest = start;
  for (const value of values) highest = Math.max(highest, value);
  return highest;
}
