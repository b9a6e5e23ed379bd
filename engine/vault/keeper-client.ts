// The event loop's side of the keeper: starts it when it is needed, passes passphrases and changes, starts it again if lost.
// A new keeper is locked. Workers that have the ring go on; when one of them is lost as well, the vault locks (ring-door.ts).
import { Worker } from "node:worker_threads";
import type { WorkerSettings } from "./jobs.ts";
import type { KeeperNews, KeeperReply, KeeperRequest } from "./keeper.ts";
import { KeyFileError } from "./keys.ts";
import type { RingEdit, RingInfo } from "./ring-info.ts";
import { DeviceUnavailableError, VaultBusyError, VaultLockedError } from "./vault.ts";

export interface Keeper {
  /** False: wrong passphrase. Throws VaultBusyError if too many attempts wait, KeyFileError if the ring is damaged. */
  unlock(passphrase: string): Promise<boolean>;
  /** Changes the ring; throws VaultLockedError, KeyFileError (it can not be, and why), DeviceUnavailableError. */
  edit(change: RingEdit): Promise<RingInfo>;
  describe(): Promise<RingInfo>;
  /** As it was last told; null until the keeper has looked at the ring. */
  readonly news: KeeperNews | null;
  /** Resolves when it has looked for the first time. */
  readonly settled: Promise<void>;
  stop(): Promise<void>;
}

/** Attempts that may wait at once. Each costs half a second of scrypt, and they run one after the other. */
const MAX_ATTEMPTS = 4;
/** Milliseconds a stop waits for the thread: it can not end inside a security module that hangs. */
const STOP_PATIENCE = 2000;

/** Starts the keeper's thread. `onNews` hears of every change of its state. */
export function startKeeper(settings: WorkerSettings, onNews: (news: KeeperNews) => void): Keeper {
  let waiting: ((reply: KeeperReply) => void)[] = [];
  let stopped = false;
  let news: KeeperNews | null = null;
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  let thread = start();

  function start(): Worker {
    const worker = new Worker(new URL("./keeper.ts", import.meta.url), { workerData: settings });
    worker.unref();
    worker.on("message", (message: KeeperReply | { news: KeeperNews }) => {
      if (!("news" in message)) return waiting.shift()?.(message);
      news = message.news;
      settle();
      onNews(news);
    });
    worker.on("error", () => undefined); // the exit that follows is what counts
    worker.on("exit", () => {
      Atomics.store(settings.keeperOpen, 0, 0);
      const lost = waiting;
      waiting = [];
      for (const reply of lost) reply({ fault: "the thread that opens the key ring was lost; try again", kind: "file" });
      if (!stopped) thread = start();
    });
    return worker;
  }

  async function ask(request: KeeperRequest): Promise<KeeperReply> {
    if (stopped || waiting.length >= MAX_ATTEMPTS) throw new VaultBusyError(MAX_ATTEMPTS);
    const reply = await new Promise<KeeperReply>((resolve) => {
      waiting.push(resolve);
      thread.postMessage(request);
    });
    if (!("fault" in reply)) return reply;
    if (reply.kind === "locked") throw new VaultLockedError(reply.fault);
    throw reply.kind === "device" ? new DeviceUnavailableError(reply.fault) : new KeyFileError(reply.fault);
  }

  async function askForInfo(request: KeeperRequest): Promise<RingInfo> {
    const reply = await ask(request);
    if (!("info" in reply)) throw new Error("the keeper answered another question");
    return reply.info;
  }

  return {
    settled,
    get news() {
      return news;
    },
    async unlock(passphrase) {
      const reply = await ask({ unlock: passphrase });
      return "opened" in reply && reply.opened;
    },
    edit: (change) => askForInfo({ edit: change }),
    describe: () => askForInfo({ describe: true }),
    async stop() {
      stopped = true;
      await Promise.race([thread.terminate(), new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE).unref())]);
    },
  };
}
