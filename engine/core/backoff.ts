// When a worker that died is started again. Pure: the time is passed in, and there is no jitter, because all of them are ours.
//
//   steady ── lost ──▶ pause of 0, 50, 100, 200, 400 … 10,000 ms ── started ── stays up for 5 s ──▶ steady
//                            ▲                                        │
//                            └────────────── lost ────────────────────┘   (the next longer pause)

export interface Backoff {
  /** One was lost at `now`, monotonic milliseconds. The milliseconds until the next start. */
  lose(now: number): number;
}

const FIRST_MS = 50;
const LONGEST_MS = 10_000;
/** Up for so long, a worker counts as well. */
const STEADY_MS = 5000;

export function createBackoff(): Backoff {
  let losses = 0;
  /** When the last pause ends or ended. */
  let startAt = Number.NEGATIVE_INFINITY;
  return {
    lose(now) {
      if (now - startAt >= STEADY_MS) losses = 0;
      const pause = losses === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (losses - 1));
      losses += 1;
      startAt = now + pause;
      return pause;
    },
  };
}
