// The pace of long answers on the event loop (core/pace.ts).
import { createPace, type Pace } from "../core/pace.ts";

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** For one answer; its first slice begins now. */
export const startPace = (): Pace => createPace({ tick: () => performance.now(), rest: nextTurn });

/** As `map` of a list, in slices. */
export async function mapPaced<From, To>(items: readonly From[], change: (item: From) => To, pace = startPace()): Promise<To[]> {
  const changed: To[] = [];
  for (const item of items) {
    const rest = pace();
    if (rest) await rest;
    changed.push(change(item));
  }
  return changed;
}
