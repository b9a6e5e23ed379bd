// More load than the server can serve. Capacity: log-ins accepted in a second over as many connections as keep the server busy, each
// asking again as soon as it is answered (closed loop, the generator on the same two cores). Goodput: the same figure while more is
// offered, either over 2, 5 and 10 times the connections and over thousands, or as 2, 5 and 10 times the capacity in requests a second,
// due whatever became of those before them (open loop; one that finds every connection at work is late). What is refused comes again.
// Then the same log-ins beside floods of dear requests, and in the second after a flood.
//
//   bun bench/overload.ts [--connections 64] [--rounds 3] [--only multiples|offers|floods|recovery]
import { parseArgs } from "node:util";
import { type LoadPlan, type LoadResult, runLoad } from "./load.ts";
import { readCpuMicros } from "./machine.ts";
import { makeLogins } from "./otps.ts";
import { type Row, takeMedian, writeReport } from "./report.ts";
import { enrolTokens, startScratch } from "./setup.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "64" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
  },
});
const connections = Number(values.connections);
const rounds = Number(values.rounds);
const multiples = [2, 5, 10];
const crowd = 5000;
const few = Math.max(1, Math.floor(connections / 8));
/** Each logs in once in a measurement: one that waits at the gate must not be overtaken by the next value of its token. */
const users = 20_000;
const LONGEST_MS = 10_000;

interface Measured extends LoadResult {
  cpuMicros: number;
}

type Flood = Omit<LoadPlan, "port">;

const everybody = Array.from({ length: users }, (_, user) => user);
let counter = 0;
const rows: Row[] = [];
const server = await startScratch(users, { OSTIARY_HASH_MEMORY_KIB: "19456", OSTIARY_HASH_ITERATIONS: "2" });
const headers = { Authorization: server.adminToken };
const floods: Record<string, Flood> = {
  "wrong passwords at /auth": { connections: 32, path: "/auth", bodies: ["username=admin&password=wrong"], expect: "any" },
  "enrolments with QR codes": { connections: 32, path: "/token/init", bodies: ["type=hotp&genkey=1"], expect: "any", headers },
  "lists of tokens, users and audit rows": {
    connections: 32,
    method: "GET",
    bodies: [
      "/token/?pagesize=50&sortby=user_id",
      "/user/?username=u00000*",
      "/audit/?page_size=50&user=*1*",
      "/token/?serial=*7*",
    ],
    expect: "any",
    headers,
  },
};
const parts = { multiples: measureMultiples, offers: measureOffers, floods: measureFloods, recovery: measureRecovery };
try {
  console.error(`enrolling ${users} tokens …`);
  await enrolTokens(server, [{ kind: "hotp", users: everybody }]);
  await measure({ connections });
  for (const [name, part] of Object.entries(parts)) if (values.only === undefined || values.only === name) await part();
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
  const capacity: Measured[] = [];
  const results = new Map<number, Measured[]>([...multiples.map((one) => one * connections), crowd].map((one) => [one, []]));
  for (let round = 0; round < rounds; round++) {
    console.error(`round ${round + 1}: up to ${crowd} connections …`);
    capacity.push(await measure({ connections }));
    for (const [atOnce, into] of results) into.push(await measure({ connections: atOnce }));
  }
  for (const [atOnce, measured] of results)
    addRow(`log-ins over ${atOnce} connections`, `${connections} connections`, measured, capacity, { least: 0.9 });
}

async function measureOffers(): Promise<void> {
  const capacity: Measured[] = [];
  const results = new Map<number, Measured[]>(multiples.map((one) => [one, []]));
  for (let round = 0; round < rounds; round++) {
    console.error(`round ${round + 1}: up to ${multiples.at(-1)} times the capacity …`);
    const base = await measure({ connections });
    capacity.push(base);
    for (const [multiple, into] of results) {
      into.push(await measure({ connections: 20 * connections, perSecond: multiple * base.goodWhileSending }));
    }
  }
  for (const [multiple, measured] of results)
    addRow(`log-ins, ${multiple} times the capacity offered`, "capacity", measured, capacity, { least: 0.9 });
}

