// The keeper: one thread of its own that holds the unlocked key ring and does nothing else, so it outlives the workers that do
// the work. It runs the scrypt of each attempt to unlock, one at a time. Only started for a ring sealed by a passphrase.
//
//   locked ── right passphrase ──▶ open          (never back: restart to lock)
import { parentPort, workerData } from "node:worker_threads";
import { serveRing } from "./handover.ts";
import type { WorkerSettings } from "./jobs.ts";
import { unsealRing } from "./key-ring.ts";
import { checkPairs, readRingFile } from "./keys.ts";

/** Asked by the event loop; one reply each, in order. */
export interface UnlockRequest {
  passphrase: string;
}
export type UnlockReply = { opened: boolean } | { fault: string };

const { keysDirectory, keeperChannel, keeperOpen } = workerData as WorkerSettings;
let ring: string | null = null;
let line: Promise<void> = Promise.resolve();

serveRing(keeperChannel, () => ring);
parentPort?.on("message", (request: UnlockRequest) => {
  line = line.then(async () => parentPort?.postMessage(await tryUnlock(request.passphrase)));
});

async function tryUnlock(passphrase: string): Promise<UnlockReply> {
  try {
    const text = await unsealRing(readRingFile(keysDirectory).text, passphrase);
    if (text === null) return { opened: false };
    checkPairs(keysDirectory, text);
    ring = text;
    Atomics.store(keeperOpen, 0, 1);
    return { opened: true };
  } catch (fault) {
    return { fault: (fault as Error).message };
  }
}
