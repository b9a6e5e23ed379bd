// Who is refused waits as long as a password hash takes, whether or not one was computed: a remembered PIN, a wrong one and
// an unknown user then look the same on the clock. The wait is a timer and costs no CPU; accepted log-ins never wait.
import type { LoginEngine, LoginRequest } from "./types.ts";

/** The measured cost varies; a quarter more covers nearly all of it. */
const MARGIN = 1.25;
const LONGEST_MS = 3000;

/** Resolves at the next multiple of the floor after the request began: slower hashes fall on the next multiple, not between. */
export async function answerNoSoonerThanAHash(
  request: Pick<LoginRequest, "startedTick">,
  { vault, rejectFloor }: Pick<LoginEngine, "vault" | "rejectFloor">,
): Promise<void> {
  if (!rejectFloor) return;
  const floor = Math.min(LONGEST_MS, vault.hashLatency * MARGIN);
  if (floor <= 0) return;
  const elapsed = performance.now() - request.startedTick;
  await Bun.sleep(Math.ceil(elapsed / floor) * floor - elapsed);
}
