// What the floor of refusals (reject-floor.ts) follows, beside the cost of a single hash.

/** How fast a dear log-in is forgotten: after a hundred others a seventh of it is left. */
const FADING = 0.98;

/** What the PINs of one log-in cost lately, at most: a log-in hashes once for each token whose PIN is not remembered. */
export interface PinCost {
  /** milliseconds one log-in spent on hashes */
  observe(ms: number): void;
  /** milliseconds */
  readonly peak: number;
}

export function createPinCost(): PinCost {
  let peak = 0;
  return {
    observe(ms) {
      peak = Math.max(ms, peak * FADING);
    },
    get peak() {
      return peak;
    },
  };
}
