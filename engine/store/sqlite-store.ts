// The embedded store on bun:sqlite: one connection that writes in groups and answers the reads of logins, worker threads
// for long reads. The interface and its promises are in store.ts; the reasons in the pages named there.
import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { openAuditLog } from "./audit-log.ts";
import { createCondition } from "./condition.ts";
import { DAMAGE_ADVICE, refuseDamagedLog, refuseDamagedPages } from "./damage.ts";
import { applyEffect } from "./effects.ts";
import { watchFiles } from "./file-watch.ts";
import { watchForeignChanges } from "./foreign-change.ts";
import { createGroupCommit } from "./group-commit.ts";
import { describeSyncFault, openLogSync } from "./log-sync.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { probeDurability } from "./probe.ts";
import { lockForEngine } from "./process-lock.ts";
import { createReader } from "./reader.ts";
import { createRememberedReads } from "./remembered-reads.ts";
import type { Schema } from "./schema.ts";
import { changesConfiguration, changesRealms } from "./shared-configuration.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { createStatementCache, toBindings } from "./statement-cache.ts";
import { type Intent, type Store, StoreDamagedError, StoreUnavailableError } from "./store.ts";
import { createTokenCache } from "./token-cache.ts";
import { createTokenReads } from "./token-reads.ts";

export interface SqliteStoreOptions {
  /** The database file; made if it is missing, readable by its owner only. */
  path: string;
  /** Name of this node: its audit rows form a chain of their own. */
  node: string;
  /** true: the engine. false: a command beside a running engine, under a node name that is not the engine's. */
  exclusive: boolean;
  /** milliseconds since 1970 */
  now: () => number;
  /** Tokens held in memory (token-cache.ts). Default 100,000; the engine passes its setting tokens.cache. */
  tokenCache?: number;
  /** Start a new epoch of the audit chain: the database was restored from a backup. */
  newEpoch?: boolean;
  /** Milliseconds a `query` may run. Default 60,000. */
  queryTimeout?: number;
  /** Milliseconds a commit waits for another process that writes, before it is refused. Default 3,000. */
  busyWait?: number;
  /** Hears why nothing can be made durable, once for each reason, and null when that is over. */
  onFault?: (fault: StoreUnavailableError | null) => void;
  /** Hears why no `query` can be answered, and null when that is over. */
  onReaderFault?: (text: string | null) => void;
}

/** How long a change of another process may go unnoticed while nobody asks; a look costs 3 µs. */
const LOOK_EVERY_MS = 50;

/**
 * Opens the database, migrates it, and continues the audit chain of the node.
 * Throws StoreInUseError (another engine), MigrationError (made by another version), or the error of SQLite.
 */
