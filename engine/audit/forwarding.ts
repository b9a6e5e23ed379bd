// Follows the audit trail with its sinks, once a second, and keeps the figures for the metrics.
import { join } from "node:path";
import type { Settings } from "../settings.ts";
import type { Forwarded } from "./forward.ts";
import type { SinkOptions } from "./sinks.ts";
import type { UpkeepPool } from "./upkeep-pool.ts";

export interface SinkGauges {
  behind: number;
  sent: number;
  lost: number;
  faults: number;
}

export interface Forwarding {
  readonly gauges: ReadonlyMap<SinkOptions["kind"], SinkGauges>;
  /** Sends what is there now. */
  forward(): Promise<void>;
  close(): Promise<void>;
}

type SinkSettings = Pick<
  Settings,
  "audit.sinks" | "audit.sink_file" | "audit.sink_file_bytes" | "audit.sink_file_count" | "audit.sink_syslog"
>;

const EVERY_MS = 1000;

/** `dataDir`: where the positions are kept. */
export function toSinkOptions(settings: SinkSettings, dataDir: string): SinkOptions[] {
  return settings["audit.sinks"].map((kind): SinkOptions => {
    const positionFile = join(dataDir, `audit-${kind}.position`);
    if (kind === "file")
      return {
        kind,
        positionFile,
        path: settings["audit.sink_file"],
        maxBytes: settings["audit.sink_file_bytes"],
        count: settings["audit.sink_file_count"],
      };
    return { kind, ...settings["audit.sink_syslog"], positionFile };
  });
}

/** `onFault` hears of a sink that stops working, not of each try. */
export function startForwarding(
  pool: UpkeepPool,
  sinks: readonly SinkOptions[],
  onFault: (sink: string, fault: string) => void,
): Forwarding {
  const gauges = new Map(sinks.map(({ kind }) => [kind, { behind: 0, sent: 0, lost: 0, faults: 0 }]));
  const broken = new Set<string>();
  let closed = false;
  let running: Promise<void> | null = null;

  function note({ kind, sent, behind, lost, fault }: Forwarded): void {
    const gauge = gauges.get(kind);
    if (!gauge) return;
    gauge.behind = behind;
    gauge.sent += sent;
    gauge.lost += lost;
    if (lost > 0) onFault(kind, `${lost} audit rows were removed before they could be sent`);
    if (fault === null) broken.delete(kind);
    else {
      gauge.faults += 1;
      if (!broken.has(kind)) onFault(kind, fault);
      broken.add(kind);
    }
  }

  async function forwardAll(): Promise<void> {
    for (let more = true; more && !closed; ) {
      const results = await pool.forward();
      for (const result of results) note(result);
      more = results.some(({ fault, sent, behind }) => fault === null && sent > 0 && behind > 0);
    }
  }

  function forward(): Promise<void> {
    running ??= forwardAll()
      .catch((error: unknown) => onFault("all", error instanceof Error ? error.message : String(error)))
      .finally(() => {
        running = null;
      });
    return running;
  }

  const timer = sinks.length > 0 ? setInterval(() => void forward(), EVERY_MS) : null;
  timer?.unref();
  return {
    gauges,
    forward,
    async close() {
      if (timer) clearInterval(timer);
      // The last rows, unless a sink keeps us waiting: it gets them after the next start.
      if (sinks.length > 0 && broken.size === 0) await forward();
      closed = true;
      await running;
    },
  };
}
