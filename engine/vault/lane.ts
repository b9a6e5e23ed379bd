// One pool of workers with a bounded queue. Says "busy" at once when the queue is full, tries the jobs of a lost worker once more,
// and keeps the pool at its size.
import { Piscina } from "piscina";
import type { WorkerSettings } from "./jobs.ts";
import { DeviceUnavailableError, VaultBusyError } from "./vault.ts";

export interface LaneOptions {
  /** Module whose export `handle` runs a job. */
  filename: URL;
  workers: number;
  /** Jobs handed to a worker beforehand, so that it never waits for the event loop between two. */
  concurrent: number;
  /** Jobs accepted and not yet answered, at most. */
  limit: number;
  /** A first guess of the milliseconds between two answers of the busy lane. */
  pace: number;
  settings: WorkerSettings;
  /** Milliseconds after which a job is given up, for workers that call into a security module; it may hang. Absent: never. */
  deadline?: number;
}

export interface Lane<J> {
  readonly pool: Piscina;
  readonly queued: number;
  readonly restarts: number;
  /** Counts a job in. Throws VaultBusyError if the lane is full or stopping. */
  admit(): void;
  /** Counts `count` answered jobs out. Every admitted job leaves exactly once. */
  leave(count: number): void;
  /**
   * Runs a job; `build` makes it again for the second try, because what is transferred is gone. Throws VaultBusyError when lost twice,
   * DeviceUnavailableError when given up.
   */
  run(build: () => { job: J; transfer?: ArrayBuffer[] }): Promise<unknown>;
  /** The error of a full lane, with the time it will take to drain. */
  describeBusy(): VaultBusyError;
  /** Refuses new jobs, waits for the accepted ones, ends the workers. */
  stop(): Promise<void>;
}

/** piscina wants an array; its types, read with Bun's of postMessage, name only the object form. */
type TransferList = NonNullable<NonNullable<Parameters<Piscina["run"]>[1]>["transferList"]>;

/** The deadline of jobs while another one is late, milliseconds. */
const STUCK_PATIENCE = 500;
/** Milliseconds a stop waits for workers to end: one that hangs inside a security module does not. */
const STOP_PATIENCE = 2000;
/** How much a new measurement moves the pace. */
const SMOOTHING = 0.05;
/** Milliseconds after which a pool that lost a worker while it was starting is filled up again, see `watchPool`. */
const REFILL_DELAY = 100;

/** Starts the workers of a lane. */
export function openLane<J>(options: LaneOptions): Lane<J> {
  const pool = new Piscina({
    filename: options.filename.href,
    name: "handle",
    minThreads: options.workers,
    maxThreads: options.workers,
    concurrentTasksPerWorker: options.concurrent,
    workerData: options.settings,
    recordTiming: false,
  });
  let queued = 0;
  let pace = options.pace;
  let lastAnswer = performance.now();
  let stopping = false;
  let stuck = 0;
  let drained: (() => void) | null = null;
  const watch = watchPool(pool, options.workers);

  /** The answer, or DeviceUnavailableError when it is late. The worker goes on with it; nobody listens any more. */
  const giveUp = async (answer: Promise<unknown>, deadline: number): Promise<unknown> => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const fail = () => {
      stuck++;
      const settle = () => void stuck--;
      answer.then(settle, settle);
      reject(new DeviceUnavailableError("a call into the security module does not come back"));
    };
    // While one job hangs the next ones are not likely to fare better.
    const timer = setTimeout(fail, stuck > 0 ? Math.min(deadline, STUCK_PATIENCE) : deadline);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  };

  const describeBusy = () => new VaultBusyError(Math.min(60, Math.max(1, Math.ceil((queued * pace) / 1000))));

  return {
    pool,
    describeBusy,
    get queued() {
      return queued;
    },
    get restarts() {
      return watch.restarts;
    },
    admit() {
      if (stopping || queued >= options.limit) throw describeBusy();
      if (queued === 0) lastAnswer = performance.now();
      queued++;
    },
    leave(count) {
      const now = performance.now();
      pace += SMOOTHING * ((now - lastAnswer) / count - pace);
      lastAnswer = now;
      queued -= count;
      if (queued === 0) drained?.();
    },
    async run(build) {
      let cause: unknown;
      for (let attempt = 1; attempt <= 2; attempt++) {
        const { job, transfer } = build();
        try {
          const answer = pool.run(job, { transferList: (transfer ?? []) as unknown as TransferList });
          return await (options.deadline === undefined ? answer : giveUp(answer, options.deadline));
        } catch (fault) {
          if (fault instanceof DeviceUnavailableError) throw fault;
          cause = fault;
          // Workers answer faults as values, so this is a lost worker. All jobs are computations: try once more.
        }
      }
      const busy = describeBusy();
      busy.cause = cause;
      throw busy;
    },
    async stop() {
      stopping = true;
      if (queued > 0) await new Promise<void>((resolve) => (drained = resolve));
      watch.stop();
      await Promise.race([pool.destroy(), new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE).unref())]);
    },
  };
}

/**
 * Counts lost workers and refills the pool. piscina replaces a lost worker by itself, except one lost before it was ready: from then
 * on it only starts a worker when a job finds none, and jobs already waiting would wait for ever.
 */
function watchPool(pool: Piscina, workers: number): { readonly restarts: number; stop(): void } {
  let restarts = 0;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refill = () => {
    if (stopped || pool.threads.length >= workers) return;
    // An unknown job: it is answered with a fault value and costs nothing.
    void pool.run({ kind: "refill" }).catch(() => undefined);
    arm();
  };
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(refill, REFILL_DELAY);
    timer.unref();
  };
  pool.on("workerDestroy", () => {
    if (stopped) return;
    restarts++;
    arm();
  });
  pool.on("error", () => undefined); // without a listener a lost idle worker would end the process
  return {
    get restarts() {
      return restarts;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