/** A flood from 32 connections beside log-ins at an eighth of the connections; against the same log-ins alone. */
async function measureFloods(): Promise<void> {
  for (const [what, flood] of Object.entries(floods)) {
    console.error(`flood: ${what} …`);
    const alone: Measured[] = [];
    const flooded: Measured[] = [];
    let served = 0;
    for (let round = 0; round < rounds; round++) {
      alone.push(await measure({ connections: few }));
      const load = runLoad({ port: server.port, forMs: 5000, ...flood });
      await Bun.sleep(1000);
      flooded.push(await measure({ connections: few }));
      const { requests, refused, seconds } = await load;
      served += (requests - refused) / seconds / rounds;
    }
    addRow(`log-ins beside a flood: ${what}`, "the same alone", flooded, alone, {
      least: 0.9,
      note: `${Math.round(served)} of the flood a second were served`,
    });
  }
}

/** The log-ins of the second after thousands of connections let go. */
async function measureRecovery(): Promise<void> {
  console.error("recovery …");
  const some = { connections: few, users: everybody.slice(0, users / 4) };
  const alone: Measured[] = [];
  const after: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    alone.push(await measure(some));
    await runLoad({ port: server.port, connections: crowd, bodies: ["user=u0000001&pass=000000"], forMs: 3000, expect: "any" });
    after.push(await measure(some));
  }
  addRow("log-ins, the second after a flood", "before it", after, alone, { worstP99: 3 });
}

interface Wanted {
  connections: number;
  perSecond?: number;
  users?: readonly number[];
}

/** Every user logs in once. A refusal consumes nothing, so who was refused comes again. */
async function measure({ users: who = everybody, ...plan }: Wanted): Promise<Measured> {
  const bodies = makeLogins({ users: who, kind: "hotp", loginsPerUser: 1, from: counter });
  counter++;
  const before = readCpuMicros(server.pid);
  const result = await runLoad({ port: server.port, bodies, againForMs: LONGEST_MS, ...plan });
  const lost = result.requests - result.good - result.refused;
  if (lost > result.requests * 0.002) throw new Error(`${lost} log-ins neither accepted nor 503: ${result.firstBad}`);
  return { ...result, cpuMicros: (readCpuMicros(server.pid) - before) / result.requests };
}

interface Promised {
  /** Of the rate. */
  least?: number;
  /** Times the other p99. */
  worstP99?: number;
  note?: string;
}

function addRow(claim: string, against: string, ours: Measured[], theirs: Measured[], { least, worstP99, note }: Promised): void {
  const median = (
    side: Measured[],
    name: "goodWhileSending" | "p99" | "cpuMicros" | "refused" | "refusedP50" | "loadCpuMicros",
  ) => takeMedian(side.map((one) => one[name]));
  const [rate, againstRate] = [median(ours, "goodWhileSending"), median(theirs, "goodWhileSending")];
  const [p99, againstP99] = [median(ours, "p99"), median(theirs, "p99")];
  const ratio = worstP99 === undefined ? rate / againstRate : p99 / againstP99;
  const refused = median(ours, "refused");
  rows.push({
    claim,
    against,
    rate: Math.round(rate),
    againstRate: Math.round(againstRate),
    p99,
    againstP99,
    cpuMicros: median(ours, "cpuMicros"),
    againstCpuMicros: median(theirs, "cpuMicros"),
    ratio,
    ...(least === undefined ? {} : { target: `rate >= ${least}`, met: ratio >= least }),
    ...(worstP99 === undefined ? {} : { target: `p99 <= ${worstP99}`, met: ratio <= worstP99 }),
    note: [
      `${refused} refused with 503${refused > 0 ? `, the middle one after ${median(ours, "refusedP50")} ms` : ""}`,
      `the generator took ${median(ours, "loadCpuMicros")} us a request`,
      ...(note === undefined ? [] : [note]),
    ].join("; "),
  });
}
