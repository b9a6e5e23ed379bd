// TOTP, RFC 6238: HOTP over a number of time steps since 1970, as the contract counts them (rest-api.md 3.2).
// The value itself is hotp.ts's; here are the counters to try.

/** A time, step, window or shift no counter comes from. */
export class TotpInputError extends RangeError {
  override readonly name = "TotpInputError";
}

/**
 * The centre of the contract's window: the time step nearest to a moment, so int(t / step + 0.5). This rounds where RFC 6238 section 4.2
 * floors; the contract's windows are laid around the rounded value.
 * @param seconds since 1970, fractions allowed
 * @param step seconds, above 0
 */
export function totpCounter(seconds: number, step: number): number {
  assertTime(seconds, step);
  return Math.max(0, Math.floor(seconds / step + 0.5));
}

export interface TotpWindowInput {
  /** Seconds since 1970, fractions allowed. */
  now: number;
  /** Seconds a value is shown (timeStep). */
  step: number;
  /** Seconds to each side (timeWindow). */
  windowSeconds: number;
  /** Seconds the token's clock is ahead of ours (timeShift), negative when behind. */
  shiftSeconds: number;
}

export interface TotpWindow {
  /** First counter, inclusive. */
  from: number;
  /** End, exclusive. */
  until: number;
  /** What an accurate RFC 6238 client with this shift shows now: floor(t / step). Nearly every login matches here, so it is tried first. */
  first: number;
}

/**
 * The counters a token may show now: windowSeconds to each side of the rounded centre, the upper bound itself excluded.
 *
 * With step 30 and window 180 these are 12 counters. `first` is the centre or one below it (second half of a step), so it lies in the
 * window whenever that is a step wide. A window narrower than a step would be empty by that rule; it holds `first` alone here, so that
 * "no tolerance" does not mean "no login".
 * @throws TotpInputError
 */
export function totpWindow({ now, step, windowSeconds, shiftSeconds }: TotpWindowInput): TotpWindow {
  const time = now + shiftSeconds;
  assertTime(time, step);
  if (!(windowSeconds >= 0 && windowSeconds <= Number.MAX_SAFE_INTEGER))
    throw new TotpInputError("the window is no length of time");
  const centre = totpCounter(time, step);
  const first = Math.max(0, Math.floor(time / step));
  const reach = Math.floor(windowSeconds / step);
  return reach === 0
    ? { from: first, until: first + 1, first }
    : { from: Math.max(0, centre - reach), until: centre + reach, first };
}

function assertTime(seconds: number, step: number): void {
  if (!(step > 0 && Number.isFinite(step))) throw new TotpInputError("the time step is above 0 seconds");
  if (!(Math.abs(seconds / step) < 2 ** 52)) throw new TotpInputError("the time is no number of seconds since 1970");
}
