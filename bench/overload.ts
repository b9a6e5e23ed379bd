// More clients than the server can serve: the same log-ins over 1, 2, 5 and 10 times the connections that already keep it busy,
// each connection asking again as soon as it is answered. Goodput is what was accepted in a second; the first row is the
// capacity the others are held against. Then the same log-ins beside floods of dear requests.
//
//   bun bench/overload.ts [--connections 64] [--rounds 3]
import { parseArgs } from "node:util";
import { type LoadResult, runLoad } from "./load.ts";
import { readCpuMicros } from "./machine.ts";
import { makeLogins } from "./otps.ts";
import { type Row, takeMedian, writeReport } from "./report.ts";
import { enrolTokens, startScratch } from "./setup.ts";

const { values } = parseArgs({
  options: { connections: { type: "string", default: "64" }, rounds: { type: "string", default: "3" } },
});
const connections = Number(values.connections);
const rounds = Number(values.rounds);
const multiples = [1, 2, 5, 10];
/** Each logs in once in a measurement: one that waits at the gate must not be overtaken by the next value of its token. */
const users = 20_000;

interface Measured extends LoadResult {
  cpuMicros: number;
}

const everybody = Array.from({ length: users }, (_, user) => user);
let counter = 0;
const rows: Row[] = [];
const server = await startScratch(users, { OSTIARY_HASH_MEMORY_KIB: "19456", OSTIARY_HASH_ITERATIONS: "2" });
try {
  console.error(`enrolling ${users} tokens …`);
  await enrolTokens(server, [{ kind: "hotp", users: everybody }]);
  await measure(connections);
  await measureMultiples();
  await measureFloods();
} finally {
  await server.stop();
}
await writeReport({
  bench: "overload",
  hashCost: "Argon2id 19456 KiB, t=2, p=1",
  settings: { connections, rounds, users, loadGenerator: "same machine, own process" },
  rows,
});

async function measureMultiples(): Promise<void> {
  const results = new Map<number, Measured[]>(multiples.map((multiple) => [multiple, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [multiple, into] of results) {
      console.error(`round ${round + 1}: ${multiple} x ${connections} connections …`);
      into.push(await measure(multiple * connections));
    }
  }
  const capacity = results.get(1) ?? [];
  for (const [multiple, measured] of results) {
    if (multiple > 1)
      addRow(`log-ins over ${multiple} times the connections`, `${connections} connections`, measured, capacity, 0.9);
  }
}

/** A flood from 32 connections beside log-ins at a quarter of the connections; against the same log-ins alone. */
async function measureFloods(): Promise<void> {
  const few = Math.max(1, Math.floor(connections / 8));
  const floods = [
    { what: "wrong passwords at /auth", path: "/auth", bodies: ["username=admin&password=wrong"] },
    { what: "enrolments with QR codes", path: "/token/init", bodies: ["type=hotp&genkey=1"] },
  ];
  for (const { what, path, bodies } of floods) {
    console.error(`flood: ${what} …`);
    const alone: Measured[] = [];
    const flooded: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      alone.push(await measure(few));
      const headers = { Authorization: server.adminToken };
      const flood = runLoad({ port: server.port, connections: 32, path, bodies, forMs: 8000, expect: "any", headers });
      await Bun.sleep(800);
      flooded.push(await measure(few));
      await flood;
    }
    addRow(`log-ins beside a flood: ${what}`, "the same alone", flooded, alone);
  }
}

/** Every user logs in once. A refusal consumes nothing, so the next counter is still in the window. */
async function measure(atOnce: number): Promise<Measured> {
  const bodies = makeLogins({ users: everybody, kind: "hotp", loginsPerUser: 1, from: counter });
  counter++;
  const before = readCpuMicros(server.pid);
  const result = await runLoad({ port: server.port, connections: atOnce, bodies });
  const lost = result.requests - result.good - result.refused;
  if (lost > result.requests * 0.002) throw new Error(`${lost} log-ins neither accepted nor 503: ${result.firstBad}`);
  return {
    ...result,
    cpuMicros: (readCpuMicros(server.pid) - before) / result.requests,
  };
}

function addRow(claim: string, against: string, ours: Measured[], theirs: Measured[], target?: number): void {
  const median = (side: Measured[], name: "goodWhileSending" | "p99" | "cpuMicros" | "refused") =>
    takeMedian(side.map((one) => one[name]));
  const [rate, againstRate] = [median(ours, "goodWhileSending"), median(theirs, "goodWhileSending")];
  rows.push({
    claim,
    against,
    rate: Math.round(rate),
    againstRate: Math.round(againstRate),
    p99: median(ours, "p99"),
    againstP99: median(theirs, "p99"),
    cpuMicros: median(ours, "cpuMicros"),
    againstCpuMicros: median(theirs, "cpuMicros"),
    ratio: rate / againstRate,
    ...(target === undefined ? {} : { target: `rate >= ${target}`, met: rate / againstRate >= target }),
    note: `${median(ours, "refused")} of ${ours[0]?.requests ?? 0} refused with 503`,
  });
}
