// The event loop's side of the keeper: starts it when it is needed, passes passphrases and changes, starts it again if lost.
// A new keeper is locked. Workers that have the ring go on; when one of them is lost as well, the vault locks (ring-door.ts).
import { Worker } from "node:worker_threads";
import { createBackoff } from "../core/backoff.ts";
import { DESCRIPTORS_MS, FOR_A_THREAD, hasDescriptors, NO_DESCRIPTORS } from "../workers/descriptors.ts";
import { describeFault, PATIENCE_MS, WorkersFailingError } from "../workers/failing.ts";
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
  /** Why there is none at the moment, when it dies again and again. */
  readonly fault: string | null;
  /** How often it died. */
  readonly lost: number;
  /** Resolves when it has looked for the first time, or dies again and again. */
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
  const backoff = createBackoff();
  let lost = 0;
  let cause = "";
  let fault: string | null = null;
  let restartAt = 0;
  let timer: Timer | undefined;
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  let thread: Worker | null = null;
  revive();

  function revive(): void {
    if (hasDescriptors(FOR_A_THREAD)) thread = start();
    else {
      fault = `the thread that opens the key ring is missing: ${NO_DESCRIPTORS}`;
      settle();
      restartAt = performance.now() + DESCRIPTORS_MS;
      timer = setTimeout(revive, DESCRIPTORS_MS).unref();
    }
  }

  function start(): Worker {
    const worker = new Worker(new URL("./keeper.ts", import.meta.url), { workerData: settings });
    worker.unref();
    worker.on("message", (message: KeeperReply | { news: KeeperNews }) => {
      if (!("news" in message)) return waiting.shift()?.(message);
      news = message.news;
      fault = null;
      settle();
      onNews(news);
    });
    worker.on("error", (error: Error) => {
      cause = error.message;
    });
    worker.on("exit", bury);
    return worker;
  }

  function bury(): void {
    Atomics.store(settings.keeperOpen, 0, 0);
    thread = null;
    const unanswered = waiting;
    waiting = [];
    for (const reply of unanswered) reply({ fault: "the thread that opens the key ring was lost; try again", kind: "file" });
    if (stopped) return;
    lost += 1;
    const pause = backoff.lose(performance.now());
    restartAt = performance.now() + pause;
    if (pause > PATIENCE_MS) {
      fault = describeFault("open the key ring", lost, cause, pause);
      settle();
    }
    timer = setTimeout(revive, pause).unref();
  }

  async function ask(request: KeeperRequest): Promise<KeeperReply> {
    if (stopped || waiting.length >= MAX_ATTEMPTS) throw new VaultBusyError(MAX_ATTEMPTS);
    const running = thread;
    if (running === null) {
      const seconds = Math.max(1, Math.ceil((restartAt - performance.now()) / 1000));
      throw fault === null ? new VaultBusyError(seconds) : new WorkersFailingError(fault, seconds);
    }
    const reply = await new Promise<KeeperReply>((resolve) => {
      waiting.push(resolve);
      running.postMessage(request);
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
    get fault() {
      return fault;
    },
    get lost() {
      return lost;
    },
    async unlock(passphrase) {
      const reply = await ask({ unlock: passphrase });
      return "opened" in reply && reply.opened;
    },
    edit: (change) => askForInfo({ edit: change }),
    describe: () => askForInfo({ describe: true }),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.race([thread?.terminate(), new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE).unref())]);
    },
  };
}
