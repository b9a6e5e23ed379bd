// The packed form of many small jobs: one buffer there, one Float64Array back, both transferred, so the cost of crossing to
// a worker is paid once a batch. All numbers big-endian:
//   batch:  count u32, then `count` jobs
//   job:    kind u8 | algorithm u8 | digits u8 | 0 u8 | sealed length u32 | context length u32 | candidate length u32
//           | from f64 | until f64 | first f64 | sealed | context (UTF-8) | candidate (UTF-8)
// Answers are one number a job: a counter, or one of ANSWER.

const KIND_SEARCH = 1;
const KIND_EQUALS = 2;
const HEAD = 40;
const ALGORITHMS = ["sha1", "sha256", "sha512"] as const;

/** Answers that are not a counter. An equals job says `matches` or `none`. */
export const ANSWER = { matches: 1, none: -1, broken: -2, locked: -3, fault: -4, unavailable: -5, unknownKey: -6 } as const;

export interface SmallJob {
  /** search: find the counter of an OTP; equals: compare a sealed secret with the candidate. */
  kind: "search" | "equals";
  sealed: Uint8Array;
  context: string;
  /** The OTP, or what the secret is compared with. */
  candidate: string;
  algorithm: (typeof ALGORITHMS)[number];
  digits: number;
  from: number;
  until: number;
  first: number;
}

const encoder = new TextEncoder();
// Without ignoreBOM a leading U+FEFF would vanish and another text would compare as equal.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Packs jobs into one buffer of its own, ready to transfer. */
export function encodeBatch(jobs: readonly SmallJob[]): Uint8Array<ArrayBuffer> {
  let size = 4;
  // A UTF-16 unit takes at most three bytes in UTF-8.
  for (const job of jobs) size += HEAD + job.sealed.length + 3 * (job.context.length + job.candidate.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, jobs.length);
  let at = 4;
  for (const job of jobs) {
    const sealedAt = at + HEAD;
    const contextAt = sealedAt + job.sealed.length;
    bytes.set(job.sealed, sealedAt);
    const contextLength = encoder.encodeInto(job.context, bytes.subarray(contextAt)).written;
    const candidateAt = contextAt + contextLength;
    const candidateLength = encoder.encodeInto(job.candidate, bytes.subarray(candidateAt)).written;
    view.setUint8(at, job.kind === "search" ? KIND_SEARCH : KIND_EQUALS);
    view.setUint8(at + 1, ALGORITHMS.indexOf(job.algorithm));
    view.setUint8(at + 2, job.digits);
    view.setUint32(at + 4, job.sealed.length);
    view.setUint32(at + 8, contextLength);
    view.setUint32(at + 12, candidateLength);
    view.setFloat64(at + 16, job.from);
    view.setFloat64(at + 24, job.until);
    view.setFloat64(at + 32, job.first);
    at = candidateAt + candidateLength;
  }
  return bytes;
}

/**
 * Unpacks a batch and answers each job by `run`; an exception inside one job costs that job only (ANSWER.fault).
 * Throws RangeError for a buffer that `encodeBatch` did not make.
 */
export function answerBatch(bytes: Uint8Array, run: (job: SmallJob) => number): Float64Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0);
  if (count > bytes.length / HEAD) throw new RangeError("the batch is malformed");
  const answers = new Float64Array(count);
  let at = 4;
  for (let i = 0; i < count; i++) {
    const sealedAt = at + HEAD;
    const contextAt = sealedAt + view.getUint32(at + 4);
    const candidateAt = contextAt + view.getUint32(at + 8);
    const end = candidateAt + view.getUint32(at + 12);
    const kind = view.getUint8(at);
    const algorithm = ALGORITHMS[view.getUint8(at + 1)];
    if (end > bytes.length || algorithm === undefined || (kind !== KIND_SEARCH && kind !== KIND_EQUALS)) {
      throw new RangeError("the batch is malformed");
    }
    const job: SmallJob = {
      kind: kind === KIND_SEARCH ? "search" : "equals",
      sealed: bytes.subarray(sealedAt, contextAt),
      context: decoder.decode(bytes.subarray(contextAt, candidateAt)),
      candidate: decoder.decode(bytes.subarray(candidateAt, end)),
      algorithm,
      digits: view.getUint8(at + 2),
      from: view.getFloat64(at + 16),
      until: view.getFloat64(at + 24),
      first: view.getFloat64(at + 32),
    };
    answers[i] = runSafely(job, run);
    at = end;
  }
  return answers;
}

function runSafely(job: SmallJob, run: (job: SmallJob) => number): number {
  try {
    return run(job);
  } catch {
    return ANSWER.fault;
  }
}
