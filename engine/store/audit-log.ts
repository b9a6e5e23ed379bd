// Appends audit rows to the chain of this node. The head in memory moves only after COMMIT, so a rolled back group leaves
// no trace. The head is also kept in audit_chain: finding it by looking at `audit` would mean a scan (no secondary index).
//
//   begin ──> append* ──> save (in the transaction) ──> COMMIT ──> settle
//     ^                                       └─ROLLBACK─┐
//     └──────────────────────────────────────────────────┘
import type { Database } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import { type AuditEntry, deriveChainOrigin, linkAuditRow } from "../core/audit-chain.ts";
import { type AuditHead, StoreUnavailableError } from "./store.ts";
import { runInWriteTransaction } from "./write-lock.ts";

export interface AuditLog {
  /** The head as last committed. */
  head(): AuditHead;
  /** At the start of a transaction. */
  begin(): void;
  /** `entry` is normalised. Throws StoreUnavailableError: a log that cannot be written stops the whole group. */
  append(entry: AuditEntry): void;
  /** Before COMMIT. */
  save(): void;
  /** After COMMIT. */
  settle(): void;
}

export interface AuditLogOptions {
  /** Name of the node whose chain this is. */
  node: string;
  /** false: other processes may append to the same chain, so the head is read again in each transaction. */
  exclusive: boolean;
  /** Leave the newest chain and start the next epoch (after a restore). */
  newEpoch: boolean;
  /** milliseconds since 1970 */
  now: () => number;
}

interface ChainRow {
  id: number;
  epoch: number;
  head_seq: number;
  head_hash: Uint8Array;
}

/** Continues the newest chain of the node, or starts its first. */
export function openAuditLog(db: Database, options: AuditLogOptions): AuditLog {
  // Found without the write lock as a rule; a new chain is looked for again under it.
  const known = options.newEpoch ? null : findNewestChain(db, options.node);
  const chain = known ?? runInWriteTransaction(db, () => startChain(db, options));
  const readHead = db.prepare<ChainRow, [number]>("SELECT id, epoch, head_seq, head_hash FROM audit_chain WHERE id = ?");
  const writeHead = db.prepare("UPDATE audit_chain SET head_seq = ?, head_hash = ? WHERE id = ?");
  const insert = db.prepare(`INSERT INTO audit (chain, seq, started_at, duration, action, success, serial, token_type, "user",
    realm, resolver, administrator, action_detail, info, client, policies, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  let committed = { seq: chain.head_seq, hash: chain.head_hash };
  let working = committed;

  return {
    head: () => ({ chain: chain.id, node: options.node, epoch: chain.epoch, seq: committed.seq, hash: committed.hash }),
    begin() {
      if (!options.exclusive) {
        const row = readHead.get(chain.id);
        if (row === null) throw new Error(`audit chain ${chain.id} is gone from the database`);
        committed = { seq: row.head_seq, hash: row.head_hash };
      }
      working = committed;
    },
    append(entry) {
      const seq = working.seq + 1;
      const hash = linkAuditRow(working.hash, seq, entry);
      try {
        insert.run(
          chain.id,
          seq,
          entry.startedAt,
          entry.duration,
          entry.action,
          entry.success ? 1 : 0,
          entry.serial,
          entry.tokenType,
          entry.user,
          entry.realm,
          entry.resolver,
          entry.administrator,
          entry.actionDetail,
          entry.info,
          entry.client,
          entry.policies,
          hash,
        );
      } catch (error) {
        throw new StoreUnavailableError("the audit row could not be written", { cause: error });
      }
      working = { seq, hash };
    },
    save() {
      if (working !== committed) writeHead.run(working.seq, working.hash, chain.id);
    },
    settle() {
      committed = working;
    },
  };
}

function findNewestChain(db: Database, node: string): ChainRow | null {
  return db
    .query<ChainRow, [string]>(
      "SELECT id, epoch, head_seq, head_hash FROM audit_chain WHERE node = ? ORDER BY epoch DESC LIMIT 1",
    )
    .get(node);
}

function startChain(db: Database, options: AuditLogOptions): ChainRow {
  const newest = findNewestChain(db, options.node);
  if (newest !== null && !options.newEpoch) return newest;
  const epoch = (newest?.epoch ?? 0) + 1;
  const startedAt = options.now();
  const origin = deriveChainOrigin(options.node, epoch, startedAt, randomBytes(16));
  const created = db
    .query<{ id: number }, [string, number, number, Uint8Array, Uint8Array]>(
      "INSERT INTO audit_chain (node, epoch, started_at, origin, head_hash) VALUES (?, ?, ?, ?, ?) RETURNING id",
    )
    .get(options.node, epoch, startedAt, origin, origin);
  if (created === null) throw new Error("the audit chain could not be started");
  return { id: created.id, epoch, head_seq: 0, head_hash: origin };
}
