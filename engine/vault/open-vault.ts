// Puts the vault together: two lanes of workers, the batcher before the fast one, and the keeper if the key ring is sealed.
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { MAX_SEARCH } from "../core/hotp.ts";
import type { DeviceSettings } from "./device.ts";
import type { DearJob, FastJob, Verified, WorkerSettings } from "./jobs.ts";
import { readPublicKeys } from "./keys.ts";
import { type Lane, openLane } from "./lane.ts";
import { ANSWER } from "./otp-batch.ts";
import { type HashCost, isOutdated, parseArgon2 } from "./password-cost.ts";
import { makeGate } from "./pkcs11/gate.ts";
import { openRingDoor } from "./ring-door.ts";
import { makeSingleRunner } from "./single-runner.ts";
import { IN_FLIGHT, makeBatcher } from "./small-job-batcher.ts";
import { DeviceUnavailableError, type OtpSearch, SealBrokenError, type SealedSecret, type Vault } from "./vault.ts";

export interface VaultOptions {
  keysDirectory: string;
  /** Default: one less than the cores, at least 1. */
  fastWorkers?: number;
  /** Default: half of the cores, at least 1. */
  dearWorkers?: number;
  /** Jobs accepted and unanswered at most; default 20000. */
  fastQueue?: number;
  /** The same of the dear lane; default 64. */
  dearQueue?: number;
  /** The security module; null or absent: none. */
  device?: DeviceSettings | null;
  hash: HashCost;
}

/** Single jobs (signatures, seals) under way for each fast worker, beside the batches. */
const SINGLES_IN_FLIGHT = 2;
/** How much a new measurement moves the cost of a hash. */
const SMOOTHING = 0.1;
/** Longest secret `equals` compares and longest candidate that crosses to a worker. */
const MAX_CANDIDATE = 65_536;

/** The vault, and its lanes for those who watch or disturb its workers (tests). */
export interface RunningVault {
  vault: Vault;
  fast: Lane<FastJob>;
  dear: Lane<DearJob>;
}

