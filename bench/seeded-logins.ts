// Log-ins of the users of a seeded directory that have one HOTP token each. What their counters are is read from the database, so a
// directory can be used again and again.
import { Database } from "bun:sqlite";
import { databasePath } from "../engine/assemble.ts";
import { hotpValue } from "../engine/core/hotp.ts";
import { makeSeed, nameUser } from "./otps.ts";

export interface SeededLogins {
  /** Bodies of the next log-ins, one user after the other. */
  take(count: number): string[];
}

/** Of users `first` to `first + count - 1`. */
export function openLogins(dataDir: string, first: number, count: number): SeededLogins {
  const db = new Database(databasePath(dataDir), { readonly: true });
  const rows = db
    .query<{ counter: number }, [number, number]>("SELECT counter FROM token WHERE id BETWEEN ? AND ? ORDER BY id")
    .all(first + 1, first + count);
  db.close();
  if (rows.length < count) throw new Error(`${dataDir} has not ${first + count} tokens`);
  const next = Uint32Array.from(rows, ({ counter }) => counter);
  const seeds = Array.from({ length: count }, (_, at) => makeSeed(first + at));
  let turn = 0;
  return {
    take: (wanted) =>
      Array.from({ length: wanted }, () => {
        const at = turn++ % count;
        const counter = next[at] ?? 0;
        next[at] = counter + 1;
        return `user=${nameUser(first + at)}&pass=${hotpValue("sha1", seeds[at] ?? new Uint8Array(0), counter, 6)}`;
      }),
  };
}
