// Searches of the audit trail as the event loop sees them: a worker of their own, so that a long search keeps no other read
// waiting, and no search a log-in (decisions.md 2.3).
import { Piscina } from "piscina";
import { toStoreError } from "../store/sqlite-errors.ts";
import { StoreUnavailableError } from "../store/store.ts";
import type { Page, PageAnswer, PageJob, TrailWorkerData } from "./trail-worker.ts";

export interface TrailReader {
  /** Rejects with StoreUnavailableError, or the error of SQLite. */
  findPage(job: PageJob): Promise<Page>;
  close(): Promise<void>;
}

// A page of the slowest kind takes its budget and the reading of its rows; beyond this something is wrong.
const patienceMs = 30_000;
const mostWaiting = 64;

/** The thread starts with the first search. `onIndexDamaged`: a search had to do without an index that is there. */
export function openTrailReader(data: TrailWorkerData, onIndexDamaged: () => void = () => {}): TrailReader {
  const pool = new Piscina<PageJob, PageAnswer>({
    filename: new URL("./trail-worker.ts", import.meta.url).href,
    workerData: data,
    minThreads: 0,
    maxThreads: 1,
    maxQueue: mostWaiting,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  return {
    async findPage(job) {
      const answer = await pool
        .run(job, { name: "findPage", signal: AbortSignal.timeout(patienceMs) })
        .catch((error: unknown) => {
          // A crashed worker, a full queue, or no end in sight: the next search gets a new worker.
          throw new StoreUnavailableError("the audit trail can not be searched now", { cause: error });
        });
      if ("page" in answer) {
        if (answer.page.indexDamaged) onIndexDamaged();
        return answer.page;
      }
      throw toStoreError(Object.assign(new Error(answer.message), { code: answer.code }));
    },
    close: () => pool.destroy(),
  };
}
