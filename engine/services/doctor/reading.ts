// The database for the doctor: a connection that can not write, in a thread, with a bound for each query.
import { accessSync, constants, statSync } from "node:fs";
import { CompiledQuery } from "kysely";
import { createReader } from "../../store/reader.ts";
import type { Store } from "../../store/store.ts";
import { PATIENCE_MS, type Site } from "./check.ts";

export interface Reading {
  read: Site["read"];
  close(): Promise<void>;
}

/** Never throws; `read` rejects if there is no database that can be read. */
export function openReading(path: string): Reading {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).size === 0) throw new Error("the file is empty: the database was lost");
  } catch (error) {
    return { read: () => Promise.reject(error), close: async () => {} };
  }
  const reader = createReader({ path, threads: 1, timeout: PATIENCE_MS });
  return { read: readThrough(reader), close: reader.close };
}

/** `read` of a site whose database is open already. */
export function readThrough(reader: Pick<Store, "query">): Site["read"] {
  return (sql, ...parameters) => reader.query(CompiledQuery.raw(sql, parameters) as CompiledQuery<never>);
}
