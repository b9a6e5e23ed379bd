// Searches of the audit trail as the event loop sees them: a worker of their own, so that a long search keeps no other read
// waiting, and no search a log-in (decisions.md 2.3).
import { createTurns } from "../core/turns.ts";
import { toStoreError } from "../store/sqlite-errors.ts";
import { StoreUnavailableError } from "../store/store.ts";
import { WorkersFailingError } from "../workers/failing.ts";
import { openPool } from "../workers/pool.ts";
import type { Page, PageAnswer, PageJob, TrailWorkerData } from "./trail-worker.ts";

export interface TrailReader {
  /** Rejects with StoreUnavailableError, WorkersFailingError, or the error of SQLite. */
  findPage(job: PageJob, caller: string): Promise<Page>;
  /** Threads that died. */
  readonly lost: number;
  close(): Promise<void>;
}

// A page of the slowest kind takes its budget and the reading of its rows; beyond this something is wrong.
const patienceMs = 30_000;
const mostWaiting = 64;

export interface TrailWatch {
  /** A search had to do without an index that is there. */
  onIndexDamaged?: () => void;
  /** Why nothing can be searched, and null when that is over. */
  onFault?: (text: string | null) => void;
}

/** The thread starts with the first search. */
export function openTrailReader(data: TrailWorkerData, { onIndexDamaged, onFault }: TrailWatch = {}): TrailReader {
  const pool = openPool({
    filename: new URL("./trail-worker.ts", import.meta.url),
    task: "search the audit trail",
    workers: 1,
    eager: false,
    limit: mostWaiting,
    workerData: data,
    onFault,
  });
  // One works: what the worker had beforehand would go before the turns of others.
  const turns = createTurns({ places: mostWaiting, width: 1 });
  return {
    findPage: (job, caller) =>
      turns.run(caller, async () => {
        const signal = AbortSignal.timeout(patienceMs);
        const answer = (await pool.run(job, { name: "findPage", signal }).catch((error: unknown) => {
          if (error instanceof WorkersFailingError) throw error;
          // A crashed worker, a full queue, or no end in sight: the next search gets a new worker.
          throw new StoreUnavailableError("the audit trail can not be searched now", { cause: error });
        })) as PageAnswer;
        if ("page" in answer) {
          if (answer.page.indexDamaged) onIndexDamaged?.();
          return answer.page;
        }
        throw toStoreError(Object.assign(new Error(answer.message), { code: answer.code }));
      }),
    get lost() {
      return pool.lost;
    },
    close: () => pool.close(),
  };
}
