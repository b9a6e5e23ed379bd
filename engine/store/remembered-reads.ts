// Answers of long reads that stay true until somebody writes.
//
// Cache: remembered reads
//   key          the statement and its values
//   bound        100 answers, the oldest goes; statements of up to 2,000 characters with their values
//   lifetime     none
//   invalidated  wholly, by any own write that is not just a log-in, and by any change of another process
import type { CompiledQuery } from "kysely";

const BOUND = 100;
const LONGEST_KEY = 2000;

export interface RememberedReads {
  /** The rows of `query`: those remembered, or those that `read` brings. */
  get<Row>(query: CompiledQuery<Row>, read: () => Promise<Row[]>): Promise<Row[]>;
  /** Call it in the same turn as the COMMIT that changed something. */
  forget(): void;
}

export function createRememberedReads(): RememberedReads {
  let answers = new Map<string, unknown[]>();
  return {
    async get<Row>(query: CompiledQuery<Row>, read: () => Promise<Row[]>) {
      const key = JSON.stringify([query.sql, query.parameters]);
      const known = answers.get(key);
      if (known) return known as Row[];
      // A read that began before a change may have seen the time before it: its answer goes where nobody looks any more.
      const at = answers;
      const rows = await read();
      if (key.length <= LONGEST_KEY) at.set(key, rows);
      if (at.size > BOUND) at.delete(at.keys().next().value ?? "");
      return rows;
    },
    forget() {
      answers = new Map();
    },
  };
}
