// sig_check and missing_line of single rows, for a page of the trail, in a worker. `ostiary audit verify` proves the whole trail;
// this looks as far as a page can wait for:
//
//   missing_line  FAIL  the row before or after it in its chain is gone, and no signed gap of rotation explains it
//   sig_check     FAIL  the row does not fit the hash before it; or the rows from it up to the next signature do not lead to what
//                       was signed; or it has no signature and is older than `graceMs`
//
// From a row to the next signature all rows between have to be read: who changes a row and makes its hash anew is found by the
// first signature after it. Those reads are bounded by `budget` rows for all; beyond it the link alone decides.
import type { Database } from "bun:sqlite";
import { type KeyObject, verify } from "node:crypto";
import { encodeAuditStatement, linkAuditRow } from "../core/audit-chain.ts";
import { createTwoGenerationMap } from "../store/two-generation-map.ts";
import { openGaps } from "./gaps.ts";
import { type Neighbours, openNeighbours } from "./neighbours.ts";
import { type AuditRow, type BatchRow, nextBatch, toWalkedRow } from "./rows.ts";
import type { ChainStart } from "./walk.ts";

export interface RowVerdict {
  signed: boolean;
  linked: boolean;
}

export interface CheckOptions {
  /** milliseconds since 1970 */
  now: number;
  /** How old a row may be without a signature. */
  graceMs: number;
  /** Rows to read on the way to signatures. */
  budget: number;
}

export interface RowChecker {
  /** One verdict for each row. `db` in a read transaction. */
  check(rows: readonly AuditRow[], index: Database | null, options: CheckOptions): RowVerdict[];
}

// Cache. Key: chain, number and hash of a row that was proven: the hash stands for the row and all before it. Bound: below.
// Lifetime: the worker's. Nobody invalidates it: another row has another hash.
const provenRows = 20_000;
// Blocks without an index that are read for one page to find neighbours in chains that are rarely written.
const slowBlocks = 8;

/** Over a connection that stays open. */
export function createRowChecker(db: Database, publicKey: KeyObject): RowChecker {
  const proven = createTwoGenerationMap<string, true>(provenRows);
  const keyOf = (chain: number, seq: number, hash: Uint8Array) => `${chain} ${seq} ${Buffer.from(hash).toString("latin1")}`;

  function isSigned({ id, node, epoch }: ChainStart, { seq, hash, signed_at, signature }: BatchRow): boolean {
    const key = keyOf(id, seq, signature);
    if (proven.get(key)) return true;
    if (!verify(null, encodeAuditStatement({ node, epoch, chain: id, seq, hash, at: signed_at }), publicKey, signature))
      return false;
    proven.set(key, true);
    return true;
  }

  return {
    check(rows, index, { now, graceMs, budget }) {
      const neighbours = openNeighbours(db, index, slowBlocks);
      const chains = readChains(db);
      let left = budget;

      /** Follows the chain from `start` to the next signature. Null: not decided within the budget. */
      function leadsToSignature(start: AuditRow, chain: ChainStart): boolean | null {
        const passed = [keyOf(start.chain, start.seq, start.hash)];
        const findGap = openGaps(db, chain, publicKey);
        const batch = nextBatch(db, chain.id, start.seq - 1);
        if (batch === null && now - start.started_at > graceMs) return false;
        for (let row = start; ; ) {
          if (proven.get(keyOf(row.chain, row.seq, row.hash))) break;
          // Not signed yet: at least it must lead to the head.
          if (batch === null && row.seq === chain.headSeq) return equalBytes(row.hash, chain.headHash);
          if (row.seq === batch?.seq) {
            if (!equalBytes(row.hash, batch.hash) || !isSigned(chain, batch)) return false;
            break;
          }
          const gap = findGap(row.seq + 1);
          // Rotation has signed the hash before the rows it removed: as good as any signature.
          if (gap !== null && gap.firstSeq === row.seq + 1) {
            if (!gap.valid || !equalBytes(gap.beforeHash, row.hash)) return false;
            break;
          }
          if (--left < 0) return null;
          const after = neighbours.after(row);
          if (after === undefined) return null;
          if (after === null || after.seq !== row.seq + 1 || !isLinked(row.hash, after)) return false;
          passed.push(keyOf(after.chain, after.seq, after.hash));
          row = after;
        }
        for (const key of passed) proven.set(key, true);
        return true;
      }

      const verdicts = new Map<AuditRow, RowVerdict>();
      // From the newest back: the way from an older row to its signature then ends at a row that is proven already.
      for (const row of [...rows].sort((a, b) => b.id - a.id)) {
        const chain = chains.get(row.chain);
        if (chain === undefined) {
          verdicts.set(row, { signed: false, linked: false });
          continue;
        }
        const previous = findPrevious(row, chain, neighbours, openGaps(db, chain, publicKey));
        const fits = previous !== null && isLinked(previous, row);
        const signed = fits && (leadsToSignature(row, chain) ?? true);
        verdicts.set(row, {
          signed,
          linked: previous !== null && isFollowed(row, chain, neighbours, openGaps(db, chain, publicKey)),
        });
      }
      return rows.map((row) => verdicts.get(row) ?? { signed: false, linked: false });
    },
  };
}

type FindGap = ReturnType<typeof openGaps>;

/** The hash a row hangs on; null: it can not be found. */
function findPrevious(row: AuditRow, chain: ChainStart, neighbours: Neighbours, findGap: FindGap): Uint8Array | null {
  if (row.seq === 1) return chain.origin;
  const before = neighbours.before(row);
  if (before && before.seq === row.seq - 1) return before.hash;
  const gap = findGap(row.seq - 1);
  return gap?.valid && gap.lastSeq === row.seq - 1 ? gap.lastHash : null;
}

/** Whether what comes after the row in its chain is there. */
function isFollowed(row: AuditRow, chain: ChainStart, neighbours: Neighbours, findGap: FindGap): boolean {
  if (row.seq >= chain.headSeq) return true;
  const after = neighbours.after(row);
  // Not found in time: no evidence that it is gone.
  if (after === undefined || after?.seq === row.seq + 1) return true;
  return findGap(row.seq + 1)?.valid ?? false;
}

function isLinked(previous: Uint8Array, row: AuditRow): boolean {
  const { seq, entry, hash, plausible } = toWalkedRow(row);
  return plausible && equalBytes(linkAuditRow(previous, seq, entry), hash);
}

function readChains(db: Database): Map<number, ChainStart> {
  const rows = db
    .query<{ id: number; node: string; epoch: number; origin: Uint8Array; headSeq: number; headHash: Uint8Array }, []>(
      "SELECT id, node, epoch, origin, head_seq AS headSeq, head_hash AS headHash FROM audit_chain",
    )
    .all();
  return new Map(rows.map((row) => [row.id, row]));
}

function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
