// Notices when somebody sets the clock: the time of day against the clock that only runs. What depends on the time of day (TOTP,
// validity, sessions, the times in the trail) was wrong before or is wrong now, so log, trail, metrics and GET /readyz say so.
// Both clocks are slewed alike, so their difference changes by steps only, and small steps add up.

/** A step below it is what NTP does at its start. */
const JUMP_MS = 1000;
/** How long GET /readyz shows it. */
const SHOWN_MS = 3_600_000;

export interface ClockWatch {
  /** Compares now; called once a second. */
  look(): void;
  /** How often the clock was set since the start. */
  readonly jumps: number;
}

export interface ClockWatchOptions {
  /** milliseconds since 1970 */
  now: () => number;
  /** monotonic milliseconds */
  tick: () => number;
  /** The sentence, without a point; null: the last jump is an hour ago. */
  onJump(text: string | null): void;
}

export function watchClock({ now, tick, onJump }: ClockWatchOptions): ClockWatch {
  const readDifference = () => now() - tick();
  let known = readDifference();
  let jumpedAt: number | null = null;
  let jumps = 0;
  return {
    look() {
      const step = readDifference() - known;
      if (Math.abs(step) >= JUMP_MS) {
        known += step;
        jumps += 1;
        jumpedAt = tick();
        onJump(describeJump(step));
      } else if (jumpedAt !== null && tick() - jumpedAt >= SHOWN_MS) {
        jumpedAt = null;
        onJump(null);
      }
    },
    get jumps() {
      return jumps;
    },
  };
}

function describeJump(step: number): string {
  return `the clock of the machine was set ${step > 0 ? "forward" : "back"} by ${(Math.abs(step) / 1000).toFixed(1)} s`;
}
