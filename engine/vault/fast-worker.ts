// A worker of the fast lane. Reads the key files itself at its start; the key ring exists here (and in the keeper) and nowhere else.
//
//   start ── plain ring ─────────────▶ open
//     └──── sealed ring, or keys in a module ── ask keeper ─▶ open | locked ── next job that needs the ring asks again ─▶ open
//
// The ring is read anew when its file was replaced: before anything is sealed, and when a value names a key the ring has not. A ring
// file is durable before the first value under its new key, so no value comes too early.
import { constants, createHmac, sign } from "node:crypto";
import { parentPort, threadId, workerData } from "node:worker_threads";
import { move } from "piscina";
import { askToMend, fetchRing } from "./handover.ts";
import type { Answer, FastJob, RingNews, WorkerSettings } from "./jobs.ts";
import { findDeviceKey, type KeyRing, parseRing } from "./key-ring.ts";
import { readRingFile, readSessionKeys, ringPath } from "./keys.ts";
import { ANSWER, answerBatch } from "./otp-batch.ts";
import { openDevice } from "./pkcs11/device.ts";
import { UnknownKeyError } from "./sealed-blob.ts";
import { stampOf } from "./secret-file.ts";
import { runSmallJob } from "./small-jobs.ts";
import { makeSeed, openValue, sealValue } from "./values.ts";
import { DeviceUnavailableError, SealBrokenError, VaultLockedError } from "./vault.ts";

/** The keeper answers in a millisecond; after this the worker starts locked and asks again later. */
const KEEPER_PATIENCE = 2000;
/** With five retries and a restart of the module the keeper needs a second or so. */
const MEND_PATIENCE = 10_000;

const settings = workerData as WorkerSettings;
const path = ringPath(settings.keysDirectory);
const device = settings.device && openDevice(settings.device, settings.deviceGate);
let ring: KeyRing | null = null;
/** Of the file that `ring` came from, or that could not be opened. */
let stamp = "";
let sessionMac: Uint8Array | null = null;
let mending: Promise<boolean> | null = null;

await start();

/** Runs one job; never rejects, so a rejection always means a lost worker. */
export async function handle(job: FastJob): Promise<unknown> {
  try {
    if (job.kind === "session-mac") return succeed(macSession(job.message));
    if (ring === null) await openRing();
    if (job.kind === "batch") return move((await runBatch(job.bytes)).buffer);
    if (SEALING.has(job.kind) && stampOf(path) !== stamp) await reopenRing();
    return succeed(await runSingle(job));
  } catch (fault) {
    return describeFault(fault);
  }
}

const SEALING: ReadonlySet<FastJob["kind"]> = new Set(["seal", "new-seed", "reseal"]);

async function start(): Promise<void> {
  try {
    sessionMac = readSessionKeys(settings.keysDirectory).mac;
    await openRing();
    report(ring === null ? "locked" : "open", "");
  } catch (fault) {
    report("failed", (fault as Error).message);
  }
}

async function openRing(): Promise<void> {
  const seen = stampOf(path);
  const file = readRingFile(settings.keysDirectory);
  const isReadable = file.form === "plain" && findDeviceKey(file.text, true) === null;
  const text = isReadable ? file.text : await askKeeper();
  stamp = seen;
  if (text !== null) ring = parseRing(text, device);
}

/** After a change of the file. What can not be read now leaves the worker with the ring it has. */
async function reopenRing(): Promise<void> {
  await openRing().catch(() => undefined);
}

async function askKeeper(): Promise<string | null> {
  return Atomics.load(settings.keeperOpen, 0) === 1 ? fetchRing(settings.keeperChannel, KEEPER_PATIENCE) : null;
}

/** Gets the session with the module back; the jobs that wait for it share one try. */
function mendDevice(): Promise<boolean> {
  mending ??= askToMend(settings.keeperChannel, MEND_PATIENCE)
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

/** All jobs are computations: what lacked a key or the module is put right, and the batch is run once more. */
async function runBatch(bytes: Uint8Array): Promise<Float64Array<ArrayBuffer>> {
  let answers = answerBatch(bytes, runBatchJob);
  if (answers.includes(ANSWER.unknownKey) && stampOf(path) !== stamp) {
    await reopenRing();
    answers = answerBatch(bytes, runBatchJob);
  }
  if (answers.includes(ANSWER.unavailable) && (await mendDevice())) answers = answerBatch(bytes, runBatchJob);
  return answers;
}

function runBatchJob(job: Parameters<typeof runSmallJob>[1]): number {
  return ring === null ? ANSWER.locked : runSmallJob(ring, job);
}

async function runSingle(job: Exclude<FastJob, { kind: "batch" | "session-mac" }>): Promise<unknown> {
  try {
    return runRingJob(job);
  } catch (fault) {
    if (fault instanceof UnknownKeyError && stampOf(path) !== stamp) {
      await reopenRing();
      return runRingJob(job);
    }
    if (fault instanceof DeviceUnavailableError && device && (await mendDevice())) return runRingJob(job);
    throw fault;
  }
}

function macSession(message: Uint8Array): Uint8Array {
  sessionMac ??= readSessionKeys(settings.keysDirectory).mac;
  return new Uint8Array(createHmac("sha256", sessionMac).update(message).digest());
}

function runRingJob(job: Exclude<FastJob, { kind: "batch" | "session-mac" }>): unknown {
  const open = ring;
  if (open === null) throw new VaultLockedError("the key ring is locked");
  switch (job.kind) {
    case "open-ring":
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
