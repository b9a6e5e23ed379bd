// The worker of the upkeep as the event loop sees it.
import { toStoreError } from "../store/sqlite-errors.ts";
import { StoreUnavailableError } from "../store/store.ts";
import { WorkersFailingError } from "../workers/failing.ts";
import { openPool } from "../workers/pool.ts";
import type { Forwarded } from "./forward.ts";
import { RulesFileError } from "./rotation-rules.ts";
import type { Selection, SelectJob } from "./rotation-select.ts";
import type { UpkeepAnswer, UpkeepWorkerData } from "./upkeep-worker.ts";

export interface UpkeepPool {
  /** Makes at most `limit` blocks of the index; `left`: how many are still to be made. */
  feed(limit: number): Promise<{ made: number; left: number }>;
  /** Throws the index away; feed() makes it anew. */
  remakeIndex(): Promise<void>;
  /** Chooses rows for rotation. Rejects with RulesFileError. */
  select(job: SelectJob): Promise<Selection>;
  /** Sends one slice of rows to each sink. */
  forward(): Promise<Forwarded[]>;
  /** Threads that died. */
  readonly lost: number;
  close(): Promise<void>;
}

// A slice of work takes well below a second; what takes longer is stuck, and its worker is ended.
const patienceMs = 60_000;

/** The thread starts with the first call. Rejects with StoreUnavailableError, or the error of SQLite. */
export function openUpkeepPool(data: UpkeepWorkerData): UpkeepPool {
  const pool = openPool({
    filename: new URL("./upkeep-worker.ts", import.meta.url),
    task: "index, rotate and forward the audit trail",
    workers: 1,
    eager: false,
    limit: Number.POSITIVE_INFINITY, // the upkeep alone calls, one job after the other
    workerData: data,
  });

  async function run<T>(name: string, job: unknown): Promise<T> {
    const signal = AbortSignal.timeout(patienceMs);
    const answer = (await pool.run(job, { name, signal }).catch((error: unknown) => {
      const text = error instanceof WorkersFailingError ? error.message : "the worker of the audit trail failed";
      throw new StoreUnavailableError(text, { cause: error });
    })) as UpkeepAnswer<unknown>;
    if ("value" in answer) return answer.value as T;
    if (answer.fault === "rules") throw new RulesFileError(answer.message);
    throw toStoreError(Object.assign(new Error(answer.message), { code: answer.code }));
  }

  return {
    feed: (limit) => run("feed", limit),
    remakeIndex: async () => void (await run("remakeIndex", undefined)),
    select: (job) => run("select", job),
    forward: () => run("forward", undefined),
    get lost() {
      return pool.lost;
    },
    close: () => pool.close(),
  };
}
