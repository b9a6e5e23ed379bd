// Work that takes longer than a request should: it runs on, can be looked at and stopped. In memory, for the life of this
// process; what must survive is the affair of the work itself (it then takes up where it left off).
//
//   running ──> done | failed | stopped        an ended job is remembered for an hour
import { randomBytes } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { mayTake } from "../core/fair-share.ts";

export type JobState = "running" | "done" | "failed" | "stopped";

export interface Job {
  readonly id: string;
  /** What it does, a word such as "getserial". */
  readonly kind: string;
  /** Who started it. */
  readonly by: string;
  /** milliseconds since 1970 */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly state: JobState;
  readonly done: number;
  /** Null while nobody knows. */
  readonly total: number | null;
  /** What it found, when it is done. */
  readonly result: unknown;
  /** Why it failed. */
  readonly error: string | null;
}

export interface JobControl {
  /** Aborted when somebody stops the job or the engine ends; the work looks at it between two slices. */
  signal: AbortSignal;
  progress(done: number, total?: number): void;
}

export interface Jobs {
  /**
   * Starts it. Error: `busy` when too many run, or too many of `by`.
   * A fault whose text a caller may see is an ApiError; others become "unexpected".
   */
  start(kind: string, by: string, run: (control: JobControl) => Promise<unknown>): Job;
  find(id: string): Job | null;
  /** Newest first. */
  list(): Job[];
  /** False: there is none, or it has ended. */
  stop(id: string): boolean;
  /** Stops all and waits for them. */
  close(): Promise<void>;
}

const MAX_RUNNING = 8;
const MAX_REMEMBERED = 100;
const REMEMBER_MS = 3_600_000;

interface Entry {
  job: { -readonly [K in keyof Job]: Job[K] };
  abort: AbortController;
  ended: Promise<void>;
  /** Monotonic milliseconds: a clock that is set forgets no job and keeps none. */
  endedTick: number;
}

/** @param now milliseconds since 1970. @param tick monotonic milliseconds. @param onFault hears of faults that are ours. */
export function createJobs(now: () => number, tick: () => number, onFault: (kind: string, fault: unknown) => void): Jobs {
  const entries = new Map<string, Entry>();

  function forgetOld(): void {
    const ended = [...entries.values()].filter(({ job }) => job.endedAt !== null);
    const spare = ended.length - MAX_REMEMBERED;
    for (const [index, { job, endedTick }] of ended.entries()) {
      if (index < spare || tick() - endedTick > REMEMBER_MS) entries.delete(job.id);
    }
  }

  async function follow(entry: Entry, run: (control: JobControl) => Promise<unknown>): Promise<void> {
    const { job, abort } = entry;
    try {
      job.result = await run({
        signal: abort.signal,
        progress(done, total) {
          job.done = done;
          if (total !== undefined) job.total = total;
        },
      });
      job.state = abort.signal.aborted ? "stopped" : "done";
    } catch (fault) {
      job.state = abort.signal.aborted ? "stopped" : "failed";
      if (job.state === "failed") {
        job.error = fault instanceof ApiError ? fault.message : "The server met an unexpected error. Its log has the details.";
        if (!(fault instanceof ApiError)) onFault(job.kind, fault);
      }
    } finally {
      job.endedAt = now();
      entry.endedTick = tick();
    }
  }

  return {
    start(kind, by, run) {
      forgetOld();
      const running = [...entries.values()].filter(({ job }) => job.state === "running");
      const own = running.filter(({ job }) => job.by === by).length;
      if (!mayTake({ limit: MAX_RUNNING, taken: running.length, own }))
        throw new ApiError("busy", { seconds: 30 }, { retryAfter: 30 });
      const job = {
        id: randomBytes(8).toHex(),
        kind,
        by,
        startedAt: now(),
        endedAt: null,
        state: "running" as const,
        done: 0,
        total: null,
        result: null,
        error: null,
      };
      const entry: Entry = { job, abort: new AbortController(), ended: Promise.resolve(), endedTick: 0 };
      entries.set(job.id, entry);
      entry.ended = follow(entry, run);
      return entry.job;
    },
    find(id) {
      forgetOld();
      return entries.get(id)?.job ?? null;
    },
    list() {
      forgetOld();
      return [...entries.values()].map(({ job }) => job).reverse();
    },
    stop(id) {
      const entry = entries.get(id);
      if (entry?.job.state !== "running") return false;
      entry.abort.abort();
      return true;
    },
    async close() {
      for (const { abort } of entries.values()) abort.abort();
      await Promise.all([...entries.values()].map(({ ended }) => ended));
    },
  };
}
