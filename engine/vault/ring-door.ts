// Whether the key ring is open, and how it opens:
//
//   starting ── all workers read a plain ring ────────────▶ open
//      └─────── a worker found the ring sealed ─▶ locked ── passphrase, PIN, module ─▶ opening ── every worker has the ring ─▶ open
//   open ── a new worker came up without the ring ─▶ opening;  if the keeper was lost as well ─▶ locked
//   open ── the file was sealed anew, and values come under a key of the newer ring ─▶ open, not ready ── unlock ─▶ open
//
// While opening, jobs are accepted: a worker without the ring fetches it before the job. An open ring whose security module fails
// stays open: jobs that need the module say so, and `reason` does.
import { setTimeout as wait } from "node:timers/promises";
import type { Answer, FastJob, RingNews, WorkerSettings } from "./jobs.ts";
import type { KeeperNews } from "./keeper.ts";
import { type Keeper, startKeeper } from "./keeper-client.ts";
import { KeyFileError } from "./keys.ts";
import type { Lane } from "./lane.ts";
import { DeviceUnavailableError, VaultLockedError } from "./vault.ts";

export interface RingDoor {
  /** Jobs that need the ring may be sent. */
  readonly unlocked: boolean;
  /** No worker is without the ring, and its keys can be used. */
  readonly ready: boolean;
  /** Why it is not; null where nothing but time is missing. */
  readonly reason: string | null;
  /** What a job gets that comes before the door is unlocked. */
  describeLocked(): Error;
  /** Resolves when every worker has read its files; rejects with KeyFileError when they are not usable. */
  readonly settled: Promise<void>;
  /** False: wrong passphrase or PIN. True at once for a plain ring. Throws as `Keeper.unlock`. */
  unlock(passphrase: string): Promise<boolean>;
  /** The keeper, for changes of the ring; started now if there was no need of it. */
  keeper(): Keeper;
  /** How often the keeper died, and why there is none, if it dies again and again. */
  readonly keeperLost: number;
  readonly keeperFault: string | null;
  stop(): Promise<void>;
}

/** Rounds of asking after which a worker that still has no ring is left as it is, and milliseconds between two. */
const MAX_ROUNDS = 50;
const ROUND_PAUSE = 20;

/** Watches the workers of the fast lane. */
export function openRingDoor(lane: Lane<FastJob>, workers: number, settings: WorkerSettings): RingDoor {
  const without = new Set<number>();
  const behind = new Set<number>();
  let unlocked = false;
  let plain = true;
  let keeper: Keeper | null = null;
  let heard = 0;
  let spreading: Promise<void> | null = null;
  let stopped = false;
  const { promise: settled, resolve, reject } = Promise.withResolvers<void>();
  settled.catch(() => undefined); // awaited later

  lane.pool.on("error", reject);
  lane.pool.on("message", (news: RingNews) => {
    if (news.ring === "failed") reject(new KeyFileError(news.message));
    if (news.ring === "behind") {
      behind.add(news.threadId);
      plain = false;
      ensureKeeper();
      return;
    }
    if (news.ring !== "open") without.add(news.threadId);
    if (news.ring === "locked") {
      plain = false;
      ensureKeeper();
    }
    if (++heard === workers) void settle();
    else if (unlocked && news.ring !== "open") void spreadRing();
  });

  const settle = async () => {
    if (plain) unlocked = true;
    // It may have what it needs: a PIN from a file.
    else await ensureKeeper().settled;
    if (unlocked && hasGaps()) await spreadRing();
    resolve();
  };

  const ensureKeeper = () => {
    keeper ??= startKeeper(settings, hear);
    return keeper;
  };

  const hear = ({ open }: KeeperNews) => {
    if (!open) return;
    unlocked = true;
    if (heard >= workers && hasGaps()) void spreadRing();
  };

  // Every login asks, and going through the threads costs more than all its look-ups: nearly always the set is empty.
  const isIn = (set: Set<number>) => set.size > 0 && lane.pool.threads.some(({ threadId }) => set.has(threadId));
  const hasGaps = () => isIn(without) || isIn(behind);

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
        if (!answer?.ok) continue;
        without.delete(answer.value as number);
        behind.delete(answer.value as number);
      }
      if (!plain && isIn(without) && Atomics.load(settings.keeperOpen, 0) === 0) {
        unlocked = false; // the keeper was lost: somebody must type the passphrase again
        return;
      }
    }
  };

  const readReason = () => {
    const news = plain ? null : (keeper?.news ?? null);
    if (!unlocked) return keeper?.fault ?? news?.reason ?? "the key ring is locked: unlock it with POST /system/hsm";
    if (isIn(behind)) return "the key ring was sealed anew: send its passphrase to POST /system/hsm";
    return news?.reason ?? null;
  };

  return {
    settled,
    get unlocked() {
      return unlocked;
    },
    get ready() {
      return unlocked && !hasGaps() && readReason() === null;
    },
    get reason() {
      return readReason();
    },
    describeLocked() {
      const text = readReason() ?? "the key ring is locked";
      return keeper?.news?.deviceAway ? new DeviceUnavailableError(text) : new VaultLockedError(text);
    },
    async unlock(passphrase) {
      if (plain || keeper === null) return true;
      if (!(await keeper.unlock(passphrase))) return false;
      if (unlocked) await spreadRing();
      return true;
    },
    keeper: ensureKeeper,
    get keeperLost() {
      return keeper?.lost ?? 0;
    },
    get keeperFault() {
      return keeper?.fault ?? null;
    },
    async stop() {
      stopped = true;
      await keeper?.stop();
    },
  };
}
