// How often may somebody guess? The kernel of decisions.md section 3: one bucket a key, taken from before a guess is checked and given
// back when the guess was right. Time is passed in; memory is bounded.
//
//                     take: level - 1                 take: level - 1 ... until below 1
//   (absent = full) ------------------> [ 1 <= level < capacity ] ------------------> [ level < 1 ]
//          ^                               |  ^  giveBack: level + 1                    |  take: refused,
//          |    level reaches capacity     |  |                                         |  level unchanged
//          +-------------------------------+  +-----------------------------------------+
//                (the key is forgotten)           refill: capacity / period, always
//
// Eviction when `maxKeys` is reached: the oldest SWEEP keys are looked at and go to the back of the line, full ones are forgotten, else the
// fullest is dropped (it loses the least); if all of them are more than half empty the next SWEEP are looked at, MAX_SWEEPS times at most.
// A flood of fresh keys thus pushes out fresh keys; to push out a drained one an attacker has to drain nearly all the others first.

/** A capacity, period or bound that makes no bucket. */
export class BudgetInputError extends RangeError {
  override readonly name = "BudgetInputError";
}

export interface TokenBucket {
  /**
   * Takes one from the key's bucket if there is one.
   * @param now milliseconds, any epoch; time running backwards refills nothing
   * @returns allowed; or the seconds (whole, rounded up, at least 1) until the next one is there. A refusal takes nothing.
   */
  take(key: string, now: number): { allowed: boolean; waitSeconds: number };
  /** Puts one back, never above the capacity: the guess was right. Nothing for a key that is not known. */
  giveBack(key: string, now: number): void;
  /** Keys held: those not full. */
  readonly size: number;
}

export interface TokenBucketOptions {
  /** Guesses at once, at least 1. */
  capacity: number;
  /** Seconds in which an empty bucket fills up. */
  periodSeconds: number;
  /** Most keys held at once; each costs about 150 bytes and its text. */
  maxKeys: number;
}

interface Level {
  level: number;
  at: number;
}

const SWEEP = 16;
const MAX_SWEEPS = 16;

/**
 * Makes an empty set of buckets.
 * Cache: key is the caller's text; bound `maxKeys`; lifetime until full again; nobody else invalidates it.
 * @throws BudgetInputError
 */
export function createTokenBucket({ capacity, periodSeconds, maxKeys }: TokenBucketOptions): TokenBucket {
  if (!(capacity >= 1 && Number.isFinite(capacity))) throw new BudgetInputError("the capacity is at least 1");
  if (!(periodSeconds > 0 && Number.isFinite(periodSeconds))) throw new BudgetInputError("the period is longer than 0 seconds");
  if (!(Number.isSafeInteger(maxKeys) && maxKeys >= 1)) throw new BudgetInputError("at least one key is held");
  const perMillisecond = capacity / (periodSeconds * 1000);
  const buckets = new Map<string, Level>();

  const refilled = ({ level, at }: Level, now: number): number =>
    Math.min(capacity, level + Math.max(0, now - at) * perMillisecond);

  function keep(key: string, level: number, now: number): void {
    const bucket = buckets.get(key);
    if (bucket) {
      bucket.level = level;
      // A clock set back must not let the same span refill twice.
      bucket.at = Math.max(bucket.at, now);
      return;
    }
    if (buckets.size >= maxKeys) evict(now);
    buckets.set(key, { level, at: now });
  }

  function evict(now: number): void {
    let fullest: { key: string; level: number } | null = null;
    let freed = false;
    let looked = 0;
    // Entries moved to the back would be met again: never look at more than there are.
    const most = Math.min(buckets.size, MAX_SWEEPS * SWEEP);
    for (const [key, bucket] of buckets) {
      const level = refilled(bucket, now);
      buckets.delete(key);
      if (level >= capacity) freed = true;
      else {
        buckets.set(key, bucket);
        if (!fullest || level > fullest.level) fullest = { key, level };
      }
      looked++;
      if (looked >= most) break;
      if (looked % SWEEP === 0 && (freed || (fullest && fullest.level >= capacity / 2))) break;
    }
    if (!freed && fullest) buckets.delete(fullest.key);
  }

  return {
    take(key, now) {
      const bucket = buckets.get(key);
      const level = bucket ? refilled(bucket, now) : capacity;
      if (level < 1) return { allowed: false, waitSeconds: Math.max(1, Math.ceil((1 - level) / perMillisecond / 1000)) };
      keep(key, level - 1, now);
      return { allowed: true, waitSeconds: 0 };
    },
    giveBack(key, now) {
      const bucket = buckets.get(key);
      if (!bucket) return;
      const level = refilled(bucket, now) + 1;
      if (level >= capacity) buckets.delete(key);
      else keep(key, level, now);
    },
    get size() {
      return buckets.size;
    },
  };
}
