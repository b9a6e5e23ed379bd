// A pool of worker threads that may die. piscina alone starts one that dies at once again and again, as fast as the machine can,
// and one that dies before it is ready never: there jobs would wait for ever. Here a lost one is replaced after the pauses of
// core/backoff.ts, and a pool that has none left for long says so at once to whoever comes.
//
//   whole ── one lost ──▶ short ── pause over ──▶ whole         piscina starts it with the next job the others have no room for
//   none left ── pause up to 200 ms ──▶ jobs wait for it
//            └── longer ──▶ failing: jobs are refused at once ── one is up ──▶ whole
import { Piscina } from "piscina";
import { createBackoff } from "../core/backoff.ts";
import { DESCRIPTORS_MS, FOR_A_THREAD, hasDescriptors, NO_DESCRIPTORS } from "./descriptors.ts";
import { describeFault, PATIENCE_MS, WorkersFailingError } from "./failing.ts";

export interface PoolOptions {
  filename: URL;
  /** What its workers do, for people: "answer searches of the audit trail". */
  task: string;
  workers: number;
  /** false: the first job starts the first worker. */
  eager: boolean;
  /** Jobs handed to a worker beforehand. Default 1. */
  concurrent?: number;
  /** Jobs accepted and not yet answered at most. */
  limit: number;
  workerData: unknown;
  /** Hears why the pool fails, and null when that is over. */
  onFault?: ((text: string | null) => void) | undefined;
}

export interface RunOptions {
  /** The export of the module that runs the job. */
  name: string;
  /** When it is aborted, the worker that runs the job is ended: the only way to stop native code. Not counted as a loss. */
  signal?: AbortSignal;
  transfer?: ArrayBuffer[];
}

export interface Pool {
  readonly piscina: Piscina;
  /** Why there is no worker, and what to do; null while there is one, or will be in a moment. */
  readonly fault: string | null;
  /** The same as an error for callers. */
  readonly failing: WorkersFailingError | null;
  /** Workers that died. */
  readonly lost: number;
  /** Rejects with WorkersFailingError; with TooManyJobsError; with the error of a lost worker: then the job may have been half done. */
  run(job: unknown, options: RunOptions): Promise<unknown>;
  /** Ends the workers; jobs under way are rejected. */
  close(): Promise<void>;
}

export class TooManyJobsError extends Error {
  override readonly name = "TooManyJobsError";
}

/** Milliseconds that `close` waits for workers to end: one that hangs inside a security module does not. */
const STOP_PATIENCE_MS = 2000;
/** No export of any worker: a job that makes piscina start one, and does nothing. */
const START = "start";

/** piscina wants an array; its types, read with Bun's of postMessage, name only the object form. */
type TransferList = NonNullable<NonNullable<Parameters<Piscina["run"]>[1]>["transferList"]>;

export function openPool({ filename, task, workers, eager, concurrent = 1, limit, workerData, onFault }: PoolOptions): Pool {
  const piscina = new Piscina({
    filename: filename.href,
    minThreads: eager ? workers : 0,
    maxThreads: workers,
    maxQueue: Number.POSITIVE_INFINITY, // bounded by `limit`: piscina does not count waiting jobs that can be aborted
    concurrentTasksPerWorker: concurrent,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData,
    recordTiming: false,
  });
  const backoff = createBackoff();
  let accepted = 0;
  let lost = 0;
  let cause = "";
  let fault: string | null = null;
  let restartAt = 0;
  let timer: Timer | undefined;
  let aborting = false;
  let closed = false;

  /** piscina reads them whenever it thinks of starting one. */
  const allow = (least: number, most: number) => Object.assign(piscina.options, { minThreads: least, maxThreads: most });

  function setFault(text: string | null): void {
    if (text === fault) return;
    const changed = (text === null) !== (fault === null);
    fault = text;
    if (changed) onFault?.(text);
  }

  piscina.on("workerDestroy", () => {
    if (closed || aborting) return;
    lost += 1;
    // It is counted still.
    const alive = piscina.threads.length - 1;
    allow(eager ? alive : 0, alive);
    const now = performance.now();
    if (timer === undefined) {
      const pause = backoff.lose(now);
      restartAt = now + pause;
      timer = setTimeout(refill, pause);
      timer.unref();
    }
    const pause = restartAt - now;
    if (alive > 0 || pause <= PATIENCE_MS) return;
    // A moment later its error is known.
    setImmediate(() => {
      if (closed || piscina.threads.length > 0) return;
      setFault(describeFault(task, lost, cause, pause));
      void piscina.destroy(); // there is none: this refuses those that wait
    });
  });
  piscina.on("workerCreate", () => setFault(null));
  piscina.on("error", noteCause); // without a listener a lost idle worker would end the process

  function noteCause(error: unknown): void {
    cause = error instanceof Error ? error.message : String(error);
  }

  function refill(): void {
    timer = undefined;
    if (closed) return;
    if (!hasDescriptors(FOR_A_THREAD)) {
      restartAt = performance.now() + DESCRIPTORS_MS;
      timer = setTimeout(refill, DESCRIPTORS_MS);
      timer.unref();
      if (piscina.threads.length > 0) return;
      setFault(`the threads that ${task} are missing: ${NO_DESCRIPTORS}`);
      void piscina.destroy();
      return;
    }
    allow(eager ? workers : 0, workers);
    const missing = eager ? workers - piscina.threads.length : Number(piscina.threads.length === 0);
    for (let i = 0; i < missing; i++) void piscina.run(undefined, { name: START }).catch(() => undefined);
  }

  function describeFailing(): WorkersFailingError | null {
    if (fault === null) return null;
    return new WorkersFailingError(fault, Math.max(1, Math.ceil((restartAt - performance.now()) / 1000)));
  }

  return {
    piscina,
    get fault() {
      return fault;
    },
    get failing() {
      return describeFailing();
    },
    get lost() {
      return lost;
    },
    async run(job, { name, signal, transfer = [] }) {
      const failing = describeFailing();
      if (failing) throw failing;
      if (piscina.threads.length === 0 && timer === undefined && !hasDescriptors(FOR_A_THREAD))
        throw new WorkersFailingError(`the threads that ${task} are missing: ${NO_DESCRIPTORS}`, 1);
      if (accepted >= limit) throw new TooManyJobsError(`more than ${limit} jobs wait for the workers that ${task}`);
      // Heard before piscina does, which ends the worker in its own listener.
      signal?.addEventListener(
        "abort",
        () => {
          aborting = true;
          queueMicrotask(() => {
            aborting = false;
          });
        },
        { once: true },
      );
      accepted += 1;
      try {
        const transferList = transfer as unknown as TransferList;
        return await piscina.run(job, signal ? { name, signal, transferList } : { name, transferList });
      } catch (error) {
        const refused = describeFailing();
        if (refused === null && !signal?.aborted) noteCause(error);
        throw refused ?? error;
      } finally {
        accepted -= 1;
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.race([piscina.destroy(), new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE_MS).unref())]);
    },
  };
}
