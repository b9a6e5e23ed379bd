// Brings a database to the schema of this program: numbered migrations, each applied once, in order, in its own
// transaction, and remembered with the SHA-256 of its text. A database that remembers something else than this program
// ships (edited migration, newer program) stops the start before anything is touched.
import type { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { runInWriteTransaction } from "./write-lock.ts";

export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly id: number;
  readonly name: string;
  /** The statements for SQLite; the text for another dialect goes beside it. */
  readonly sqlite: string;
}

/** The database and this program do not fit together; the message tells the operator what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

interface AppliedRow {
  id: number;
  name: string;
  hash: string;
}

/**
 * Applies what is missing and checks what is there. Safe to call at every start and from several processes at once: each
 * step re-reads the list under the write lock. `now` gives milliseconds since 1970. Returns the ids applied by this call.
 * Throws MigrationError when the database was made by other migrations than `migrations`; nothing is changed then.
 */
export function migrate(db: Database, migrations: readonly Migration[], now: () => number): number[] {
  db.run(`CREATE TABLE IF NOT EXISTS migration (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`);
  const applied: number[] = [];
  for (const migration of migrations) {
    // Without the lock first: a start that has nothing to do does not wait for writers.
    if (isApplied(db, migration, migrations)) continue;
    runInWriteTransaction(db, () => {
      if (isApplied(db, migration, migrations)) return;
      db.run(migration.sqlite);
      db.query("INSERT INTO migration (id, name, hash, applied_at) VALUES (?, ?, ?, ?)").run(
        migration.id,
        migration.name,
        hashMigration(migration),
        now(),
      );
      applied.push(migration.id);
    });
  }
  return applied;
}

/** Also checks all that was applied: another process may have migrated a moment ago. */
function isApplied(db: Database, migration: Migration, migrations: readonly Migration[]): boolean {
  const known = readApplied(db);
  checkApplied(known, migrations);
  return known.some((row) => row.id === migration.id);
}

function readApplied(db: Database): AppliedRow[] {
  return db.query<AppliedRow, []>("SELECT id, name, hash FROM migration ORDER BY id").all();
}

function checkApplied(rows: AppliedRow[], migrations: readonly Migration[]): void {
  const fault = findMigrationFault(rows, migrations);
  if (fault !== null) throw new MigrationError(fault);
}

/** Why a database to which `rows` were applied is not one of `migrations`, or null. */
export function findMigrationFault(rows: readonly AppliedRow[], migrations: readonly Migration[]): string | null {
  for (const row of rows) {
    const own = migrations.find((migration) => migration.id === row.id);
    if (own === undefined) {
      return `the database holds migration ${row.id} (${row.name}), which this program does not know: it was written by a newer version. Start that version, or restore a backup made before the upgrade.`;
    }
    if (hashMigration(own) !== row.hash) {
      return `migration ${row.id} (${own.name}) is not the one that made this database: its text was changed after it was applied. Install an unmodified release; a schema change belongs into a new migration.`;
    }
  }
  return null;
}

function hashMigration(migration: Migration): string {
  return createHash("sha256").update(migration.sqlite).digest("hex");
}
