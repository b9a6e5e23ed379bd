// What a fast worker does for one packed job: open the secret, search or compare, wipe.
import { createHash, timingSafeEqual } from "node:crypto";
import { findHotp } from "../core/hotp.ts";
import type { KeyRing } from "./key-ring.ts";
import { ANSWER, type SmallJob } from "./otp-batch.ts";
import { openBlob, UnknownKeyError } from "./sealed-blob.ts";
import { DeviceUnavailableError, SealBrokenError } from "./vault.ts";

/** Answers one job: the matching counter, or a value of ANSWER. */
export function runSmallJob(ring: KeyRing, job: SmallJob): number {
  let secret: Uint8Array | null = null;
  try {
    secret = openBlob((id) => ring.sealKeys.get(id), job.sealed, job.context);
    return job.kind === "search" ? searchCounter(secret, job) : compareSecret(secret, job.candidate);
  } catch (fault) {
    if (fault instanceof UnknownKeyError) return ANSWER.unknownKey;
    if (fault instanceof DeviceUnavailableError) return ANSWER.unavailable;
    return fault instanceof SealBrokenError ? ANSWER.broken : ANSWER.fault;
  } finally {
    secret?.fill(0);
  }
}

/** RFC 4226 section 7.2, RFC 6238 section 5.2. */
function searchCounter(key: Uint8Array, job: SmallJob): number {
  const { algorithm, digits, candidate: otp, from, until, first } = job;
  return findHotp({ algorithm, key, digits, otp, from, until, first });
}

/** Digests are compared, so neither the content nor the length of the secret shows in the time. */
function compareSecret(secret: Uint8Array, candidate: string): number {
  const digest = (value: Uint8Array | string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(secret), digest(candidate)) ? ANSWER.matches : ANSWER.none;
}
