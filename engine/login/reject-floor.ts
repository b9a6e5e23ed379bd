// Who is refused waits as long as password hashes take, whether or not any was computed: a remembered PIN, a wrong one, a user
// with several PINs and an unknown user then look the same on the clock. The wait is a timer and costs no CPU; accepted log-ins
// never wait.
import type { LoginEngine, LoginRequest } from "./types.ts";

/** The measured cost varies; a quarter more covers nearly all of it. */
const MARGIN = 1.25;
const LONGEST_MS = 3000;

/** Resolves at the next multiple of the floor after the request began: slower hashes fall on the next multiple, not between. */
export async function answerNoSoonerThanAHash(
  request: Pick<LoginRequest, "startedTick">,
  { vault, pinCost, rejectFloor }: Pick<LoginEngine, "vault" | "pinCost" | "rejectFloor">,
): Promise<void> {
  if (!rejectFloor) return;
  const floor = Math.min(LONGEST_MS, Math.max(vault.hashLatency, pinCost.peak) * MARGIN);
  if (floor <= 0) return;
  const elapsed = performance.now() - request.startedTick;
  await Bun.sleep(Math.ceil(elapsed / floor) * floor - elapsed);
}
