// The newest signature over each chain, as the lines of a checkpoint file: to be kept where the database's keeper can not reach it.
import { Database } from "bun:sqlite";
import { type KeyObject, verify } from "node:crypto";
import { encodeAuditStatement } from "../core/audit-chain.ts";
import type { BatchRow } from "./rows.ts";
import type { CheckpointLine } from "./signer.ts";

export interface ChainCheckpoint {
  chain: number;
  node: string;
  epoch: number;
  /** The newest row of the chain. */
  headSeq: number;
  /** Null: no signature of this key. */
  line: CheckpointLine | null;
}

interface ChainRow {
  chain: number;
  node: string;
  epoch: number;
  headSeq: number;
}

/** Chains that have rows, oldest first. */
export function readNewestCheckpoints(db: Database, publicKey: KeyObject): ChainCheckpoint[] {
  const newest = db.query<BatchRow, [number]>(
    "SELECT seq, hash, signed_at, signature FROM audit_batch WHERE chain = ? ORDER BY seq DESC LIMIT 1",
  );
  const chains = db
    .query<ChainRow, []>("SELECT id AS chain, node, epoch, head_seq AS headSeq FROM audit_chain WHERE head_seq > 0 ORDER BY id")
    .all();
  return chains.map((found) => {
    const { chain, node, epoch } = found;
    const batch = newest.get(chain);
    if (batch === null) return { ...found, line: null };
    const { seq, hash, signed_at: at, signature } = batch;
    if (!verify(null, encodeAuditStatement({ node, epoch, chain, seq, hash, at }), publicKey, signature))
      return { ...found, line: null };
    return { ...found, line: { node, epoch, chain, seq, hash: hash.toHex(), at, signature: signature.toHex() } };
  });
}

/** A connection that can not write. */
export function openAuditForReading(path: string): Database {
  const db = new Database(path, { readonly: true });
  db.run("PRAGMA busy_timeout = 1000");
  return db;
}
