// Dear work takes turns, so that what is urgent finds the processor free and no caller keeps the next one waiting. Few run at once.
// Under pressure one begins at a time, and then nothing for REST times as long as it took: it goes on under any load, slowly.
//
//   run --> room, and no more than his share --> waiting --- turn ---> working --> done
//       --> none: refused at once                   +--- his client hung up ---> dropped before it began
//
// Callers take turns, each with his oldest first: who has sent a hundred keeps others waiting for one of them.
import { ApiError } from "@ostiary/shared/errors.ts";
import { mayTake } from "./fair-share.ts";

export interface TurnRules {
  /** Working and waiting together. */
  places: number;
  /** Working at once. */
  width: number;
  /** What comes first needs the processor. `look` is called when that may be over. Absent: nothing comes first. */
  isPressed?: () => boolean;
  /** Runs `work` after so many milliseconds. */
  after?: (work: () => void, ms: number) => void;
  /** Monotonic milliseconds. */
  tick?: () => number;
}

export interface Turns {
  /** No room for anybody. */
  readonly isFull: boolean;
  readonly waiting: number;
  readonly working: number;
  /**
   * Runs `work` when it is its turn. Errors: `busy` (nothing was done) where there is no room, or none for `caller`, and for a
   * request that is `gone` when its turn comes.
   */
  run<T>(caller: string, work: () => Promise<T>, isGone?: () => boolean): Promise<T>;
  /** Begins what may begin. */
  look(): void;
}

/** A fifth of the time at most, under pressure; what waits for others while it runs leaves more. */
const REST = 4;
const SHORTEST_REST_MS = 5;
const LONGEST_REST_MS = 250;

interface Caller {
  waiting: { begin: () => void; drop: () => void; isGone: () => boolean }[];
  working: number;
}

export function createTurns({ places, width, isPressed = () => false, after = () => {}, tick = () => 0 }: TurnRules): Turns {
  /** Those who have something here; who had his turn last at the end. */
  const callers = new Map<string, Caller>();
  let waiting = 0;
  let working = 0;
  let resting = false;
  /** How long the newest that ended took, milliseconds. */
  let lastMs = 0;

  /** Begins one. False: nobody waits who may. */
  function beginNext(): boolean {
    if (working >= width) return false;
    for (const [name, caller] of callers) {
      if (!mayTake({ limit: width, taken: working, own: caller.working })) continue;
      for (let next = caller.waiting.shift(); next; next = caller.waiting.shift()) {
        waiting--;
        if (next.isGone()) {
          next.drop();
          continue;
        }
        caller.working++;
        working++;
        toTheEnd(name, caller);
        next.begin();
        return true;
      }
      if (caller.working === 0) callers.delete(name);
    }
    return false;
  }

  function look(): void {
    while (waiting > 0 && !isPressed() && beginNext());
    if (waiting === 0 || working > 0 || resting) return;
    resting = true;
    after(
      () => {
        resting = false;
        if (working === 0) beginNext();
        look();
      },
      Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, REST * lastMs)),
    );
  }

  /** He had his turn: the others come first. Who has nothing here any more is forgotten. */
  function toTheEnd(name: string, caller: Caller): void {
    callers.delete(name);
    if (caller.working > 0 || caller.waiting.length > 0) callers.set(name, caller);
  }

  return {
    get isFull() {
      return waiting + working >= places;
    },
    get waiting() {
      return waiting;
    },
    get working() {
      return working;
    },
    look,
    async run(name, work, isGone = () => false) {
      const caller = callers.get(name) ?? { waiting: [], working: 0 };
      const own = caller.waiting.length + caller.working;
      if (!mayTake({ limit: places, taken: waiting + working, own })) throw refused();
      callers.set(name, caller);
      waiting++;
      await new Promise<void>((resolve, reject) => {
        caller.waiting.push({ begin: resolve, drop: () => reject(refused()), isGone });
        look();
      });
      const began = tick();
      try {
        return await work();
      } finally {
        lastMs = tick() - began;
        caller.working--;
        working--;
        toTheEnd(name, caller);
        look();
      }
    },
  };
}

/** Leaves no row in the trail: a flood must not fill it. */
const refused = () => new ApiError("busy", { seconds: 1 }, { retryAfter: 1, quiet: true });