export function openStore(options: SqliteStoreOptions): Store {
  let unlock = () => {};
  try {
    if (options.exclusive) unlock = lockForEngine(join(dirname(options.path), "engine.lock"));
    if (options.exclusive) refuseDamagedLog(options.path);
    const db = openDatabase(options.path);
    try {
      if (options.exclusive) refuseDamagedPages(db, options.path);
      return assembleStore(options, db, unlock);
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    unlock();
    throw describeOpenFault(options.path, error);
  }
}

/** What a person has to look at: directory rights, or a file that is no database. Anything else as it is. */
function describeOpenFault(path: string, error: unknown): unknown {
  const code = String((error as { code?: unknown }).code ?? "");
  if (!/^(EACCES|EROFS|EPERM|SQLITE_)/.test(code)) return error;
  const text = error instanceof Error ? error.message : code;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return new StoreUnavailableError(`${path} is damaged: ${text}. ${DAMAGE_ADVICE}`, { cause: error });
  return new StoreUnavailableError(`${path} can not be opened: ${text}`, { cause: error });
}

/** The store over an open connection, which it owns from now on; `unlock` is called at the end of `close`. */
export function assembleStore(options: SqliteStoreOptions, db: Database, unlock: () => void): Store {
  migrate(db, migrations, options.now);
  const audit = openAuditLog(db, { ...options, newEpoch: options.newEpoch ?? false });
  // From here on waiting for other writers is the group commit's affair, not SQLite's.
  db.run("PRAGMA busy_timeout = 0");

  const cache = createTokenCache(options.tokenCache ?? 100_000);
  const reads = createTokenReads(db, cache);
  const statement = createStatementCache(db);
  const reader = createReader({
    path: options.path,
    threads: 1,
    timeout: options.queryTimeout ?? 60_000,
    onFault: options.onReaderFault,
  });
  const remembered = createRememberedReads();
  const condition = createCondition(options.onFault ?? (() => {}));
  const findMoved = watchFiles(options.path);
  const listeners: (() => void)[] = [];
  const foreign = watchForeignChanges(db, () => {
    cache.clear();
    remembered.forget();
    announceChange();
  });
  // Who asks next finds what a command changed; without this, the first to ask would be the one who causes the look.
  const look = options.exclusive ? setInterval(lookForChanges, LOOK_EVERY_MS) : undefined;
  look?.unref();
  const logSync = openLogSync(options.path);
  const writer = createGroupCommit({
    db,
    audit,
    logSync,
    foreign,
    onCommitted,
    spins: options.exclusive ? 1 : 1000,
    busyWait: options.busyWait ?? 3000,
    condition,
  });

  function announceChange(): void {
    // Before any code that awaits the commit, and out of its way should a listener throw.
    for (const listener of listeners) queueMicrotask(listener);
  }

  function onCommitted(intent: Intent): void {
    if (intent.kind === "login") {
      for (const effect of intent.effects) {
        const record = cache.byId(effect.tokenId);
        if (record !== undefined) applyEffect(record, effect);
      }
      return;
    }
    if (intent.statements.length > 0) remembered.forget();
    try {
      for (const touched of intent.touches) reads.forget(touched);
      // A record carries the name of its owner's realm.
      if (changesRealms(intent)) cache.clear();
    } catch {
      // The write is durable; what is stale can no longer be found out, so all of it goes.
      cache.clear();
    }
    if (changesConfiguration(intent)) announceChange();
  }

  function lookForChanges(): void {
    try {
      const moved = findMoved();
      if (moved !== null && !condition.broken) {
        condition.breakDown(new StoreUnavailableError(`${moved}: put it back or restore, and restart`));
        // What only the log has would be lost with it.
        foldLog(db);
      }
      foreign.checkOncePerTurn();
    } catch {
      // Who reads or writes next meets the same fault, and has somebody to tell.
    }
  }

  /** Reads of this connection, after a look for changes of others. Never throws a raw error of SQLite. */
  function read<Result>(run: () => Result): Result {
    if (condition.broken instanceof StoreDamagedError) throw condition.broken;
    try {
      foreign.checkOncePerTurn();
      return run();
    } catch (error) {
      throw noteDamage(toStoreError(error));
    }
  }

  /** Damage is never served, whoever meets it first. */
  function noteDamage<Fault>(fault: Fault): Fault {
    if (fault instanceof StoreDamagedError) condition.breakDown(fault);
    return fault;
  }

  async function query<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    if (condition.broken instanceof StoreDamagedError) throw condition.broken;
    return reader.query(query).catch((error: unknown) => {
      throw noteDamage(error);
    });
  }

  return {
    sql: createCompiler(),
    tokensOfOwner: (resolver, userId) => read(() => reads.tokensOfOwner(resolver, userId)),
    tokenBySerial: (serial) => read(() => reads.tokenBySerial(serial)),
    async point<Row>(query: CompiledQuery<Row>) {
      return read(() => {
        if (!/^\s*(select|with)\b/i.test(query.sql)) throw new TypeError("point() reads; writes go through commit()");
        return statement(query.sql).all(...toBindings(query.parameters)) as Row[];
      });
    },
    query,
    async queryUntilChange(asked) {
      read(() => {});
      return remembered.get(asked, () => query(asked));
    },
    commit: writer.commit,
    auditHead: writer.durableHead,
    get fault() {
      return condition.fault;
    },
    async probe() {
      if (condition.fault === null || condition.broken) return;
      try {
        probeDurability(db);
        const fault = await new Promise<Error | null>((resolve) => logSync.whenDurable(resolve));
        if (fault === null) condition.succeed();
        else condition.breakDown(describeSyncFault(fault));
      } catch (error) {
        const fault = noteDamage(toStoreError(error));
        if (fault instanceof StoreUnavailableError && !condition.broken) condition.fail(fault);
      }
    },
    condemn: (fault) => void noteDamage(fault),
    noticeOthers: () => read(() => {}),
    onConfigurationChange(listener) {
      listeners.push(listener);
    },
    counters: writer.counters,
    get readersLost() {
      return reader.lost;
    },
    async close() {
      clearInterval(look);
      await writer.close();
      logSync.close();
      await reader.close();
      if (options.exclusive) foldLog(db);
      db.close();
      unlock();
    },
  };
}

/** A stopped server leaves one complete file. bun:sqlite does not do it at close while prepared statements live. */
function foldLog(db: Database): void {
  try {
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Everything is durable in the log; the next start reads it.
  }
}

/** The writer's connection with the settings the store law asks for (decisions.md 2). */
export function openDatabase(path: string): Database {
  // SQLite would create it readable for all; log and index files inherit the mode.
  closeSync(openSync(path, "a", 0o600));
  const db = new Database(path, { readwrite: true });
  try {
    db.run("PRAGMA busy_timeout = 5000");
    // A login changes one row somewhere in `token`, and the log takes whole pages: with 2 KiB pages groups of 32 to 128 commit
    // 30-60 % more logins than with the default of 4 KiB. Only a new file takes the setting.
    db.run("PRAGMA page_size = 2048");
    db.run("PRAGMA journal_mode = WAL");
    // 4 MiB. A longer log makes commits slower (fsync of a file that grows), and checkpoints from a second thread cost more
    // than they save (measured: 27,500 against 39,000 logins/s in groups of 32), so SQLite checkpoints inside COMMIT.
    db.run("PRAGMA wal_autocheckpoint = 2000");
    db.run("PRAGMA journal_size_limit = 67108864");
    // An answer leaves only after the log is on disk; log-sync.ts sees to it.
    db.run("PRAGMA synchronous = NORMAL");
    db.run("PRAGMA foreign_keys = ON");
    db.run("PRAGMA trusted_schema = OFF");
    db.run("PRAGMA cache_size = -65536");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Kysely for typed queries; it never executes one. */
function createCompiler(): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
