// How long the event loop was held: everybody's log-in waits for whatever runs there. A timer beats every 10 ms, and as much as it
// comes late, something held the loop. A stall shows shortened by up to one beat, since it may begin anywhere between two.
// Not monitorEventLoopDelay of node:perf_hooks, which is right on Bun 1.4.5, too: it knows nothing of a stall before it is over, has
// one maximum for all who ask, and no minutes.
import { createHistogram, type Histogram, observe } from "../core/histogram.ts";

export const BEAT_MS = 10;
const WINDOW_SECONDS = 60;
/** From here on it is a line in the log. */
const WORTH_TELLING_MS = 1000;
const BOUNDS = [0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5];

export interface LoopWatch {
  /** Called by the timer. How late it was, milliseconds. */
  beat(): number;
  /** Milliseconds, the one that goes on at this moment included: of the last minute, and since the start. */
  longest(): { minute: number; ever: number };
  /** Every beat by its lateness. */
  readonly histogram: Histogram;
}

/** `tick`: monotonic milliseconds. `onStall` hears of those worth telling, in milliseconds. */
export function watchLoop(tick: () => number, onStall: (ms: number) => void): LoopWatch {
  const histogram = createHistogram(BOUNDS);
  /** The longest of each of the last seconds, at its number modulo the window. */
  const ring = new Float64Array(WINDOW_SECONDS);
  let last = tick();
  let newest = toSecond(last);
  let ever = 0;

  function toSecond(at: number): number {
    return Math.floor(at / 1000);
  }

  /** Seconds that came since begin empty. */
  function turnTo(second: number): void {
    for (let steps = Math.min(second - newest, WINDOW_SECONDS); steps > 0; steps--)
      ring[(second - steps + 1) % WINDOW_SECONDS] = 0;
    newest = second;
  }

  return {
    histogram,
    beat() {
      const now = tick();
      const late = Math.max(0, now - last - BEAT_MS);
      last = now;
      observe(histogram, late / 1000);
      turnTo(toSecond(now));
      const place = newest % WINDOW_SECONDS;
      ring[place] = Math.max(ring[place] ?? 0, late);
      ever = Math.max(ever, late);
      if (late >= WORTH_TELLING_MS) onStall(Math.round(late));
      return late;
    },
    longest() {
      const now = tick();
      turnTo(toSecond(now));
      const goingOn = Math.max(0, now - last - BEAT_MS);
      return { minute: ring.reduce((a, b) => Math.max(a, b), goingOn), ever: Math.max(ever, goingOn) };
    },
  };
}
