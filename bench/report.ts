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

/** One figure with a promise. */
export interface Measure {
  claim: string;
  value: number;
  unit: string;
  /** e.g. "<= 3" */
  target?: string;
  met?: boolean;
  note?: string;
}

/** Something dear that somebody asks for: alone, and beside log-ins that keep the server half busy. */
export interface Step {
  claim: string;
  /** Median and longest, milliseconds; absent: not done alone. */
  ms?: number;
  worstMs?: number;
  cpuMs?: number;
  targetMs?: number;
  /** The same beside log-ins. */
  besideMs: number;
  besideWorstMs: number;
  /** p99 of the log-ins beside it, of log-ins alone in the same minute, and how many times that is. */
  p99: number;
  idleP99: number;
  times: number;
  /** The longest time that the event loop was held meanwhile, and by log-ins alone, milliseconds; upper bounds. */
  stallMs: number;
  idleStallMs: number;
  met: boolean;
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
  measures?: Measure[];
  steps?: Step[];
}

/** The middle value; of an even number the lower one. */
export function takeMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** What a row compares, of one round of one side. */
export interface Round {
  perSecond: number;
  p99: number;
  cpuMicros: number;
}

type Figures = Pick<Row, "rate" | "againstRate" | "p99" | "againstP99" | "cpuMicros" | "againstCpuMicros" | "ratio">;

/** The medians of both sides, and the ratio of their rates. */
export function compareRounds(ours: readonly Round[], theirs: readonly Round[]): Figures {
  const median = (side: readonly Round[], name: keyof Round) => takeMedian(side.map((one) => one[name]));
  return {
    rate: median(ours, "perSecond"),
    againstRate: median(theirs, "perSecond"),
    p99: median(ours, "p99"),
    againstP99: median(theirs, "p99"),
    cpuMicros: median(ours, "cpuMicros"),
    againstCpuMicros: median(theirs, "cpuMicros"),
    ratio: median(ours, "perSecond") / median(theirs, "perSecond"),
  };
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

/** All of it as tables for a terminal. */
export function printTable({ bench, machine, hashCost, rows, measures = [], steps = [] }: Report): string {
  const title = `${bench}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Bun ${machine.bun}; ${hashCost}`;
  return [
    title,
    ...(rows.length > 0 ? align(rowHead, rows.map(printRow), 2) : []),
    ...(measures.length > 0 ? align(["measure", "", "target", "", ""], measures.map(printMeasure), 1) : []),
    ...(steps.length > 0 ? align(stepHead, steps.map(printStep), 1) : []),
  ].join("\n");
}

const tellMet = (met: boolean | undefined) => (met === undefined ? "" : met ? "met" : "MISSED");
const printMs = (ms: number | undefined) => (ms === undefined ? "" : ms < 10 ? ms.toFixed(1) : String(Math.round(ms)));

const rowHead = ["claim", "against", "per s", "per s", "p99 ms", "p99 ms", "CPU us", "CPU us", "ratio", "target", ""];
const printRow = (row: Row) => [
  row.claim,
  row.against,
  ...[row.rate, row.againstRate].map((n) => String(Math.round(n))),
  ...[row.p99, row.againstP99].map((n) => n.toFixed(2)),
  ...[row.cpuMicros, row.againstCpuMicros].map((n) => String(Math.round(n))),
  row.ratio.toFixed(2),
  row.target ?? "",
  tellMet(row.met),
];

const printMeasure = ({ claim, value, unit, target, met, note }: Measure) => [
  claim,
  `${value < 10 ? value.toFixed(2) : Math.round(value)} ${unit}`,
  target ?? "",
  tellMet(met),
  note ?? "",
];

const stepHead = [
  "step",
  "ms",
  "worst",
  "CPU ms",
  "target",
  "beside log-ins: ms",
  "worst",
  "their p99",
  "alone",
  "times",
  "loop held",
  "alone",
  "",
];
const printStep = (step: Step) => [
  step.claim,
  ...[step.ms, step.worstMs, step.cpuMs].map(printMs),
  step.targetMs === undefined ? "" : `<= ${step.targetMs}`,
  ...[step.besideMs, step.besideWorstMs, step.p99, step.idleP99].map(printMs),
  step.times.toFixed(1),
  printMs(step.stallMs),
  printMs(step.idleStallMs),
  tellMet(step.met),
];

/** The first `left` columns stand left, the others right. */
function align(head: string[], lines: string[][], left: number): string[] {
  const widths = head.map((_, at) => Math.max(...[head, ...lines].map((line) => (line[at] ?? "").length)));
  const format = (line: string[]) =>
    line.map((cell, at) => (at < left ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  return ["", format(head), ...lines.map(format)];
}
