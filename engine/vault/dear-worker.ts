// A worker of the dear lane: password hashes and QR codes, at the lowest priority that still gets its share, so that a flood
// of hashes leaves the fast lane and the event loop their cores (decisions.md 4: login p99 5.0 → 1.3 ms).
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { workerData } from "node:worker_threads";
import type { Answer, DearJob, Verified, WorkerSettings } from "./jobs.ts";
import { readSessionKeys } from "./keys.ts";
import { checkPasswordHash, makePasswordHash } from "./passwords.ts";
import { renderQrPng } from "./qr-png.ts";

const NICE = 15;

const settings = workerData as WorkerSettings;
lowerPriority();

/** Runs one job; never rejects, so a rejection always means a lost worker. */
export function handle(job: DearJob): Answer {
  try {
    return { ok: true, value: runJob(job) };
  } catch (fault) {
    return { ok: false, fault: fault instanceof RangeError ? "range" : "internal", message: (fault as Error).message };
  }
}

function runJob(job: DearJob): unknown {
  switch (job.kind) {
    case "idle":
      return true;
    case "verify": {
      const began = performance.now();
      const matches = checkPasswordHash(season(job), job.hash);
      return { matches, ms: performance.now() - began } satisfies Verified;
    }
    case "hash":
      return makePasswordHash(season(job), settings.cost);
    case "qr":
      return job.texts.map(renderQrPng);
  }
}

/** The pepper goes before the password (rest-api.md 4), so peppered hashes of a migrated database verify. */
function season(job: { password: string; peppered: boolean }): string {
  return job.peppered ? readPepper() + job.password : job.password;
}

let pepper: string | null = null;
function readPepper(): string {
  pepper ??= readSessionKeys(settings.keysDirectory).pepper;
  return pepper;
}

/** Linux gives every thread its own nice value under its thread id; elsewhere there is nothing to lower. */
function lowerPriority(): void {
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), NICE);
  } catch {
    // no /proc, or not allowed: slower neighbours, nothing worse
  }
}
