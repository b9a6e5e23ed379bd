// The figures of GET /metrics in OpenMetrics text form (specification 1.0.0). The histograms are kept where things
// happen, so what is left to do here is printing; a metrics library would add a second registry for it.
import { readdirSync, statSync } from "node:fs";
import type { Histogram } from "../core/histogram.ts";
import { STEPS } from "../login/steps.ts";
import type { Engine } from "./engine.ts";
import type { LoopWatch } from "./loop-watch.ts";

export function renderMetrics(engine: Engine): string {
  const { store, vault, steps } = engine;
  const head = store.auditHead();
  return [
    ...renderSteps(steps.histograms),
    ...gauge("ostiary_requests_working", "Requests at work; bounded by server.requests.", engine.admission.working),
    ...gauge(
      "ostiary_requests_limit",
      "Requests that may be at work now: server.requests, fewer while the loop is late.",
      engine.admission.limit,
    ),
    ...gauge("ostiary_dear_waiting", "Enrolments, lists and searches that wait for their turn.", engine.dearTurns.waiting),
    ...counter("ostiary_requests_refused", "Requests refused because too many were at work.", engine.admission.refused),
    ...counter("ostiary_store_groups", "Transactions that made intents durable.", store.counters.groups),
    ...counter("ostiary_store_syncs", "Calls that brought the log to disk.", store.counters.syncs),
    ...counter("ostiary_store_intents", "Intents stored.", store.counters.intents),
    ...counter("ostiary_store_intents_lost", "Intents whose condition no longer held.", store.counters.lost),
    ...renderLostWorkers({
      vault: vault.gauges.restarts,
      store: store.readersLost,
      audit: engine.audit.trail.lost + engine.audit.pool.lost,
    }),
    ...gauge("ostiary_vault_fast_queued", "Jobs waiting in the fast lane.", vault.gauges.fastQueued),
    ...gauge("ostiary_vault_dear_queued", "Jobs waiting in the lane of password hashes.", vault.gauges.dearQueued),
    ...gauge("ostiary_vault_ready", "1: the key ring is open.", vault.ready ? 1 : 0),
    ...gauge("ostiary_password_hash_seconds", "Cost of a password check, smoothed.", vault.hashLatency / 1000),
    ...gauge("ostiary_audit_sequence", "Number of the newest audit row of this node.", head.seq),
    ...renderUpkeep(engine.audit.upkeep),
    ...renderSinks(engine.audit.forwarding.gauges),
    ...renderCertificate(engine.certificate),
    ...gauge("ostiary_remembered_pins", "PINs remembered.", engine.pinMemory.size),
    ...renderLoop(engine.loop),
    ...renderProcess(),
    ...counter("ostiary_clock_jumps", "Times that the clock of the machine was set.", engine.clock.jumps),
    ...gauge(
      "ostiary_notices",
      "What needs somebody though log-ins are answered; GET /readyz says what.",
      engine.notices.list().length,
    ),
    ...gauge("ostiary_ready", "1: log-ins can be answered.", engine.unreadiness().length === 0 ? 1 : 0),
    "# EOF",
    "",
  ].join("\n");
}

function renderLostWorkers(lost: Record<"vault" | "store" | "audit", number>): string[] {
  const name = "ostiary_worker_restarts";
  return [
    `# TYPE ${name} counter`,
    `# HELP ${name} Worker threads that died and were replaced.`,
    ...Object.entries(lost).map(([part, count]) => `${name}_total{part="${part}"} ${count}`),
  ];
}

function renderUpkeep(upkeep: Engine["audit"]["upkeep"]): string[] {
  if (!upkeep) return [];
  const { blocksBehind, rowsRemoved, retentionFaults, retentionDone } = upkeep.gauges;
  return [
    ...gauge("ostiary_audit_index_blocks_behind", "Blocks of audit rows that searches read row by row.", blocksBehind),
    ...counter("ostiary_audit_rows_removed", "Audit rows that retention removed.", rowsRemoved),
    ...counter("ostiary_audit_retention_faults", "Times that retention failed; the log has the reason.", retentionFaults),
    ...gauge("ostiary_audit_retention_done_seconds", "When retention last came to its end, seconds since 1970.", retentionDone),
  ];
}

