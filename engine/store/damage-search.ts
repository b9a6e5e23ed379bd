// The look through a database that is too large to be checked when it is opened (damage.ts): SQLite's quick_check, in a thread of low
// priority beside the log-ins. It finds what breaks the structure of the file (a file cut short, pages of zeros or of something else),
// not a changed value within a row: of those the audit chain finds its own, and a sealed value does not open. A gigabyte takes about
// a second.
import { CompiledQuery } from "kysely";
import { DAMAGE_ADVICE } from "./damage.ts";
import { createReader, QueryTimeoutError } from "./reader.ts";
import { StoreDamagedError } from "./store.ts";

/** Milliseconds after which a file is too large to be looked through. */
const MOST_MS = 60_000;

/** What is wrong with the file at `path`; null: nothing. "too large" when the time was up. Rejects with StoreUnavailableError. */
export async function findDamage(path: string, mostMs = MOST_MS): Promise<StoreDamagedError | "too large" | null> {
  const reader = createReader({ path, threads: 1, timeout: mostMs, background: true });
  try {
    const rows = await reader.query(CompiledQuery.raw("PRAGMA quick_check(1)") as CompiledQuery<{ quick_check: string }>);
    const [said] = rows.map(({ quick_check }) => quick_check).filter((text) => text !== "ok");
    return said === undefined
      ? null
      : new StoreDamagedError(`the database is damaged. ${DAMAGE_ADVICE}`, { cause: new Error(said) });
  } catch (error) {
    if (error instanceof StoreDamagedError) return error;
    if (error instanceof QueryTimeoutError) return "too large";
    throw error;
  } finally {
    await reader.close();
  }
}
