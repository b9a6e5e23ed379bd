// Reader workers: everything that may take more than a few milliseconds.
import type { CompiledQuery } from "kysely";
import { WorkersFailingError } from "../workers/failing.ts";
import { openPool } from "../workers/pool.ts";
import type { ReaderAnswer, ReaderJob } from "./reader-worker.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { toBindings } from "./statement-cache.ts";
import { StoreUnavailableError } from "./store.ts";

/** The query ran longer than allowed; its worker was ended and replaced. */
export class QueryTimeoutError extends Error {
  override readonly name = "QueryTimeoutError";
}

export interface Reader {
  /** Rejects with QueryTimeoutError, StoreUnavailableError, WorkersFailingError, or the error of SQLite. */
  query<Row>(query: CompiledQuery<Row>): Promise<Row[]>;
  /** Threads that died. */
  readonly lost: number;
  close(): Promise<void>;
}

export interface ReaderOptions {
  path: string;
  threads: number;
  /** milliseconds a query may run */
  timeout: number;
  /** What it does can wait for everything else. */
  background?: boolean;
  /** Hears why no query can be answered, and null when that is over. */
  onFault?: ((text: string | null) => void) | undefined;
}

const MOST_WAITING = 256;

/** Threads start with the first query. Queries beyond MOST_WAITING are refused. */
export function createReader({ path, threads, timeout, background = false, onFault }: ReaderOptions): Reader {
  const pool = openPool({
    filename: new URL("./reader-worker.ts", import.meta.url),
    task: "read lists for administrators",
    workers: threads,
    eager: false,
    limit: MOST_WAITING,
    workerData: { path, background },
    onFault,
  });

  async function askPool(job: ReaderJob, signal: AbortSignal): Promise<ReaderAnswer> {
    try {
      return (await pool.run(job, { name: "run", signal })) as ReaderAnswer;
    } catch (error) {
      if (error instanceof WorkersFailingError) throw error;
      if (signal.aborted) throw new QueryTimeoutError("the query took too long", { cause: error });
      // A crashed worker or a full queue: the next query gets a new worker.
      throw new StoreUnavailableError("the reader is unavailable", { cause: error });
    }
  }

  async function run(job: ReaderJob): Promise<unknown[]> {
    // An aborted piscina job ends its worker: the only way to stop SQLite in the middle of a statement.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeout);
    try {
      const answer = await askPool(job, limit.signal);
      if ("rows" in answer) return answer.rows;
      throw toStoreError(Object.assign(new Error(answer.message), { code: answer.code }));
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async query<Row>(query: CompiledQuery<Row>) {
      return (await run({ sql: query.sql, parameters: toBindings(query.parameters) })) as Row[];
    },
    get lost() {
      return pool.lost;
    },
    close: () => pool.close(),
  };
}
