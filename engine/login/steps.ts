// How long each step of a login takes.
import { createHistogram, type Histogram, observe } from "../core/histogram.ts";

export const STEPS = ["subject", "guard", "candidates", "pin", "check", "commit", "total"] as const;
export type Step = (typeof STEPS)[number];

const BOUNDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface StepTimer {
  /** Records that `step` took from `since` (monotonic milliseconds) until now; returns now. */
  lap(step: Step, since: number): number;
  histograms: Record<Step, Histogram>;
}

/** `tick` is a monotonic clock in milliseconds, e.g. performance.now. */
export function createStepTimer(tick: () => number): StepTimer {
  const histograms = Object.fromEntries(STEPS.map((step) => [step, createHistogram(BOUNDS)])) as Record<Step, Histogram>;
  return {
    histograms,
    lap(step, since) {
      const now = tick();
      observe(histograms[step], (now - since) / 1000);
      return now;
    },
  };
}
