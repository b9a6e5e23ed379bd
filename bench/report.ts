// What a bench hands over: figures of both sides, and the ratio that the claim is about.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describeMachine, type Machine } from "./machine.ts";

export interface Row {
  claim: string;
  /** What it is compared with. */
  against: string;
  /** Median of the rounds, per second. */
  rate: number;
  againstRate: number;
  /** Median of the rounds, milliseconds. */
  p99: number;
  againstP99: number;
  /** Processor time of the server for each request, microseconds; all its threads. */
  cpuMicros: number;
  againstCpuMicros: number;
  /** Of `rate` or `p99`, as the target says. */
  ratio: number;
  /** e.g. "rate >= 0.6"; absent: a figure without a promise. */
  target?: string;
  met?: boolean;
  note?: string;
}

export interface Report {
  bench: string;
  machine: Machine;
  at: string;
  /** The cost of a PIN or password hash that the figures were measured with. */
  hashCost: string;
  settings: Record<string, unknown>;
  rows: Row[];
}

/** The middle value; of an even number the lower one. */
export function takeMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** Writes bench/results/NAME.json, prints the same JSON, and gives it back. */
export async function writeReport(report: Omit<Report, "machine" | "at">): Promise<Report> {
  const whole: Report = { ...report, machine: describeMachine(), at: new Date().toISOString() };
  const folder = join(import.meta.dir, "results");
  mkdirSync(folder, { recursive: true });
  const text = `${JSON.stringify(whole, null, 2)}\n`;
  await Bun.write(join(folder, `${report.bench}.json`), text);
  process.stdout.write(text);
  return whole;
}

/** The rows as a table for a terminal. */
export function printTable({ bench, machine, hashCost, rows }: Report): string {
  const head = ["claim", "against", "per s", "per s", "p99 ms", "p99 ms", "CPU us", "CPU us", "ratio", "target", ""];
  const cells = rows.map((row) => [
    row.claim,
    row.against,
    ...[row.rate, row.againstRate].map((n) => String(Math.round(n))),
    ...[row.p99, row.againstP99].map((n) => n.toFixed(2)),
    ...[row.cpuMicros, row.againstCpuMicros].map((n) => String(Math.round(n))),
    row.ratio.toFixed(2),
    row.target ?? "",
    row.met === undefined ? "" : row.met ? "met" : "MISSED",
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => (row[at] ?? "").length)));
  const format = (row: string[]) =>
    row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  const title = `${bench}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Bun ${machine.bun}; ${hashCost}`;
  return [title, format(head), ...cells.map(format)].join("\n");
}
