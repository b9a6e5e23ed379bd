// A worker of the fast lane. Reads the key files itself at its start; the key ring exists here (and in the keeper) and nowhere else.
// Jobs are computations, so what lacked a key (the ring file is newer) or the security module is put right and run once more.
import { constants, createHmac, sign } from "node:crypto";
import { parentPort, threadId, workerData } from "node:worker_threads";
import { move } from "piscina";
import { askToMend } from "./handover.ts";
import type { Answer, FastJob, RingNews, WorkerSettings } from "./jobs.ts";
import { readSessionKeys } from "./keys.ts";
import { ANSWER, answerBatch } from "./otp-batch.ts";
import { openDevice } from "./pkcs11/device.ts";
import { UnknownKeyError } from "./sealed-blob.ts";
import { runSmallJob } from "./small-jobs.ts";
import { makeSeed, openValue, sealValue } from "./values.ts";
import { DeviceUnavailableError, SealBrokenError, VaultLockedError } from "./vault.ts";
import { createWorkerRing } from "./worker-ring.ts";

const settings = workerData as WorkerSettings;
const device = settings.device && openDevice(settings.device, settings.deviceGate);
const ring = createWorkerRing(settings, device);
let sessionMac: Uint8Array | null = null;
let mending: Promise<boolean> | null = null;

await start();

/** Runs one job; never rejects, so a rejection always means a lost worker. */
export async function handle(job: FastJob): Promise<unknown> {
  try {
    if (job.kind === "session-mac") return succeed(macSession(job.message));
    if (ring.current === null) await ring.open();
    if (job.kind === "batch") return move((await runBatch(job.bytes)).buffer);
    if (LOOKING.has(job.kind) && ring.hasChanged()) await ring.reopen();
    return succeed(await runSingle(job));
  } catch (fault) {
    return describeFault(fault);
  }
}

/** Jobs that seal under the active key as it is now, and the one that asks for the ring. */
const LOOKING: ReadonlySet<FastJob["kind"]> = new Set(["seal", "new-seed", "reseal", "open-ring"]);

async function start(): Promise<void> {
  try {
    sessionMac = readSessionKeys(settings.keysDirectory).mac;
    await ring.open();
    report(ring.current === null ? "locked" : "open", "");
  } catch (fault) {
    report("failed", (fault as Error).message);
  }
}

/** Gets the session with the module back; the jobs that wait for it share one try. */
function mendDevice(): Promise<boolean> {
  mending ??= askToMend(settings.keeperChannel, settings.device?.timeout ?? 0)
    .then((mended) => {
      if (mended) device?.reconnect();
      return mended;
    })
    .catch(() => false)
    .finally(() => {
      mending = null;
    });
  return mending;
}

function report(state: RingNews["ring"], message: string): void {
  parentPort?.postMessage({ ring: state, threadId, message } satisfies RingNews);
}

async function runBatch(bytes: Uint8Array): Promise<Float64Array<ArrayBuffer>> {
  let answers = answerBatch(bytes, runBatchJob);
  if (answers.includes(ANSWER.unknownKey) && ring.hasChanged()) {
    await catchUp();
    answers = answerBatch(bytes, runBatchJob);
  }
  if (answers.includes(ANSWER.unavailable) && (await mendDevice())) answers = answerBatch(bytes, runBatchJob);
  return ring.behind ? answers.map((answer) => (answer === ANSWER.unknownKey ? ANSWER.locked : answer)) : answers;
}

function runBatchJob(job: Parameters<typeof runSmallJob>[1]): number {
  return ring.current === null ? ANSWER.locked : runSmallJob(ring.current, job);
}

async function runSingle(job: RingJob): Promise<unknown> {
  try {
    return runRingJob(job);
  } catch (fault) {
    if (fault instanceof UnknownKeyError && ring.hasChanged()) {
      await catchUp();
      if (ring.behind) throw new VaultLockedError("the key ring was sealed anew and has to be unlocked again");
      return runRingJob(job);
    }
    if (fault instanceof DeviceUnavailableError && device && (await mendDevice())) return runRingJob(job);
    throw fault;
  }
}

/** Reads the newer ring. Where nobody has opened it yet, the event loop hears of it, so that somebody can. */
async function catchUp(): Promise<void> {
  await ring.reopen();
  if (ring.behind) report("behind", "");
}

function macSession(message: Uint8Array): Uint8Array {
  sessionMac ??= readSessionKeys(settings.keysDirectory).mac;
  return new Uint8Array(createHmac("sha256", sessionMac).update(message).digest());
}

type RingJob = Exclude<FastJob, { kind: "batch" | "session-mac" }>;

function runRingJob(job: RingJob): unknown {
  const open = ring.current;
  if (open === null) throw new VaultLockedError("the key ring is locked");
  switch (job.kind) {
    case "open-ring":
      if (ring.behind) throw new VaultLockedError("the key ring was sealed anew and has to be unlocked again");
      return threadId;
    case "seal":
      return sealValue(open, job.clear, job.context);
    case "unseal":
      return openValue(open, job.sealed, job.context);
    case "reseal":
      return job.values.map(({ sealed, context }) => {
        const clear = openValue(open, sealed, context);
        const again = sealValue(open, clear, context);
        clear.fill(0);
        return again;
      });
    case "new-seed":
      return makeSeed(open, job.length, job.context);
    case "sign-response": {
      // rest-api.md 1.6: RSA-PSS, SHA-256, MGF1-SHA-256, the longest salt that fits (222 bytes at 2048 bits).
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN };
      return new Uint8Array(sign("sha256", job.message, { key: open.response, ...padding }));
    }
    case "sign-audit":
      return new Uint8Array(sign(null, job.message, open.audit));
  }
}

function succeed(value: unknown): Answer {
  return { ok: true, value };
}

function describeFault(fault: unknown): Answer {
  const message = (fault as Error).message;
  if (fault instanceof SealBrokenError) return { ok: false, fault: "broken", message };
  if (fault instanceof VaultLockedError) return { ok: false, fault: "locked", message };
  if (fault instanceof DeviceUnavailableError) return { ok: false, fault: "device", message };
  return { ok: false, fault: fault instanceof RangeError ? "range" : "internal", message };
}
