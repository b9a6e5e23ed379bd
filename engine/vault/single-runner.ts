// Runs jobs that travel alone, a few at a time and in their order, so that a flood of signatures does not stand before the OTP batches.
import type { Answer } from "./jobs.ts";
import type { Lane } from "./lane.ts";
import { DeviceUnavailableError, SealBrokenError, VaultLockedError } from "./vault.ts";

/** Makes the function that runs a job of `lane`, `width` at most at once. It rejects with the typed errors of vault.ts. */
export function makeSingleRunner<J>(lane: Lane<J>, width: number): <T>(job: J) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async <T>(job: J): Promise<T> => {
    lane.admit();
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return readAnswer((await lane.run(() => ({ job }))) as Answer) as T;
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
      lane.leave(1);
    }
  };
}

function readAnswer(answer: Answer): unknown {
  if (answer.ok) return answer.value;
  if (answer.fault === "broken") throw new SealBrokenError(answer.message);
  if (answer.fault === "device") throw new DeviceUnavailableError(answer.message);
  if (answer.fault === "locked") throw new VaultLockedError(answer.message);
  throw answer.fault === "range" ? new RangeError(answer.message) : new Error(answer.message);
}
