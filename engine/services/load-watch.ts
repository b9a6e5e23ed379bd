// What keeps log-ins quick when more is asked than can be done, on one timer: how late the event loop is, how many requests may be at
// work, and whether dear work has to give way (docs/overload.md).
import { type Admission, createAdmission } from "../core/admission.ts";
import { createTurns, type Turns } from "../core/turns.ts";
import { watchPressure } from "./loop-pressure.ts";
import { BEAT_MS, type LoopWatch, watchLoop } from "./loop-watch.ts";

/** Enrolments, lists and searches (Load "dear"), working and waiting. */
const DEAR_PLACES = 64;
const DEAR_AT_ONCE = 8;

export interface LoadWatch {
  loop: LoopWatch;
  admission: Admission;
  dearTurns: Turns;
  close(): void;
}

/** `most`: requests at work at once. `onStall` hears of a loop that was held for a second and more, in milliseconds. */
export function watchLoad(most: number, onStall: (ms: number) => void): LoadWatch {
  // Durations are by the real clock: who moves the engine's holds no loop.
  const tick = () => performance.now();
  const loop = watchLoop(tick, onStall);
  const admission = createAdmission(most);
  const pressure = watchPressure(tick, () => admission.logins);
  const dearTurns = createTurns({
    places: DEAR_PLACES,
    width: DEAR_AT_ONCE,
    isPressed: () => pressure.isHigh,
    after: (work, ms) => void setTimeout(work, ms),
    tick,
  });
  const beat = setInterval(() => {
    admission.observe(loop.beat());
    pressure.beat();
  }, BEAT_MS).unref();
  return { loop, admission, dearTurns, close: () => clearInterval(beat) };
}
