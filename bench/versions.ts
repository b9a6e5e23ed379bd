// What a log-in costs here against other checkouts of this repository, in rounds that take turns: HOTP without a PIN, every thread of
// the server counted by itself. Rates swing with the machine; processor time swings less, and only the same round compares.
//
//   git worktree add ../before v1 && (cd ../before && bun install --frozen-lockfile)
//   bun bench/versions.ts ../before [MORE…] [--tokens 1000] [--rounds 8] [--connections 64]
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { TestServer } from "../test/kit/start-server.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { readThreadMicros } from "./machine.ts";
import { makeLogins } from "./otps.ts";
import { compareRounds, type Row, takeMedian, writeReport } from "./report.ts";
import type * as setup from "./setup.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: "string", default: "1000" },
    rounds: { type: "string", default: "8" },
    connections: { type: "string", default: "64" },
  },
});
const [tokens, rounds, connections] = [values.tokens, values.rounds, values.connections].map(Number) as [number, number, number];
const loginsPerUser = 20;
const users = Array.from({ length: tokens }, (_, n) => n);
const hash = { OSTIARY_HASH_MEMORY_KIB: "19456", OSTIARY_HASH_ITERATIONS: "2" };

interface Side {
  name: string;
  server: TestServer;
  /** The next unused counter of all its tokens. */
  next: number;
  results: (LoadResult & { cpuMicros: number; threads: Record<string, number> })[];
}

const sides: Side[] = [];
try {
  for (const directory of [join(import.meta.dir, ".."), ...positionals]) {
    const { startScratch, enrolTokens }: typeof setup = await import(resolve(directory, "bench/setup.ts"));
    const server = await startScratch(tokens, hash);
    sides.push({ name: positionals.includes(directory) ? directory : "here", server, next: 0, results: [] });
    await enrolTokens(server, [{ kind: "hotp", users }]);
  }
  // The first round warms up. Each goes first in every other round: who comes second finds a warmer machine.
  for (let round = 0; round <= rounds; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const result = await measure(side);
      if (round > 0) side.results.push(result);
    }
  }
} finally {
  for (const { server } of sides) await server.stop();
}
const [ours, ...others] = sides;
await writeReport({
  bench: "versions",
  hashCost: "Argon2id 19456 KiB, t=2, p=1",
  settings: { tokens, rounds, connections, loginsPerUser, loadGenerator: "same machine, own process" },
  rows: ours ? others.map((theirs) => compare(ours, theirs)) : [],
});

async function measure(side: Side): Promise<Side["results"][number]> {
  const bodies = makeLogins({ users, kind: "hotp", loginsPerUser, from: side.next });
  side.next += loginsPerUser;
  const before = readThreadMicros(side.server.pid);
  const result = await runLoad({ port: side.server.port, connections, bodies });
  if (result.good < result.requests * 0.998) throw new Error(`${side.name}: not accepted; the first:\n${result.firstBad}`);
  const spent = Object.entries(readThreadMicros(side.server.pid)).map(
    ([name, micros]) => [name, (micros - (before[name] ?? 0)) / result.requests] as const,
  );
  return { ...result, cpuMicros: spent.reduce((sum, [, micros]) => sum + micros, 0), threads: Object.fromEntries(spent) };
}

function compare(ours: Side, theirs: Side): Row {
  // Of the rounds, not of the medians: a noisy minute hurts both halves of its round.
  const ratio = takeMedian(ours.results.map(({ cpuMicros }, at) => cpuMicros / (theirs.results[at]?.cpuMicros ?? Number.NaN)));
  return {
    claim: "HOTP, processor time of a log-in",
    against: theirs.name,
    ...compareRounds(ours.results, theirs.results),
    ratio,
    note: `microseconds by thread: ${describeThreads(ours)} against ${describeThreads(theirs)}`,
  };
}

function describeThreads({ results }: Side): string {
  const names = new Set(results.flatMap(({ threads }) => Object.keys(threads)));
  const medians = [...names].map((name) => [name, takeMedian(results.map(({ threads }) => threads[name] ?? 0))] as const);
  const worth = medians.filter(([, micros]) => micros >= 0.5).sort((a, b) => b[1] - a[1]);
  return worth.map(([name, micros]) => `${name} ${micros.toFixed(1)}`).join(", ");
}
