// Reads the audit tables for verification: in slices, because one long read transaction beside a running engine would keep
// the write-ahead log from ever starting over.
import type { Database } from "bun:sqlite";
import type { Selectable } from "kysely";
import type { AuditTable } from "../store/schema.ts";
import type { ChainStart, WalkedRow } from "./walk.ts";

/** A row of the table `audit` as it is read. */
export type AuditRow = Selectable<AuditTable>;

export interface BatchRow {
  seq: number;
  hash: Uint8Array;
  signed_at: number;
  signature: Uint8Array;
}

interface ChainRow {
  id: number;
  node: string;
  epoch: number;
  origin: Uint8Array;
  head_seq: number;
  head_hash: Uint8Array;
  signed_seq: number;
}

const sliceRows = 2000;

/** Where the log ends now, seen in one snapshot: rows that are appended later are not looked at. */
export function readEnd(db: Database): { lastId: number; chains: { start: ChainStart; signedSeq: number }[] } {
  const readSnapshot = db.transaction(() => ({
    lastId: db.query<{ last: number }, []>("SELECT coalesce(max(id), 0) AS last FROM audit").get()?.last ?? 0,
    chains: db
      .query<ChainRow, []>(
        `SELECT id, node, epoch, origin, head_seq, head_hash,
          coalesce((SELECT max(b.seq) FROM audit_batch b WHERE b.chain = c.id), 0) AS signed_seq FROM audit_chain c ORDER BY id`,
      )
      .all(),
  }));
  const { lastId, chains } = readSnapshot();
  return {
    lastId,
    chains: chains.map((row) => ({
      start: { id: row.id, node: row.node, epoch: row.epoch, origin: row.origin, headSeq: row.head_seq, headHash: row.head_hash },
      signedSeq: row.signed_seq,
    })),
  };
}

/** The next rows after id `after`, up to `lastId`. */
export function readSlice(db: Database, after: number, lastId: number): AuditRow[] {
  return db
    .query<AuditRow, [number, number, number]>("SELECT * FROM audit WHERE id > ? AND id <= ? ORDER BY id LIMIT ?")
    .all(after, lastId, sliceRows);
}

/** The first signature over a row of `chain` after `seq`. */
export function nextBatch(db: Database, chain: number, seq: number): BatchRow | null {
  return db
    .query<BatchRow, [number, number]>(
      "SELECT seq, hash, signed_at, signature FROM audit_batch WHERE chain = ? AND seq > ? ORDER BY seq LIMIT 1",
    )
    .get(chain, seq);
}

/** The row as it was hashed. */
export function toWalkedRow(row: AuditRow): WalkedRow {
  return {
    id: row.id,
    seq: row.seq,
    hash: row.hash,
    // A 2 would read as false here and as true elsewhere.
    plausible: row.success === 0 || row.success === 1,
    entry: {
      startedAt: row.started_at,
      duration: row.duration,
      action: row.action,
      success: row.success === 1,
      serial: row.serial,
      tokenType: row.token_type,
      user: row.user,
      realm: row.realm,
      resolver: row.resolver,
      administrator: row.administrator,
      actionDetail: row.action_detail,
      info: row.info,
      client: row.client,
      policies: row.policies,
    },
  };
}
