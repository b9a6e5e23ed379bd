// The upkeep of the audit trail inside the engine: it fills the index when enough rows are new, and keeps to the retention settings
// once an hour. Both in small slices, with rests, in a worker of low priority.
//
//   every 5 s    a block of rows is new, or blocks are still to be made ──> feed
//   every hour   retention is set and the key ring is open ──> rotate, then feed
import type { Store } from "../store/store.ts";
import { blockRows } from "./index-file.ts";
import { planRetention, type RetentionSettings } from "./retention.ts";
import { rotateAudit } from "./rotate.ts";
import type { TrailReader } from "./trail-reader.ts";
import type { UpkeepPool } from "./upkeep-pool.ts";

export interface UpkeepOptions {
  store: Store;
  pool: UpkeepPool;
  trail: TrailReader;
  /** Ed25519 over the bytes. */
  vaultSign: (message: Uint8Array) => Promise<Uint8Array>;
  /** false while the key ring is locked: nothing can be removed then. */
  ready: () => boolean;
  settings: RetentionSettings;
  /** milliseconds since 1970 */
  now: () => number;
  onError: (what: "index" | "retention", error: unknown) => void;
  /** A piece of work came to its end. */
  onDone?: (what: "index" | "retention") => void;
}

export interface UpkeepGauges {
  /** Complete blocks of rows that the index does not know yet. */
  blocksBehind: number;
  rowsRemoved: number;
  retentionFaults: number;
  /** Seconds since 1970 when retention last came to its end; 0: not yet. */
  retentionDone: number;
}

export interface Upkeep {
  readonly gauges: UpkeepGauges;
  /** Brings the index up to date now. */
  feed(): Promise<void>;
  /** A search found the index damaged: makes another one. */
  remakeIndex(): Promise<void>;
  /** Applies the retention settings now. */
  retain(): Promise<void>;
  /** Ends after the slice that is under way. */
  close(): Promise<void>;
}

const FEED_EVERY_MS = 5000;
const RETAIN_FIRST_MS = 60_000;
const RETAIN_EVERY_MS = 3_600_000;
// Rests so many times as long as it worked: a fifth of one core at most.
const REST = 4;

/** The timers do not keep the process alive. */
export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { store, pool, trail, vaultSign, ready, settings, now, onError, onDone } = options;
  const stop = new AbortController();
  const gauges: UpkeepGauges = { blocksBehind: 0, rowsRemoved: 0, retentionFaults: 0, retentionDone: 0 };
  const wanted =
    settings["audit.retention_days"] > 0 || settings["audit.retention_rows"] > 0 || settings["audit.rules_file"] !== "";
  let fedTo = 0;
  let running: Promise<void> = Promise.resolve();

  async function feed(): Promise<void> {
    const { seq } = store.auditHead();
    for (let left = 1; left > 0 && !stop.signal.aborted; ) {
      const begun = performance.now();
      ({ left } = await pool.feed(1));
      gauges.blocksBehind = left;
      if (left > 0) await rest((performance.now() - begun) * REST, stop.signal);
    }
    fedTo = seq;
  }

  async function retain(): Promise<void> {
    let removed = 0;
    for await (const { plan, why } of planRetention(settings, trail, now)) {
      if (stop.signal.aborted) return;
      const before = gauges.rowsRemoved;
      const progress = (soFar: number) => {
        gauges.rowsRemoved = before + soFar;
      };
      const common = { store, pool, vaultSign, by: null, dryRun: false, rest: REST, signal: stop.signal, now };
      removed += (await rotateAudit({ ...common, plan, why, progress })).removed;
    }
    gauges.retentionDone = Math.floor(now() / 1000);
    if (removed > 0) await feed();
  }

  /** One piece of work after the other; faults are told and the next try is at its time. */
  function enqueue(what: "index" | "retention", work: () => Promise<void>): Promise<void> {
    running = running.then(work).then(
      () => onDone?.(what),
      (error: unknown) => {
        if (what === "retention") gauges.retentionFaults += 1;
        if (!stop.signal.aborted) onError(what, error);
      },
    );
    return running;
  }

  const feeding = setInterval(() => {
    if (store.auditHead().seq - fedTo >= blockRows) void enqueue("index", feed);
  }, FEED_EVERY_MS);
  feeding.unref();
  let retaining: ReturnType<typeof setTimeout> | undefined;
  const scheduleRetention = (inMs: number) => {
    retaining = setTimeout(() => {
      if (ready()) void enqueue("retention", retain);
      scheduleRetention(RETAIN_EVERY_MS);
    }, inMs);
    retaining.unref();
  };
  if (wanted) scheduleRetention(RETAIN_FIRST_MS);

  return {
    gauges,
    feed: () => enqueue("index", feed),
    remakeIndex: () =>
      enqueue("index", async () => {
        await pool.remakeIndex();
        await feed();
      }),
    retain: () => enqueue("retention", retain),
    async close() {
      stop.abort();
      clearInterval(feeding);
      clearTimeout(retaining);
      await running;
    },
  };
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}
