// Collects the small jobs of one event-loop turn and sends them as one batch. While IN_FLIGHT batches for each worker are on
// their way, jobs gather until an answer comes back: the busier the server, the larger and cheaper the batches.
import type { FastJob } from "./jobs.ts";
import type { Lane } from "./lane.ts";
import { ANSWER, encodeBatch, type SmallJob } from "./otp-batch.ts";

/** A job and whom to tell. `settle` gets a counter or a value of ANSWER, `refuse` the reason why there is none. */
export interface PendingJob extends SmallJob {
  settle: (answer: number) => void;
  refuse: (reason: unknown) => void;
}

/** Batches under way for each worker (decisions.md 4: at one, half the rate is lost waiting for hand-overs). */
export const IN_FLIGHT = 4;
/** A batch holds at most this many jobs, and (but for one larger job) at most this many HMACs: about 1 ms of a worker. */
const MAX_JOBS = 256;
const MAX_HMACS = 4096;
/** Below this a batch is not split over workers: crossing would cost more than it saves. */
const MIN_SHARE = 32;

/** Makes the function that takes jobs. The caller has had each job admitted to the lane. */
export function makeBatcher(lane: Lane<FastJob>, workers: number): (job: PendingJob) => void {
  let waiting: PendingJob[] = [];
  let inFlight = 0;
  let scheduled = false;

  const flush = () => {
    scheduled = false;
    while (waiting.length > 0 && inFlight < IN_FLIGHT * workers) void send(takeShare());
  };

  const takeShare = (): PendingJob[] => {
    const limit = Math.min(MAX_JOBS, Math.max(MIN_SHARE, Math.ceil(waiting.length / workers)));
    let count = 0;
    let hmacs = 0;
    for (const job of waiting) {
      hmacs += 1 + Math.max(0, job.until - job.from);
      if (count === limit || (count > 0 && hmacs > MAX_HMACS)) break;
      count++;
    }
    if (count < waiting.length) return waiting.splice(0, count);
    const share = waiting;
    waiting = [];
    return share;
  };

  const send = async (jobs: PendingJob[]) => {
    inFlight++;
    try {
      const answers = await lane.run(() => {
        const bytes = encodeBatch(jobs);
        return { job: { kind: "batch", bytes }, transfer: [bytes.buffer] };
      });
      inFlight--;
      settleBatch(jobs, answers);
    } catch (reason) {
      inFlight--;
      for (const job of jobs) job.refuse(reason);
    }
    lane.leave(jobs.length);
    flush();
  };

  return (job) => {
    waiting.push(job);
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
}

function settleBatch(jobs: PendingJob[], reply: unknown): void {
  // Anything but a buffer is a fault of the whole batch.
  const answers = reply instanceof ArrayBuffer ? new Float64Array(reply) : null;
  jobs.forEach((job, i) => {
    job.settle(answers?.[i] ?? ANSWER.fault);
  });
}
