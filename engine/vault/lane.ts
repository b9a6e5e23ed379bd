// One pool of workers with a bounded queue. Says "busy" at once when the queue is full, and tries the jobs of a lost worker once more.
import type { Piscina } from "piscina";
import { WorkersFailingError } from "../workers/failing.ts";
import { openPool } from "../workers/pool.ts";
import type { WorkerSettings } from "./jobs.ts";
import { DeviceUnavailableError, VaultBusyError } from "./vault.ts";

export interface LaneOptions {
  /** Module whose export `handle` runs a job. */
  filename: URL;
  /** What its workers do, for people. */
  task: string;
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
  /** Why it has no worker, and what to do; null: it has, or will have in a moment. */
  readonly fault: string | null;
  /** Counts a job in. Throws VaultBusyError if the lane is full or stopping, WorkersFailingError if its workers die again and again. */
  admit(): void;
  /** Counts `count` answered jobs out. Every admitted job leaves exactly once. */
  leave(count: number): void;
  /**
   * Runs a job; `build` makes it again for the second try, because what is transferred is gone. Throws VaultBusyError when lost twice,
   * WorkersFailingError when there is no worker, DeviceUnavailableError when given up.
   */
  run(build: () => { job: J; transfer?: ArrayBuffer[] }): Promise<unknown>;
  /** The error of a full lane, with the time it will take to drain. */
  describeBusy(): VaultBusyError;
  /** Refuses new jobs, waits for the accepted ones, ends the workers. */
  stop(): Promise<void>;
}

/** The deadline of jobs while another one is late, milliseconds. */
const STUCK_PATIENCE = 500;
/** How much a new measurement moves the pace. */
const SMOOTHING = 0.05;

/** Starts the workers of a lane. */
export function openLane<J>(options: LaneOptions): Lane<J> {
  const pool = openPool({
    filename: options.filename,
    task: options.task,
    workers: options.workers,
    eager: true,
    concurrent: options.concurrent,
    limit: Number.POSITIVE_INFINITY, // `admit` counts
    workerData: options.settings,
  });
  let queued = 0;
  let pace = options.pace;
  let lastAnswer = performance.now();
  let stopping = false;
  let stuck = 0;
  let drained: (() => void) | null = null;

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
    pool: pool.piscina,
    describeBusy,
    get queued() {
      return queued;
    },
    get restarts() {
      return pool.lost;
    },
    get fault() {
      return pool.fault;
    },
    admit() {
      const { failing } = pool;
      if (failing) throw failing;
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
          const answer = pool.run(job, { name: "handle", transfer: transfer ?? [] });
          return await (options.deadline === undefined ? answer : giveUp(answer, options.deadline));
        } catch (fault) {
          if (fault instanceof DeviceUnavailableError || fault instanceof WorkersFailingError) throw fault;
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
      await pool.close();
    },
  };
}
