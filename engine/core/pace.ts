// Work on the event loop, cut into slices by measured time: what comes meanwhile waits for one slice, however long the work is.

/** Called between two small steps. Undefined: go on. A promise: the slice is over, go on when it is fulfilled. */
export type Pace = () => Promise<void> | undefined;

export interface PaceRules {
  /** Monotonic milliseconds. */
  tick: () => number;
  /** Fulfilled when everything that waits had its turn. */
  rest: () => Promise<void>;
  /** Length of a slice, milliseconds. */
  sliceMs?: number;
}

/** The pace of one piece of work; its first slice begins now. */
export function createPace({ tick, rest, sliceMs = 2 }: PaceRules): Pace {
  let end = tick() + sliceMs;
  const next = async () => {
    await rest();
    end = tick() + sliceMs;
  };
  return () => (tick() < end ? undefined : next());
}