/**
 * Starts the workers and waits until each has read its keys. The vault is `ready`, or locked if a passphrase seals the ring.
 * Throws KeyFileError if a key file is missing, readable by others, or damaged.
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  return (await startVault(options)).vault;
}

/** `openVault` for those who also need the lanes. */
export async function startVault(options: VaultOptions): Promise<RunningVault> {
  const cores = availableParallelism();
  const fastWorkers = options.fastWorkers ?? Math.max(1, cores - 1);
  const dearWorkers = options.dearWorkers ?? Math.max(1, Math.floor(cores / 2));
  const publicKeys = readPublicKeys(options.keysDirectory);
  const settings: WorkerSettings = {
    keysDirectory: options.keysDirectory,
    keeperChannel: `ostiary-keeper-${randomBytes(16).toString("hex")}`,
    keeperOpen: new Int32Array(new SharedArrayBuffer(4)),
    device: options.device ?? null,
    deviceGate: makeGate(),
    cost: options.hash,
  };
  const fast = openLane<FastJob>({
    filename: new URL("./fast-worker.ts", import.meta.url),
    task: "check one-time passwords",
    workers: fastWorkers,
    concurrent: IN_FLIGHT + SINGLES_IN_FLIGHT,
    limit: options.fastQueue ?? 20_000,
    pace: 0.05,
    settings,
    ...(options.device ? { deadline: options.device.timeout } : {}),
  });
  const dear = openLane<DearJob>({
    filename: new URL("./dear-worker.ts", import.meta.url),
    task: "check PINs and passwords",
    workers: dearWorkers,
    concurrent: 1,
    limit: options.dearQueue ?? 64,
    pace: 50,
    settings,
  });
  const door = openRingDoor(fast, fastWorkers, settings);
  const runFast = makeSingleRunner(fast, SINGLES_IN_FLIGHT * fastWorkers);
  const runDear = makeSingleRunner(dear, dearWorkers);
  const batch = makeBatcher(fast, fastWorkers);
  let hashMs = 0;
  let hashing = 0;
  let closed: Promise<void> | null = null;

  /** Runs a job that needs the ring. Not sent at all while it is locked. */
  const runOpen = <T>(job: FastJob): Promise<T> => (door.unlocked ? runFast<T>(job) : Promise.reject(door.describeLocked()));

  const runSmall = (search: OtpSearch, kind: "search" | "equals"): Promise<number> =>
    new Promise((resolve, reject) => {
      if (kind === "search") checkSearch(search);
      if (!door.unlocked) throw door.describeLocked();
      fast.admit();
      const { sealed, context, algorithm, digits, from, until, first } = search;
      // An OTP of another length matches nothing and need not travel, however long it is; the seal is checked all the same.
      const candidate = kind === "search" && search.otp.length !== digits ? "" : search.otp;
      const settle = (answer: number) => {
        if (answer >= ANSWER.none) resolve(answer);
        else reject(answer === ANSWER.locked ? door.describeLocked() : describeAnswer(answer, door.reason));
      };
      batch({ kind, sealed, context, candidate, algorithm, digits, from, until, first, settle, refuse: reject });
    });

  /** QR codes lie in the same queue, but take a fiftieth of the time. */
  const runHash = async <T>(job: DearJob): Promise<T> => {
    hashing++;
    try {
      return await runDear<T>(job);
    } finally {
      hashing--;
    }
  };

  const measureVerify = async (job: DearJob & { kind: "verify" }): Promise<boolean> => {
    const { matches, ms } = await runHash<Verified>(job);
    // Only what was hashed: an unreadable hash answers at once and would pull the value down.
    if (parseArgon2(job.hash) !== null) hashMs += SMOOTHING * (ms - hashMs);
    return matches;
  };

  const vault: Vault = {
    get ready() {
      return door.ready;
    },
    get reason() {
      return door.reason;
    },
    get fault() {
      return fast.fault ?? dear.fault;
    },
    get keeperFault() {
      return door.keeperFault;
    },
    unlock: (passphrase) => door.unlock(passphrase),
    editRing: (change) => door.keeper().edit(change),
    describeRing: () => door.keeper().describe(),
    findOtp: (search) => runSmall(search, "search"),
    async equals(sealed, context, candidate) {
      if (candidate.length > MAX_CANDIDATE) return false;
      const job: OtpSearch = { sealed, context, otp: candidate, algorithm: "sha1", digits: 0, from: 0, until: 0, first: 0 };
      return (await runSmall(job, "equals")) === ANSWER.matches;
    },
    seal: (clear, context) => runOpen<Uint8Array>({ kind: "seal", clear, context }),
    unseal: (sealed, context) => runOpen<Uint8Array>({ kind: "unseal", sealed, context }),
    reseal: (values) => runOpen<Uint8Array[]>({ kind: "reseal", values }),
    async newSeed(length, context) {
      if (!Number.isInteger(length) || length < 1 || length > 1024) throw new RangeError("a seed has 1 to 1024 bytes");
      return runOpen<SealedSecret>({ kind: "new-seed", length, context });
    },
    sessionMac: (message) => runFast<Uint8Array>({ kind: "session-mac", message }),
    signResponse: (message) => runOpen<Uint8Array>({ kind: "sign-response", message }),
    signAudit: (message) => runOpen<Uint8Array>({ kind: "sign-audit", message }),
    verifyPassword: (password, hash, peppered = false) => measureVerify({ kind: "verify", password, hash, peppered }),
    hashPassword: (password, peppered = false) => runHash<string>({ kind: "hash", password, peppered }),
    renderQrs: (texts) => runDear<Uint8Array[]>({ kind: "qr", texts }),
    needsRehash: (hash) => isOutdated(hash, options.hash),
    get hashLatency() {
      return hashMs * (1 + hashing / dearWorkers);
    },
    publicKeys: async () => publicKeys,
    get gauges() {
      return { fastQueued: fast.queued, dearQueued: dear.queued, restarts: fast.restarts + dear.restarts + door.keeperLost };
    },
    close() {
      closed ??= Promise.all([fast.stop(), dear.stop(), door.stop()]).then(() => undefined);
      return closed;
    },
  };
  try {
    await Promise.all([door.settled, measureHash(runDear).then((measured) => (hashMs = measured))]);
  } catch (fault) {
    await vault.close();
    throw fault;
  }
  return { vault, fast, dear };
}

/** One hash on a warm worker, in milliseconds: what a verification costs while nobody waits. */
async function measureHash(run: <T>(job: DearJob) => Promise<T>): Promise<number> {
  await run({ kind: "idle" });
  const start = performance.now();
  await run({ kind: "hash", password: "start-up measurement", peppered: false });
  return performance.now() - start;
}

function checkSearch({ digits, from, until, first, algorithm }: OtpSearch): void {
  const isCounter = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (algorithm !== "sha1" && algorithm !== "sha256" && algorithm !== "sha512")
    throw new RangeError("the algorithm is not known");
  if (!Number.isInteger(digits) || digits < 4 || digits > 10) throw new RangeError("an OTP has 4 to 10 digits");
  if (!isCounter(from) || !isCounter(until) || !Number.isSafeInteger(first)) throw new RangeError("a counter is a whole number");
  if (until - from > MAX_SEARCH) throw new RangeError("the window of counters is too wide");
}

function describeAnswer(answer: number, reason: string | null): Error {
  if (answer === ANSWER.broken) return new SealBrokenError("a sealed secret does not open");
  if (answer === ANSWER.unknownKey) return new SealBrokenError("the key ring does not hold the key of a sealed secret");
  if (answer === ANSWER.unavailable) return new DeviceUnavailableError(reason ?? "the security module does not answer");
  return new Error("a worker of the vault could not run a job");
}
