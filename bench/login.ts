// The claims about a login (architecture, "what fast means"): whole logins over HTTP with the audit row durable, each against
// what it is compared with, in rounds that take turns, so that a noisy neighbour hurts both.
//
//   bun bench/login.ts [--tokens 1000] [--rounds 5] [--connections 64] [--pins 200]
import { parseArgs } from "node:util";
import type { TestServer } from "../test/kit/start-server.ts";
import { startFloor } from "./floor.ts";
import { type LoadPlan, type LoadResult, runLoad } from "./load.ts";
import { readCpuMicros } from "./machine.ts";
import { loginsPerTotp, makeLogins } from "./otps.ts";
import { compareRounds, type Row, writeReport } from "./report.ts";
import { enrolTokens, restartScratch, startScratch } from "./setup.ts";

const { values } = parseArgs({
  options: {
    tokens: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    pins: { type: "string", default: "200" },
  },
});
/** Tokens of one round; each gives `loginsPerTotp` log-ins. */
const tokens = Number(values.tokens);
const rounds = Number(values.rounds);
const connections = Number(values.connections);
/** Tokens with a PIN: each costs a hash at enrolment and another at its first log-in. Twice the connections at least: two
 * log-ins of one token on the way at once could overtake each other, and the earlier would be refused. */
const pins = Math.max(Number(values.pins), 2 * connections);
const pin = "1234";
const hash = { OSTIARY_HASH_MEMORY_KIB: "19456", OSTIARY_HASH_ITERATIONS: "2" };

interface Side {
  port: number;
  pid: number;
}

interface Measured extends LoadResult {
  cpuMicros: number;
}

interface HotpGroup {
  users: readonly number[];
  pin?: string;
  /** The next unused counter; the same for all of them, or they would leave their window. */
  next: number;
}

// Users, in this order: a group of TOTP tokens for each round and one to warm up, then HOTP tokens for three purposes.
const groups = Array.from({ length: rounds + 1 }, (_, group) => countFrom(group * tokens, tokens));
const plain: HotpGroup = { users: countFrom((rounds + 1) * tokens, tokens), next: 0 };
const bare: HotpGroup = { users: countFrom((rounds + 2) * tokens, pins), next: 0 };
const pinned: HotpGroup = { users: countFrom((rounds + 2) * tokens + pins, pins), pin, next: 0 };
const users = (rounds + 2) * tokens + 2 * pins;
const rows: Row[] = [];

let server = await startScratch(users, hash);
try {
  console.error(`enrolling ${users} tokens …`);
  await enrolTokens(server, [
    ...groups.map((group) => ({ kind: "totp" as const, users: group })),
    ...[plain, bare, pinned].map((group) => ({ kind: "hotp" as const, ...group })),
  ]);
  await measureFloor();
  await measurePins();
  await measureFlood();
  await measureSignatures();
} finally {
  await server.stop();
}
await writeReport({
  bench: "login",
  hashCost: "Argon2id 19456 KiB, t=2, p=1",
  settings: { tokens, rounds, connections, pins, users, loadGenerator: "same machine, own process" },
  rows,
});

/** TOTP without a PIN against the bare handler; the first group warms both up. */
async function measureFloor(): Promise<void> {
  console.error("TOTP against the floor …");
  const floor = await startFloor(users);
  const [ours, theirs]: [Measured[], Measured[]] = [[], []];
  for (const [round, group] of groups.slice(0, rounds + 1).entries()) {
    for (const [side, into] of [
      [server, ours],
      [floor, theirs],
    ] as const) {
      const measured = await measure(side, { bodies: makeLogins({ users: group, kind: "totp", loginsPerUser: loginsPerTotp }) });
      if (round > 0) into.push(measured);
    }
  }
  await floor.stop();
  addRow("TOTP login, audit durable", "bare handler, same HMACs", ours, theirs, { target: 0.6 });
  const [row] = rows.slice(-1);
  if (row !== undefined) {
    const ratio = row.p99 / row.againstP99;
    rows.push({ ...row, claim: "the same, p99", ratio, target: "p99 <= 3", met: ratio <= 3 });
  }
}

/** PIN and OTP, PIN seen before and hashed each time, against no PIN; all HOTP with the same number of tokens. */
async function measurePins(): Promise<void> {
  console.error("PINs …");
  // 20 log-ins of each token make a round; the first sight of each PIN is the warming up.
  const without = () => ({ bodies: takeLogins(bare, 20) });
  const seen = () => ({ bodies: takeLogins(pinned, 20) });
  // Fewer than hash jobs may wait: refusals are the other promise, not this figure.
  const narrow = 16;
  await measure(server, { bodies: takeLogins(pinned, 1), connections: narrow });
  const [unpinned, remembered] = await takeTurns(without, seen);
  addRow("PIN + HOTP, PIN seen before", "HOTP without PIN", remembered, unpinned, { target: 0.9 });
  server = await restartScratch(server, { ...hash, OSTIARY_PIN_MEMORY: "false" });
  await measure(server, without());
  const [again, hashed] = await takeTurns(
    () => ({ ...without(), connections: narrow }),
    () => ({ bodies: takeLogins(pinned, 1), connections: narrow }),
    2,
  );
  addRow("PIN + HOTP, PIN hashed every time", "HOTP without PIN", hashed, again, {
    note: "pin.memory = false: what the first login with a PIN costs; 16 connections",
  });
  server = await restartScratch(server, hash);
}

