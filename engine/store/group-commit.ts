// Group commit: the intents that arrive during one turn of the event loop become durable with one call to the disk. Their
// promises settle when the log is on disk (log-sync.ts) and the cached records were changed, never before.
//
//   commit() ─> waiting ─setImmediate─> BEGIN IMMEDIATE ─> each intent ─> COMMIT ─> cache ─> fdatasync ─> resolve
//                  ^                        │ busy              │ disk full, I/O error, read-only  │ failed
//                  └── again in 1 ms ───────┘                   └─> ROLLBACK                       │
//                                                     StoreUnavailableError for all of the group <─┘
//
// Between COMMIT and the disk, other logins already see what the group changed. None of them is answered earlier either: the
// log is one file, so what they write behind it is on disk no sooner.
//
// Everything from BEGIN to COMMIT is one synchronous call: no transaction stays open across an await (decisions.md 2.2).
import type { Database } from "bun:sqlite";
import type { AuditLog } from "./audit-log.ts";
import type { Condition } from "./condition.ts";
import type { ForeignChange } from "./foreign-change.ts";
import { describeSyncFault, type LogSync } from "./log-sync.ts";
import { prepareIntents } from "./run-intent.ts";
import { primaryCode, toStoreError } from "./sqlite-errors.ts";
import { type AuditHead, type Intent, type Outcome, StoreDamagedError, StoreUnavailableError } from "./store.ts";
import { takeWriteLock } from "./write-lock.ts";

/** A group holds the loop for its transaction: 128 logins take 2 ms, and larger groups gain nothing. */
export const groupLimit = 128;
// A command beside the engine holds the write lock for some milliseconds at a time and lets go of it for as long: asked again every
// millisecond, log-ins hardly notice. Who holds it for longer is asked less often. A try costs 30 µs, the loop is free between two.
const busyPauseMs = 1;
const longBusyPauseMs = 10;
const longBusyAfterMs = 30;

export interface GroupCommit {
  commit(intent: Intent): Promise<Outcome>;
  /** Head of the audit chain, of the rows that are on disk. */
  durableHead(): AuditHead;
  /** Commits what waits, then refuses; resolves when all of it is durable. */
  close(): Promise<void>;
  readonly counters: { readonly groups: number; readonly intents: number; readonly lost: number; readonly syncs: number };
}

export interface GroupCommitParts {
  db: Database;
  audit: AuditLog;
  logSync: LogSync;
  foreign: ForeignChange;
  /** Called after COMMIT for each intent that won, before any promise of the group settles. */
  onCommitted: (intent: Intent) => void;
  /** How often to ask for the write lock before the loop gets a rest (write-lock.ts): once for the engine. */
  spins: number;
  /** Milliseconds to wait for another writer before a group is refused. */
  busyWait: number;
  condition: Condition;
}

interface Waiting {
  intent: Intent;
  resolve: (outcome: Outcome) => void;
  reject: (error: Error) => void;
}

/** The writer over `db`, which no other code may leave in a transaction. */
export function createGroupCommit({
  db,
  audit,
  logSync,
  foreign,
  onCommitted,
  spins,
  busyWait,
  condition,
}: GroupCommitParts): GroupCommit {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const end = db.prepare("COMMIT");
  const runIntent = prepareIntents(db, audit);
  let groups = 0;
  let intents = 0;
  let lost = 0;
  let waiting: Waiting[] = [];
  let scheduled = false;
  /** Milliseconds since the write lock was first asked for. */
  let waited = 0;
  let closed = false;
  let durableHead = audit.head();
  let unsettled = 0;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = false;
    if (waiting.length === 0) return;
    const group = waiting.slice(0, groupLimit);
    // What would be written now could be read before it is durable, and may never be: nothing is consumed any more.
    if (condition.broken) {
      waiting = waiting.slice(group.length);
      refuse(group, condition.broken);
      return;
    }
    try {
      takeWriteLock(begin, spins);
    } catch (error) {
      // Who comes after one was refused has not to wait for as long again: a probe finds the end of it (condition.ts).
      const patience = closed || condition.fault ? 0 : busyWait;
      if (primaryCode(error) === "SQLITE_BUSY" && waited < patience) {
        // Another process writes. Wait off the loop: reads and other work go on meanwhile.
        scheduled = true;
        const pause = waited < longBusyAfterMs ? busyPauseMs : longBusyPauseMs;
        waited += pause;
        setTimeout(flush, pause);
        return;
      }
      waiting = waiting.slice(group.length);
      rollBack();
      waited = 0;
      refuse(group, error);
      return;
    }
    waited = 0;
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
    const head = audit.head();
    groups += 1;
    for (const [index, { intent }] of group.entries()) {
      const result = results[index];
      intents += 1;
      if (result === undefined || result instanceof Error) continue;
      if (result.won) onCommitted(intent);
      else lost += 1;
    }
    unsettled += 1;
    logSync.whenDurable((error) => {
      unsettled -= 1;
      if (error) {
        condition.breakDown(describeSyncFault(error));
        refuse(group, condition.broken);
        return;
      }
      durableHead = head;
      condition.succeed();
      settle(group, results);
    });
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

  function settle(group: Waiting[], results: (Outcome | Error)[]): void {
    for (const [index, { resolve, reject }] of group.entries()) {
      const result = results[index];
      if (result === undefined || result instanceof Error) reject(result ?? new Error("the intent was not run"));
      else resolve(result);
    }
  }

  function refuse(group: Waiting[], error: unknown): void {
    const typed = toStoreError(error);
    const fault =
      typed instanceof StoreUnavailableError ? typed : new StoreUnavailableError("the transaction failed", { cause: error });
    if (fault instanceof StoreDamagedError) condition.breakDown(fault);
    else if (!condition.broken) condition.fail(fault);
    for (const { reject } of group) reject(fault);
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
    durableHead: () => durableHead,
    async close() {
      closed = true;
      while (waiting.length > 0) flush();
      while (unsettled > 0) await new Promise<void>((resolve) => logSync.whenDurable(() => resolve()));
    },
    counters: {
      get groups() {
        return groups;
      },
      get intents() {
        return intents;
      },
      get lost() {
        return lost;
      },
      get syncs() {
        return logSync.count;
      },
    },
  };
}
