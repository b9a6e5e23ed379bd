// Durability off the event loop. The connection runs with synchronous=NORMAL, so COMMIT only writes the log (WAL); this file
// then asks the kernel to put the log on disk, in a thread of the pool, and tells each group when it is there. No answer
// leaves before. What is durable is the same as with synchronous=FULL, where COMMIT itself makes this call and holds the loop
// for it (0.13 ms a group of 64 against 0.5 to 0.8 ms, measured on the machine of bench/): the next group is gathered meanwhile.
//
//   written ──> waiting ──fdatasync──> durable
//                  ^          │ groups written meanwhile wait for the next call: one is under way at a time
//                  └──────────┘
//
// SQLite itself still syncs the log before a checkpoint, the database after it, and the head of a log begun anew.
import { closeSync, fdatasync, openSync } from "node:fs";
import { StoreUnavailableError } from "./store.ts";

export interface LogSync {
  /** Calls back once all that was written to the log before this call is on disk; with the error if that failed, for ever. */
  whenDurable(done: (error: Error | null) => void): void;
  /** Calls of fdatasync so far. */
  readonly count: number;
  /** Nothing may wait any more. */
  close(): void;
}

/** What a failed call means for the store, for ever. */
export function describeSyncFault(cause: Error): StoreUnavailableError {
  return new StoreUnavailableError("the log can not be brought to disk: examine the disk and restart", { cause });
}

type Done = (error: Error | null) => void;

/** Over the log of the database at `path`, which must exist. Closing this descriptor drops no lock: SQLite locks other files. */
export function openLogSync(path: string): LogSync {
  const log = openSync(`${path}-wal`, "r+");
  let waiting: Done[] = [];
  let running = false;
  let count = 0;
  // After a failed call the kernel may have thrown the pages away and report success next time, so nothing is believed again.
  let broken: Error | null = null;

  function next(): void {
    const covered = waiting;
    waiting = [];
    if (broken) settle(covered);
    if (broken || covered.length === 0) return;
    running = true;
    count += 1;
    fdatasync(log, (error) => {
      running = false;
      broken ??= error;
      // First the next call, so that the disk works while the answers are made.
      next();
      settle(covered);
    });
  }

  function settle(covered: Done[]): void {
    for (const done of covered) done(broken);
  }

  return {
    whenDurable(done) {
      waiting.push(done);
      if (!running) next();
    },
    get count() {
      return count;
    },
    close: () => closeSync(log),
  };
}
