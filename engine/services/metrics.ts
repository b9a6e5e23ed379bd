// The figures of GET /metrics in OpenMetrics text form (specification 1.0.0). The histograms are kept by login/steps.ts, so
// what is left to do here is printing; a metrics library would add a second registry for it.
import { BOUNDS, STEPS } from "../login/steps.ts";
import type { Engine } from "./engine.ts";

export function renderMetrics(engine: Engine): string {
  const { store, vault, steps } = engine;
  const head = store.auditHead();
  return [
    ...renderSteps(steps.histograms),
    ...gauge("ostiary_requests_working", "Requests at work; bounded by server.requests.", engine.admission.working),
    ...counter("ostiary_requests_refused", "Requests refused because too many were at work.", engine.admission.refused),
    ...counter("ostiary_store_groups", "Transactions that made intents durable.", store.counters.groups),
    ...counter("ostiary_store_syncs", "Calls that brought the log to disk.", store.counters.syncs),
    ...counter("ostiary_store_intents", "Intents stored.", store.counters.intents),
    ...counter("ostiary_store_intents_lost", "Intents whose condition no longer held.", store.counters.lost),
    ...counter("ostiary_vault_worker_restarts", "Vault workers that died and were replaced.", vault.gauges.restarts),
    ...gauge("ostiary_vault_fast_queued", "Jobs waiting in the fast lane.", vault.gauges.fastQueued),
    ...gauge("ostiary_vault_dear_queued", "Jobs waiting in the lane of password hashes.", vault.gauges.dearQueued),
    ...gauge("ostiary_vault_ready", "1: the key ring is open.", vault.ready ? 1 : 0),
    ...gauge("ostiary_password_hash_seconds", "Cost of a password check, smoothed.", vault.hashLatency / 1000),
    ...gauge("ostiary_audit_sequence", "Number of the newest audit row of this node.", head.seq),
    ...renderUpkeep(engine.audit.upkeep),
    ...renderSinks(engine.audit.forwarding.gauges),
    ...renderCertificate(engine.certificate),
    ...gauge("ostiary_remembered_pins", "PINs remembered.", engine.pinMemory.size),
    ...gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
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

function renderSteps(histograms: Engine["steps"]["histograms"]): string[] {
  const name = "ostiary_login_step_seconds";
  const lines = [`# TYPE ${name} histogram`, `# UNIT ${name} seconds`, `# HELP ${name} Time of each step of a login.`];
  for (const step of STEPS) {
    const { buckets, sum, count } = histograms[step];
    let below = 0;
    for (const [index, bound] of [...BOUNDS, "+Inf"].entries()) {
      below += buckets[index] ?? 0;
      lines.push(`${name}_bucket{step="${step}",le="${bound}"} ${below}`);
    }
    lines.push(`${name}_sum{step="${step}"} ${sum}`, `${name}_count{step="${step}"} ${count}`);
  }
  return lines;
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
