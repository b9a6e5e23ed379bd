// The event loop's side of the keeper: starts it when the ring turns out to be sealed, passes passphrases, starts it again if lost.
// A new keeper is locked. Workers that have the ring go on; when one of them is lost as well, the vault locks (ring-door.ts).
import { Worker } from "node:worker_threads";
import type { WorkerSettings } from "./jobs.ts";
import type { UnlockReply, UnlockRequest } from "./keeper.ts";
import { KeyFileError } from "./keys.ts";
import { VaultBusyError } from "./vault.ts";

export interface Keeper {
  /** False: wrong passphrase. Throws VaultBusyError if too many attempts wait, KeyFileError if the ring is damaged. */
  unlock(passphrase: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Attempts that may wait at once. Each costs half a second of scrypt, and they run one after the other. */
const MAX_ATTEMPTS = 4;

/** Starts the keeper's thread. */
export function startKeeper(settings: WorkerSettings): Keeper {
  let waiting: ((reply: UnlockReply) => void)[] = [];
  let stopped = false;
  let thread = start();

  function start(): Worker {
    const worker = new Worker(new URL("./keeper.ts", import.meta.url), { workerData: settings });
    worker.unref();
    worker.on("message", (reply: UnlockReply) => waiting.shift()?.(reply));
    worker.on("error", () => undefined); // the exit that follows is what counts
    worker.on("exit", () => {
      Atomics.store(settings.keeperOpen, 0, 0);
      const lost = waiting;
      waiting = [];
      for (const settle of lost) settle({ fault: "the thread that opens the key ring was lost; try again" });
      if (!stopped) thread = start();
    });
    return worker;
  }

  return {
    async unlock(passphrase) {
      if (stopped || waiting.length >= MAX_ATTEMPTS) throw new VaultBusyError(MAX_ATTEMPTS);
      const reply = await new Promise<UnlockReply>((resolve) => {
        waiting.push(resolve);
        thread.postMessage({ passphrase } satisfies UnlockRequest);
      });
      if ("fault" in reply) throw new KeyFileError(reply.fault);
      return reply.opened;
    },
    async stop() {
      stopped = true;
      await thread.terminate();
    },
  };
}
