// Who is refused waits as long as password hashes take, whether or not any was computed: a remembered PIN, a wrong one, a user
// with several PINs and an unknown user then look the same on the clock. The wait is a timer and costs no CPU; accepted log-ins
// never wait.
//
// The floor follows the dearest log-in seen lately, but only between two and four hashes: users with up to two PINs look like
// everybody else whatever happened before, and nobody can hold the refusals of all above four hashes with many tokens of his own.
// What a hash costs is measured in the worker, and the wait for one is counted by those who wait now: so a flood of hashes raises the
// floor while it lasts (up to LONGEST_MS), or the wait would tell who was hashed from who was not, and not a moment longer.
// What stays visible: a user with more than four tokens of differing PINs, by refusals that come a multiple later; and one with
// three or four, to the first who asks after nobody was refused so late for a while.
import type { LoginEngine, LoginRequest } from "./types.ts";

/** The measured cost varies; a quarter more covers nearly all of it. */
const MARGIN = 1.25;
const FEWEST_HASHES = 2;
const MOST_HASHES = 4;
const LONGEST_MS = 3000;

/** Milliseconds, from those of one hash and of the dearest log-in lately. 0: nothing was measured yet. */
export function floorOf(hashMs: number, peakMs: number): number {
  const hashes = Math.min(MOST_HASHES * hashMs, Math.max(FEWEST_HASHES * hashMs, peakMs));
  return Math.min(LONGEST_MS, hashes * MARGIN);
}

/** Resolves at the next multiple of the floor after the request began: slower hashes fall on the next multiple, not between. */
export async function answerNoSoonerThanAHash(
  request: Pick<LoginRequest, "startedTick">,
  { vault, pinCost, rejectFloor, admission }: Pick<LoginEngine, "vault" | "pinCost" | "rejectFloor" | "admission">,
): Promise<void> {
  if (!rejectFloor) return;
  const floor = floorOf(vault.hashLatency, pinCost.peak);
  if (floor <= 0) return;
  const elapsed = performance.now() - request.startedTick;
  await admission.rest(Bun.sleep(Math.ceil(elapsed / floor) * floor - elapsed), "login");
}
