// Runs of rows that rotation removed, as they stand in the table `audit_gap`, with the verdict on their signatures.
import type { Database } from "bun:sqlite";
import { type KeyObject, verify } from "node:crypto";
import { encodeAuditGap } from "../core/audit-chain.ts";

export interface Gap {
  firstSeq: number;
  lastSeq: number;
  /** Empty: the first row did not fit the row before it when it was removed. */
  beforeHash: Uint8Array;
  lastHash: Uint8Array;
  removedAt: number;
  /** Signed by the audit key. */
  valid: boolean;
}

export interface GapRow {
  first_seq: number;
  last_seq: number;
  before_hash: Uint8Array;
  last_hash: Uint8Array;
  removed_at: number;
  signature: Uint8Array;
}

/** A function that finds the gap of a chain in which row `seq` lies; null: none. */
export function openGaps(
  db: Database,
  chain: { id: number; node: string; epoch: number },
  publicKey: KeyObject,
): (seq: number) => Gap | null {
  const find = db.query<GapRow, [number, number]>(
    `SELECT first_seq, last_seq, before_hash, last_hash, removed_at, signature FROM audit_gap
      WHERE chain = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1`,
  );
  return (seq) => {
    const row = find.get(chain.id, seq);
    if (row === null || row.last_seq < seq) return null;
    const gap = {
      firstSeq: row.first_seq,
      lastSeq: row.last_seq,
      beforeHash: row.before_hash,
      lastHash: row.last_hash,
      removedAt: row.removed_at,
    };
    const message = encodeAuditGap({ ...gap, node: chain.node, epoch: chain.epoch, chain: chain.id });
    return { ...gap, valid: verify(null, message, publicKey, row.signature) };
  };
}
