// Hours in minutes: log-ins over a few connections, and everything else that a server is asked for beside them (soak-work.ts), for
// a quarter of an hour. Told: does memory grow, do descriptors, does the event loop get held longer, do log-ins get slower? The
// slopes are fitted over the second half, when caches are full. A longer one: --minutes 480.
//
//   bun bench/soak.ts [--minutes 15] [--users 5000] [--connections 4] [--pause 10]
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import type { TestServer } from "../test/kit/start-server.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { readCpuMicros, readResidentBytes } from "./machine.ts";
import { makeLogins } from "./otps.ts";
import { compareRounds, type Measure, type Row, takeMedian, writeReport } from "./report.ts";
import { enrolTokens, startScratch } from "./setup.ts";
import { fitSlope } from "./slope.ts";
import { keepWorking, listWork } from "./soak-work.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "15" },
    users: { type: "string", default: "5000" },
    connections: { type: "string", default: "4" },
    pause: { type: "string", default: "10" },
  },
});
const minutes = Number(values.minutes);
const users = Number(values.users);
const connections = Number(values.connections);
const sampleMs = 5000;
const hour = 3_600_000;

interface Sample {
  /** Milliseconds since the soak began. */
  at: number;
  residentBytes: number;
  descriptors: number;
  threads: number;
  /** The longest of the last minute, milliseconds. */
  stallMs: number;
}

interface Slice extends LoadResult {
  at: number;
  cpuMicros: number;
}

const samples: Sample[] = [];
const slices: Slice[] = [];
const server = await startScratch(users, { OSTIARY_HASH_MEMORY_KIB: "19456", OSTIARY_HASH_ITERATIONS: "2" });
try {
  console.error(`enrolling ${users} tokens …`);
  await enrolTokens(server, [{ kind: "hotp", users: Array.from({ length: users }, (_, n) => n) }]);
  const start = performance.now();
  const end = new AbortController();
  const others = keepWorking(server, listWork(users), Number(values.pause), end.signal);
  const sampling = setInterval(() => void takeSample(start).catch((error) => console.error(error)), sampleMs);
  for (let round = 0; performance.now() - start < minutes * 60_000; round++) slices.push(await takeSlice(round, start));
  clearInterval(sampling);
  end.abort();
  const { done, faults } = await others;
  await report(done, faults, await countUnexpected(server));
} finally {
  await server.stop();
}

/** Every user logs in once. A user's wrong guesses beside them are few enough to leave him his budget. */
async function takeSlice(round: number, start: number): Promise<Slice> {
  const everybody = Array.from({ length: users }, (_, n) => n);
  const bodies = makeLogins({ users: everybody, kind: "hotp", loginsPerUser: 1, from: round });
  const before = readCpuMicros(server.pid);
  const result = await runLoad({ port: server.port, connections, bodies });
  return { ...result, at: performance.now() - start, cpuMicros: (readCpuMicros(server.pid) - before) / result.requests };
}

async function takeSample(start: number): Promise<void> {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  const [, stall] = /^ostiary_loop_longest_stall_seconds\{window="minute"\} (\S+)/m.exec(figures) ?? [];
  samples.push({
    at: performance.now() - start,
    residentBytes: readResidentBytes(server.pid),
    descriptors: readdirSync(`/proc/${server.pid}/fd`).length,
    threads: readdirSync(`/proc/${server.pid}/task`).length,
    stallMs: 1000 * Number(stall),
  });
  const last = samples.at(-1);
  if (samples.length % 12 === 0 && last !== undefined)
    console.error(
      `${Math.round(last.at / 60_000)} min: ${toMiB(last.residentBytes)} MiB, ${last.descriptors} descriptors, ` +
        `longest stall ${Math.round(last.stallMs)} ms, log-ins p99 ${slices.at(-1)?.p99 ?? 0} ms`,
    );
}

/** Lines of the server's log that tell of a fault. */
async function countUnexpected(of: TestServer): Promise<number> {
  return of
    .output()
    .split("\n")
    .filter((line) => /"level":"(error|fatal)"/.test(line)).length;
}

async function report(done: Record<string, number>, faults: readonly string[], errors: number): Promise<void> {
  const half = samples.filter(({ at }) => at >= (minutes * 60_000) / 2);
  const slope = (read: (sample: Sample) => number) => fitSlope(half.map((sample) => [sample.at / hour, read(sample)] as const));
  const memory = slope((sample) => toMiB(sample.residentBytes));
  const held = toMiB(takeMedian(half.map((sample) => sample.residentBytes)));
  const descriptors = slope((sample) => sample.descriptors);
  const stalls = half.map((sample) => sample.stallMs);
  const lost = slices.reduce((sum, { requests, good, refused }) => sum + requests - good - refused, 0);
  const asked = slices.reduce((sum, { requests }) => sum + requests, 0);
  const quarter = (from: number) => {
    const within = samples.filter(({ at }) => at >= from * minutes * 15_000 && at < (from + 1) * minutes * 15_000);
    return toMiB(takeMedian(within.map((sample) => sample.residentBytes)));
  };
  const growth = quarter(3) / quarter(2);
  const measures: Measure[] = [
    { claim: "resident memory, median of the second half", value: held, unit: "MiB" },
    { claim: "its slope", value: memory, unit: "MiB/h" },
    { claim: "it, last quarter against the one before", value: growth, unit: "times", target: "<= 1.05", met: growth <= 1.05 },
    { claim: "open descriptors, slope", value: descriptors, unit: "1/h", target: "<= 20", met: descriptors <= 20 },
    { claim: "threads, slope", value: slope((sample) => sample.threads), unit: "1/h" },
    { claim: "longest stall of the event loop", value: Math.max(...stalls), unit: "ms" },
    { claim: "its slope", value: slope((sample) => sample.stallMs), unit: "ms/h" },
    { claim: "log-ins not accepted", value: lost / asked, unit: "share", target: "<= 0.002", met: lost <= asked * 0.002 },
    { claim: "other requests without a proper answer", value: faults.length, unit: "", target: "0", met: faults.length === 0 },
    { claim: "errors in the log", value: errors, unit: "", target: "0", met: errors === 0 },
  ];
  const third = Math.floor(slices.length / 3);
  await writeReport({
    bench: "soak",
    hashCost: "Argon2id 19456 KiB, t=2, p=1",
    settings: { minutes, users, connections, done, faults: faults.slice(0, 20), samples },
    rows: [compare(slices.slice(-third), slices.slice(0, third))],
    measures,
  });
}

function compare(late: Slice[], early: Slice[]): Row {
  const figures = compareRounds(late, early);
  return {
    claim: "log-ins, last third of the soak",
    against: "first third",
    ...figures,
    target: "rate >= 0.9",
    met: figures.ratio >= 0.9,
  };
}

function toMiB(bytes: number): number {
  return bytes / 1024 ** 2;
}
