// How long each step of a login takes: a histogram a step with fixed bounds. Our own, because a metrics library's observe()
// costs about a microsecond a call with labels, and a login has seven of them; this one costs an array increment.

export const STEPS = ["subject", "guard", "candidates", "pin", "check", "commit", "total"] as const;
export type Step = (typeof STEPS)[number];

/** Upper bounds of the buckets in seconds; the last one is +Inf. */
export const BOUNDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
] as const;

export interface Histogram {
  buckets: Float64Array;
  sum: number;
  count: number;
}

export interface StepTimer {
  /** Records that `step` took from `since` (monotonic milliseconds) until now; returns now. */
  lap(step: Step, since: number): number;
  histograms: Record<Step, Histogram>;
}

/** `tick` is a monotonic clock in milliseconds, e.g. performance.now. */
export function createStepTimer(tick: () => number): StepTimer {
  const histograms = Object.fromEntries(
    STEPS.map((step) => [step, { buckets: new Float64Array(BOUNDS.length + 1), sum: 0, count: 0 }]),
  ) as Record<Step, Histogram>;
  return {
    histograms,
    lap(step, since) {
      const now = tick();
      const seconds = (now - since) / 1000;
      const histogram = histograms[step];
      let bucket = 0;
      while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket++;
      histogram.buckets[bucket] = (histogram.buckets[bucket] ?? 0) + 1;
      histogram.sum += seconds;
      histogram.count++;
      return now;
    },
  };
}
