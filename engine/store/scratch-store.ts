// For tests: a store on a real file in a folder of its own, and the few rows most tests begin with.
import type { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEntry } from "../core/audit-chain.ts";
import type { TokenTable } from "./schema.ts";
import { assembleStore, openDatabase, type SqliteStoreOptions } from "./sqlite-store.ts";
import type { Store, TokenRecord } from "./store.ts";
import { toTokenRecord } from "./token-record.ts";

export interface ScratchStore {
  store: Store;
  /** The writer's own connection: for faults that are a setting of the connection. */
  db: Database;
  directory: string;
  path: string;
  /** Closes the store and removes the folder. */
  dispose(): Promise<void>;
}

/** A folder that the caller removes. */
export function makeScratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), "ostiary-store-"));
}

/** A fresh store of node "test" whose clock stands at 1,000,000 ms. */
export function openScratchStore(options: Partial<SqliteStoreOptions> = {}): ScratchStore {
  const directory = makeScratchDirectory();
  const path = join(directory, "ostiary.db");
  const db = openDatabase(path);
  const store = assembleStore({ path, node: "test", exclusive: true, now: () => 1_000_000, ...options }, db, () => {});
  async function dispose(): Promise<void> {
    await store.close();
    rmSync(directory, { recursive: true });
  }
  return { store, db, directory, path, dispose };
}

/** An audit entry with every column filled. */
export function makeAuditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    startedAt: 1_000_000,
    duration: 420,
    action: "POST /validate/check",
    success: true,
    serial: "TOTP0001",
    tokenType: "totp",
    user: "alice",
    realm: "home",
    resolver: "local",
    administrator: "admin",
    actionDetail: "detail",
    info: "matching 1 tokens",
    client: "192.0.2.1",
    policies: "otppin",
    ...change,
  };
}

/** Inserts a token and, if given, its owner without a realm. Returns the token's id. */
export async function insertToken(
  store: Store,
  token: Partial<Record<keyof TokenTable, string | number | Uint8Array | null>> & { serial: string },
  owner?: { resolver: string; userId: string },
): Promise<number> {
  const insert = store.sql
    .insertInto("token")
    .values({ type: "totp", created_at: 1, ...token } as never)
    .returning("id")
    .compile();
  const outcome = await store.commit({ kind: "write", statements: [{ query: insert }], touches: [{ serials: [token.serial] }] });
  const id = outcome.won ? Number(outcome.rows[0]?.[0]?.id) : 0;
  if (owner) {
    const own = store.sql
      .insertInto("token_owner")
      .values({ token_id: id, resolver: owner.resolver, user_id: owner.userId, realm_id: null })
      .compile();
    await store.commit({ kind: "write", statements: [{ query: own }], touches: [{ serials: [token.serial] }] });
  }
  return id;
}

/** A token of nobody as it is read from its row: no PIN, no key, all numbers 0. */
export function makeRecord(id: number, change: Partial<TokenRecord> = {}): TokenRecord {
  const zero = { active: 1, revoked: 0, locked: 0, otp_length: 6, counter: 0, count_window: 0, sync_window: 0, time_step: 0 };
  const more = { time_window: 0, time_shift: 0, fail_count: 0, max_fail: 0, auth_count: 0, auth_success: 0, pin_hash: null };
  const none = { key_sealed: null, failed_since: null, auth_count_max: null, auth_success_max: null, valid_from: null };
  const last = { valid_until: null, last_auth: null, resync_counter: null, resync_due: null, resolver: null, user_id: null };
  const names = { id, serial: `T${id}`, type: "hotp", version: 1, rollout_state: "", algorithm: "sha1", realm: null };
  return { ...toTokenRecord({ ...zero, ...more, ...none, ...last, ...names }), ...change };
}