function renderCertificate({ expiresAt, refused }: Engine["certificate"]): string[] {
  if (expiresAt === null) return [];
  return [
    ...gauge(
      "ostiary_tls_certificate_expiry_seconds",
      "When the certificate that is served ends, seconds since 1970.",
      expiresAt / 1000,
    ),
    ...counter("ostiary_tls_renewals_refused", "Renewed certificate files that were no good; the log has the reason.", refused),
  ];
}

function renderSinks(sinks: Engine["audit"]["forwarding"]["gauges"]): string[] {
  if (sinks.size === 0) return [];
  const each = (name: string, kind: "gauge" | "counter", help: string, pick: "behind" | "sent" | "lost" | "faults") => [
    `# TYPE ${name} ${kind}`,
    `# HELP ${name} ${help}`,
    ...[...sinks].map(([sink, gauges]) => `${name}${kind === "counter" ? "_total" : ""}{sink="${sink}"} ${gauges[pick]}`),
  ];
  return [
    ...each("ostiary_audit_sink_rows_behind", "gauge", "Audit rows that a sink has not got yet.", "behind"),
    ...each("ostiary_audit_sink_rows", "counter", "Audit rows that a sink got.", "sent"),
    ...each("ostiary_audit_sink_rows_lost", "counter", "Audit rows removed before a sink got them.", "lost"),
    ...each("ostiary_audit_sink_faults", "counter", "Times that a sink took nothing.", "faults"),
  ];
}

function renderLoop({ histogram, longest }: LoopWatch): string[] {
  const stalls = "ostiary_loop_stall_seconds";
  const maxima = "ostiary_loop_longest_stall_seconds";
  const { minute, ever } = longest();
  return [
    ...headHistogram(stalls, "How late the event loop came to its timer, a hundred times a second: what held it up."),
    ...printHistogram(stalls, "", histogram),
    `# TYPE ${maxima} gauge`,
    `# UNIT ${maxima} seconds`,
    `# HELP ${maxima} The longest time that something held the event loop, in the last minute and since the start.`,
    `${maxima}{window="minute"} ${minute / 1000}`,
    `${maxima}{window="start"} ${ever / 1000}`,
  ];
}

/** The names that Prometheus has for every process. */
function renderProcess(): string[] {
  const { user, system } = process.cpuUsage();
  const open = countDescriptors();
  return [
    ...gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    ...(open === null ? [] : gauge("process_open_fds", "Open file descriptors.", open)),
    ...counter("process_cpu_seconds", "Processor time of all threads.", (user + system) / 1e6),
  ];
}

/** Linux 6.2 has the number as the size of the folder, however many there are; older ones have it read. null: no /proc. */
function countDescriptors(): number | null {
  try {
    // The folder itself is open while it is read.
    return statSync("/proc/self/fd").size || readdirSync("/proc/self/fd").length - 1;
  } catch {
    return null;
  }
}

function renderSteps(histograms: Engine["steps"]["histograms"]): string[] {
  const name = "ostiary_login_step_seconds";
  return [
    ...headHistogram(name, "Time of each step of a login."),
    ...STEPS.flatMap((step) => printHistogram(name, `step="${step}"`, histograms[step])),
  ];
}

const headHistogram = (name: string, help: string) => [
  `# TYPE ${name} histogram`,
  `# UNIT ${name} seconds`,
  `# HELP ${name} ${help}`,
];

function printHistogram(name: string, label: string, { bounds, buckets, sum, count }: Histogram): string[] {
  let below = 0;
  const lines = [...bounds, "+Inf"].map((bound, index) => {
    below += buckets[index] ?? 0;
    return `${name}_bucket{${label}${label && ","}le="${bound}"} ${below}`;
  });
  const labels = label && `{${label}}`;
  return [...lines, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${count}`];
}

const counter = (name: string, help: string, value: number) => [
  `# TYPE ${name} counter`,
  `# HELP ${name} ${help}`,
  `${name}_total ${value}`,
];
const gauge = (name: string, help: string, value: number) => [
  `# TYPE ${name} gauge`,
  `# HELP ${name} ${help}`,
  `${name} ${value}`,
];
