// How many requests are at work at once. Beyond that everybody only waits longer and nobody gets done sooner, so one more is
// refused while it has cost next to nothing: nothing of it was read, looked up or written.
//
//   enter: working < limit --> working --- rest ---> resting (a timer, a body on its way: costs no processor)
//                                 ^---------------------+
//                                 +--- leave
//
// Who rests gives his place away for the time and takes it again without asking: he is never refused in the middle.
// The last quarter of the places is for log-ins alone.
//
// The limit follows how late the event loop is, as CoDel (RFC 8289) does with queues: only if the least delay of a whole interval is
// over the target do too many wait, for a single long stall is no queue. Then the limit falls by a fifth, else it rises again:
//
//   limit: most <-- + an eighth of most, each calm interval -- | -- x 0.8, each late one --> FEWEST
import type { Load } from "@ostiary/shared/endpoint.ts";

export interface Admission {
  /** False: too many are at work. Who got true leaves once. */
  enter(load: Load): boolean;
  /** Counts one who was sent away. */
  refuse(): void;
  leave(load: Load): void;
  /** How late the event loop was, milliseconds; told at every beat of some 10 ms. */
  observe(lateMs: number): void;
  /** Waits for `wait` without a place. Only for one who has entered. */
  rest<T>(wait: Promise<T>, load: Load): Promise<T>;
  readonly working: number;
  /** Log-ins that entered, since the start. */
  readonly logins: number;
  /** Places there are now. */
  readonly limit: number;
  /** Since the start. */
  readonly refused: number;
}

/** Of the places, for what is not a log-in. */
const OTHERS_SHARE = 0.75;

const TARGET_MS = 20;
const INTERVAL_BEATS = 10;
const FALL = 0.8;
const RISE = 1 / 8;
/** Below so many the processor would wait for the disk. */
const FEWEST = 64;

/** @param most requests at work at once, however calm it is */
export function createAdmission(most: number): Admission {
  const working = { login: 0, plain: 0, dear: 0 };
  let refused = 0;
  let logins = 0;
  let limit = most;
  let beats = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  let peak = 0;
  const all = () => working.login + working.plain + working.dear;
  return {
    enter(load) {
      const now = all();
      if (now >= (load === "login" ? limit : Math.max(1, OTHERS_SHARE * limit))) return false;
      working[load]++;
      if (load === "login") logins++;
      if (now >= peak) peak = now + 1;
      return true;
    },
    refuse() {
      refused++;
    },
    leave(load) {
      working[load]--;
    },
    observe(lateMs) {
      leastMs = Math.min(leastMs, lateMs);
      if (++beats < INTERVAL_BEATS) return;
      limit = leastMs > TARGET_MS ? Math.max(Math.min(FEWEST, most), FALL * Math.min(limit, peak)) : limit + RISE * most;
      limit = Math.ceil(Math.min(limit, most));
      beats = 0;
      leastMs = Number.POSITIVE_INFINITY;
      peak = all();
    },
    async rest(wait, load) {
      working[load]--;
      try {
        return await wait;
      } finally {
        working[load]++;
      }
    },
    get working() {
      return all();
    },
    get logins() {
      return logins;
    },
    get limit() {
      return limit;
    },
    get refused() {
      return refused;
    },
  };
}
