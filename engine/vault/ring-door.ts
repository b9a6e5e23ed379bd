// Whether the key ring is open, and how it opens:
//
//   starting ── all workers read a plain ring ────────────▶ open
//      └─────── a worker found the ring sealed ─▶ locked ── right passphrase ─▶ opening ── every worker has the ring ─▶ open
//   open ── a new worker came up without the ring ─▶ opening;  if the keeper was lost as well ─▶ locked
//
// While opening, jobs are accepted: a worker without the ring fetches it before the job.
import { setTimeout as wait } from "node:timers/promises";
import type { Answer, FastJob, RingNews, WorkerSettings } from "./jobs.ts";
import { type Keeper, startKeeper } from "./keeper-client.ts";
import { KeyFileError } from "./keys.ts";
import type { Lane } from "./lane.ts";

export interface RingDoor {
  /** Jobs that need the ring may be sent. */
  readonly unlocked: boolean;
  /** No worker is without the ring. */
  readonly ready: boolean;
  /** Resolves when every worker has read its files; rejects with KeyFileError when they are not usable. */
  readonly settled: Promise<void>;
  /** False: wrong passphrase. True at once for a plain ring. Throws as `Keeper.unlock`. */
  unlock(passphrase: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Rounds of asking after which a worker that still has no ring is left as it is, and milliseconds between two. */
const MAX_ROUNDS = 50;
const ROUND_PAUSE = 20;

/** Watches the workers of the fast lane. */
export function openRingDoor(lane: Lane<FastJob>, workers: number, settings: WorkerSettings): RingDoor {
  const without = new Set<number>();
  let unlocked = false;
  let keeper: Keeper | null = null;
  let heard = 0;
  let spreading: Promise<void> | null = null;
  let stopped = false;
  const { promise: settled, resolve, reject } = Promise.withResolvers<void>();
  settled.catch(() => undefined); // awaited later

  lane.pool.on("error", reject);
  lane.pool.on("message", (news: RingNews) => {
    if (news.ring === "failed") reject(new KeyFileError(news.message));
    if (news.ring !== "open") without.add(news.threadId);
    if (news.ring === "locked" && keeper === null) keeper = startKeeper(settings);
    if (++heard === workers) {
      unlocked = keeper === null;
      resolve();
    } else if (unlocked && news.ring !== "open") void spreadRing();
  });

  const hasGaps = () => lane.pool.threads.some(({ threadId }) => without.has(threadId));

  const spreadRing = () => {
    spreading ??= askWorkers().finally(() => {
      spreading = null;
    });
    return spreading;
  };

  /** Jobs go to the least busy worker, so a few rounds reach every one; a worker that is asked fetches the ring. */
  const askWorkers = async () => {
    for (let round = 0; round < MAX_ROUNDS && hasGaps() && !stopped; round++) {
      if (round > 0) await wait(ROUND_PAUSE);
      const asked = Array.from({ length: workers }, () => lane.run(() => ({ job: { kind: "open-ring" } })));
      for (const outcome of await Promise.allSettled(asked)) {
        const answer = outcome.status === "fulfilled" ? (outcome.value as Answer) : null;
        if (answer?.ok) without.delete(answer.value as number);
      }
      if (keeper !== null && Atomics.load(settings.keeperOpen, 0) === 0) {
        unlocked = false; // the keeper was lost: somebody must type the passphrase again
        return;
      }
    }
  };

  return {
    settled,
    get unlocked() {
      return unlocked;
    },
    get ready() {
      return unlocked && !hasGaps();
    },
    async unlock(passphrase) {
      if (keeper === null) return true;
      if (!(await keeper.unlock(passphrase))) return false;
      unlocked = true;
      await spreadRing();
      return true;
    },
    async stop() {
      stopped = true;
      await keeper?.stop();
    },
  };
}
