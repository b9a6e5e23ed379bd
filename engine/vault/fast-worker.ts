// A worker of the fast lane. Reads the key files itself at its start; the key ring exists here (and in the keeper) and nowhere else.
//
//   start ── plain ring ─────────────▶ open
//     └──── sealed ring ── ask keeper ─▶ open | locked ── next job that needs the ring asks again ─▶ open
import { constants, createHmac, randomBytes, sign } from "node:crypto";
import { parentPort, threadId, workerData } from "node:worker_threads";
import { move } from "piscina";
import { fetchRing } from "./handover.ts";
import type { Answer, FastJob, RingNews, WorkerSettings } from "./jobs.ts";
import { type KeyRing, parseRing } from "./key-ring.ts";
import { readRingFile, readSessionKeys } from "./keys.ts";
import { ANSWER, answerBatch } from "./otp-batch.ts";
import { openBlob, sealBlob } from "./sealed-blob.ts";
import { runSmallJob } from "./small-jobs.ts";
import { SealBrokenError, VaultLockedError } from "./vault.ts";

/** The keeper answers in a millisecond; after this the worker starts locked and asks again later. */
const KEEPER_PATIENCE = 2000;

const settings = workerData as WorkerSettings;
let ring: KeyRing | null = null;
let sessionMac: Uint8Array | null = null;

await start();

/** Runs one job; never rejects, so a rejection always means a lost worker. */
export async function handle(job: FastJob): Promise<unknown> {
  try {
    if (job.kind === "session-mac") return succeed(macSession(job.message));
    if (ring === null) await openRing();
    if (job.kind === "batch") return move(answerBatch(job.bytes, runBatchJob).buffer);
    if (ring === null) throw new VaultLockedError("the key ring is locked");
    return succeed(runRingJob(ring, job));
  } catch (fault) {
    return describeFault(fault);
  }
}

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
  const file = readRingFile(settings.keysDirectory);
  const text = file.sealed ? await askKeeper() : file.text;
  if (text !== null) ring ??= parseRing(text);
}

async function askKeeper(): Promise<string | null> {
  return Atomics.load(settings.keeperOpen, 0) === 1 ? fetchRing(settings.keeperChannel, KEEPER_PATIENCE) : null;
}

function report(state: RingNews["ring"], message: string): void {
  parentPort?.postMessage({ ring: state, threadId, message } satisfies RingNews);
}

function runBatchJob(job: Parameters<typeof runSmallJob>[1]): number {
  return ring === null ? ANSWER.locked : runSmallJob(ring, job);
}

function macSession(message: Uint8Array): Uint8Array {
  sessionMac ??= readSessionKeys(settings.keysDirectory).mac;
  return new Uint8Array(createHmac("sha256", sessionMac).update(message).digest());
}

function runRingJob(open: KeyRing, job: Exclude<FastJob, { kind: "batch" | "session-mac" }>): unknown {
  switch (job.kind) {
    case "open-ring":
      return threadId;
    case "seal":
      return sealWith(open, job.clear, job.context);
    case "unseal":
      return new Uint8Array(openBlob((id) => open.sealKeys.get(id), job.sealed, job.context));
    case "new-seed": {
      const clear = new Uint8Array(randomBytes(job.length));
      return { sealed: sealWith(open, clear, job.context), clear };
    }
    case "sign-response": {
      // rest-api.md 1.6: RSA-PSS, SHA-256, MGF1-SHA-256, the longest salt that fits (222 bytes at 2048 bits).
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN };
      return new Uint8Array(sign("sha256", job.message, { key: open.response, ...padding }));
    }
    case "sign-audit":
      return new Uint8Array(sign(null, job.message, open.audit));
  }
}

function sealWith(open: KeyRing, clear: Uint8Array, context: string): Uint8Array {
  const key = open.sealKeys.get(open.activeId);
  if (key === undefined) throw new Error("the key ring has no active key");
  return sealBlob(key, open.activeId, randomBytes(12), clear, context);
}

function succeed(value: unknown): Answer {
  return { ok: true, value };
}

function describeFault(fault: unknown): Answer {
  const message = (fault as Error).message;
  if (fault instanceof SealBrokenError) return { ok: false, fault: "broken", message };
  if (fault instanceof VaultLockedError) return { ok: false, fault: "locked", message };
  return { ok: false, fault: fault instanceof RangeError ? "range" : "internal", message };
}