/** HOTP while wrong passwords at /auth keep every hash worker busy, against the same without; at 8 connections. */
async function measureFlood(): Promise<void> {
  console.error("Argon2 flood …");
  const few = () => ({ bodies: takeLogins(plain, 3), connections: 8 });
  await measure(server, few());
  const idle: Measured[] = [];
  const flooded: Measured[] = [];
  let hashes = 0;
  for (let round = 0; round < rounds; round++) {
    idle.push(await measure(server, few()));
    const bodies = ["username=admin&password=wrong"];
    const flood = runLoad({ port: server.port, connections: 32, path: "/auth", bodies, forMs: 4000, expect: "any" });
    await Bun.sleep(800);
    flooded.push(await measure(server, few()));
    const { requests, refused, seconds } = await flood;
    hashes += (requests - refused) / seconds / rounds;
  }
  addRow("HOTP login during an Argon2 flood", "idle", flooded, idle, {
    worstP99: 3,
    note: `${Math.round(hashes)} hashes/s in the flood`,
  });
}

/** The RSA signature of answers: never, on demand without a demand, always. */
async function measureSignatures(): Promise<void> {
  console.error("response signatures …");
  const measureMode = async (mode: string): Promise<Measured[]> => {
    server = await restartScratch(server, { ...hash, OSTIARY_RESPONSE_SIGNATURE: mode });
    const results: Measured[] = [];
    for (let round = 0; round <= rounds; round++) results.push(await measure(server, { bodies: takeLogins(plain, 3) }));
    return results.slice(1);
  };
  const never = await measureMode("never");
  addRow("HOTP, response.signature on-nonce, no nonce sent", "never", await measureMode("on-nonce"), never, {});
  addRow("HOTP, response.signature always", "never", await measureMode("always"), never, {});
}

/** Two plans by turns on the server, after one round of each to warm up. */
async function takeTurns(first: () => Plan, second: () => Plan, times = rounds): Promise<[Measured[], Measured[]]> {
  const results: [Measured[], Measured[]] = [[], []];
  for (let round = 0; round <= times; round++) {
    const pair = [await measure(server, first()), await measure(server, second())] as const;
    if (round === 0) continue;
    results[0].push(pair[0]);
    results[1].push(pair[1]);
  }
  return results;
}

type Plan = Pick<LoadPlan, "bodies"> & Partial<LoadPlan>;

/** One load on one process, and the processor time that process spent on it. Stops the bench if logins are refused. */
async function measure(side: Side | TestServer, plan: Plan): Promise<Measured> {
  const before = readCpuMicros(side.pid);
  const result = await runLoad({ port: side.port, connections, ...plan });
  // Six digits collide: about one login in 10,000 meets the value of another counter and skips it.
  if (result.good < result.requests * 0.998) {
    throw new Error(
      `${result.requests - result.good} of ${result.requests} logins were not accepted; the first:\n${result.firstBad}`,
    );
  }
  return { ...result, cpuMicros: (readCpuMicros(side.pid) - before) / result.requests };
}

/** Bodies with the next HOTP values of a group. */
function takeLogins(group: HotpGroup, loginsPerUser: number): string[] {
  const { users, pin, next } = group;
  group.next += loginsPerUser;
  return makeLogins({ users, kind: "hotp", loginsPerUser, from: next, ...(pin === undefined ? {} : { pin }) });
}

/** Adds a row: medians of both sides and their ratio, of the rates or, with `worstP99`, of the p99. */
function addRow(
  claim: string,
  against: string,
  ours: Measured[],
  theirs: Measured[],
  { target, worstP99, note }: { target?: number; worstP99?: number; note?: string },
): void {
  const figures = compareRounds(ours, theirs);
  const ratio = worstP99 === undefined ? figures.ratio : figures.p99 / figures.againstP99;
  rows.push({
    claim,
    against,
    ...figures,
    ratio,
    ...(target === undefined ? {} : { target: `rate >= ${target}`, met: ratio >= target }),
    ...(worstP99 === undefined ? {} : { target: `p99 <= ${worstP99}`, met: ratio <= worstP99 }),
    ...(note === undefined ? {} : { note }),
  });
}

/** `count` numbers from `first`. */
function countFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}
