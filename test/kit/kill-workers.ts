// Worker threads of this process that somebody kills. Bun tells of every thread that starts, so no part of the engine takes part in it.
//
//   const workers = watchWorkers();          // before the engine starts
//   workers.killAll();                       // those that live
//   workers.killStarting(3);                 // the next three, at once; Infinity until killStarting(0)
import type { Worker } from "node:worker_threads";

export interface WatchedWorkers {
  killAll(): void;
  /** Kills the next `most` at their start. */
  killStarting(most: number): void;
  /** Started so far. */
  readonly started: number;
  stop(): void;
}

export function watchWorkers(): WatchedWorkers {
  const alive = new Set<Worker>();
  let started = 0;
  let toKill = 0;
  const hear = (worker: Worker) => {
    started += 1;
    alive.add(worker);
    if (toKill === 0) return;
    toKill -= 1;
    void worker.terminate();
  };
  process.on("worker", hear);
  return {
    killAll() {
      for (const worker of alive) void worker.terminate();
      alive.clear();
    },
    killStarting(most) {
      toKill = most;
    },
    get started() {
      return started;
    },
    stop: () => void process.off("worker", hear),
  };
}
