// Group commit: the intents that arrive during one turn of the event loop become durable with one fsync. Their promises
// settle after COMMIT returned and the cached records were changed, never before.
//
//   commit() ─> waiting ─setImmediate─> BEGIN IMMEDIATE ─> each intent ─> COMMIT (fsync) ─> cache ─> resolve
//                  ^                        │ busy              │ disk full, I/O error, read-only
//                  └── again in 10 ms ──────┘                   └─> ROLLBACK, StoreUnavailableError for all of the group
//
// Everything from BEGIN to COMMIT is one synchronous call: no transaction stays open across an await (decisions.md 2.2).
import type { Database } from "bun:sqlite";
import type { AuditLog } from "./audit-log.ts";
import type { ForeignChange } from "./foreign-change.ts";
import { prepareIntents } from "./run-intent.ts";
import { primaryCode, toStoreError } from "./sqlite-errors.ts";
import { type Intent, type Outcome, StoreUnavailableError } from "./store.ts";
import { takeWriteLock } from "./write-lock.ts";

/** A group holds the loop for its transaction: 128 logins take 2 ms, and larger groups gain nothing. */
export const groupLimit = 128;
// A try holds the loop for the busy timeout of the connection (5 ms), then the loop is free for 10 ms.
const busyRetryMs = 10;
const busyTryMs = 15;

export interface GroupCommit {
  commit(intent: Intent): Promise<Outcome>;
  /** The failure of the latest transaction, null when it was made durable. */
  lastFailure(): StoreUnavailableError | null;
  /** Commits what waits, then refuses. */
  close(): void;
  readonly counters: { groups: number; intents: number; lost: number };
}

export interface GroupCommitParts {
  db: Database;
  audit: AuditLog;
  foreign: ForeignChange;
  /** Called after COMMIT for each intent that won, before any promise of the group settles. */
  onCommitted: (intent: Intent) => void;
  /** How often to ask for the write lock before the loop gets a rest (write-lock.ts): once for the engine. */
  spins: number;
  /** Milliseconds to wait for another writer before a group is refused. */
  busyWait: number;
}

interface Waiting {
  intent: Intent;
  resolve: (outcome: Outcome) => void;
  reject: (error: Error) => void;
}

/** The writer over `db`, which no other code may leave in a transaction. */
export function createGroupCommit({ db, audit, foreign, onCommitted, spins, busyWait }: GroupCommitParts): GroupCommit {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const end = db.prepare("COMMIT");
  const runIntent = prepareIntents(db, audit);
  const counters = { groups: 0, intents: 0, lost: 0 };
  let waiting: Waiting[] = [];
  let scheduled = false;
  let tries = 0;
  let failure: StoreUnavailableError | null = null;
  let closed = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = false;
    if (waiting.length === 0) return;
    const group = waiting.slice(0, groupLimit);
    try {
      takeWriteLock(begin, spins);
    } catch (error) {
      if (primaryCode(error) === "SQLITE_BUSY" && !closed && ++tries * busyTryMs < busyWait) {
        // Another process writes. Wait off the loop: reads and other work go on meanwhile.
        scheduled = true;
        setTimeout(flush, busyRetryMs);
        return;
      }
      waiting = waiting.slice(group.length);
      rollBack();
      refuse(group, error);
      return;
    }
    waiting = waiting.slice(group.length);
    commitGroup(group);
    if (waiting.length > 0) schedule();
  }

  function commitGroup(group: Waiting[]): void {
    let results: (Outcome | Error)[];
    try {
      foreign.check();
      audit.begin();
      results = group.map(({ intent }) => runOne(intent));
      audit.save();
      end.run();
    } catch (error) {
      rollBack();
      refuse(group, error);
      return;
    }
    audit.settle();
    tries = 0;
    failure = null;
    counters.groups += 1;
    for (const [index, { intent }] of group.entries()) {
      const result = results[index];
      counters.intents += 1;
      if (result === undefined || result instanceof Error) continue;
      if (result.won) onCommitted(intent);
      else counters.lost += 1;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const result = results[index];
      if (result === undefined || result instanceof Error) reject(result ?? new Error("the intent was not run"));
      else resolve(result);
    }
  }

  /** The error belongs to this intent, unless durability is in doubt: then it is thrown on, for the whole group. */
  function runOne(intent: Intent): Outcome | Error {
    try {
      return runIntent(intent);
    } catch (error) {
      const typed = toStoreError(error);
      if (typed instanceof StoreUnavailableError || !db.inTransaction) throw error;
      return typed;
    }
  }

  function refuse(group: Waiting[], error: unknown): void {
    tries = 0;
    const typed = toStoreError(error);
    failure =
      typed instanceof StoreUnavailableError ? typed : new StoreUnavailableError("the transaction failed", { cause: error });
    for (const { reject } of group) reject(failure);
    if (waiting.length > 0) schedule();
  }

  function rollBack(): void {
    // SQLite has rolled back by itself after some errors; a ROLLBACK that fails too leaves nothing to do either.
    try {
      if (db.inTransaction) db.run("ROLLBACK");
    } catch {
      // The next BEGIN shows whether the connection recovered.
    }
  }

  return {
    commit(intent) {
      if (closed) return Promise.reject(new StoreUnavailableError("the store is closed"));
      return new Promise((resolve, reject) => {
        waiting.push({ intent, resolve, reject });
        schedule();
      });
    },
    lastFailure: () => failure,
    close() {
      closed = true;
      while (waiting.length > 0) flush();
    },
    counters,
  };
}
