// A drill on a big site: the right pages and counts, log-ins beside everything, proofs, rotations, and a backup that restores. Always run
// on a small one; OSTIARY_SCALE=1 runs it on a million tokens, 200,000 users and ten million audit rows (10 minutes, 6 GB of disk).
//   OSTIARY_SCALE_TOKENS, _USERS, _ROWS   other sizes
//   OSTIARY_SCALE_DATA                    a directory of bench/seed.ts that is kept and used again; it changes with each run
// What may take how long is no matter for a test: bench/scale.ts.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeSeed, nameUser } from "../bench/otps.ts";
import { seed, seededPin } from "../bench/seed.ts";
import { countLoginUsers, describeToken, type SeededToken } from "../bench/seed-tokens.ts";
import { divideUsers } from "../bench/seed-users.ts";
import { openLogins, type SeededLogins } from "../bench/seeded-logins.ts";
import { hotpValue } from "../engine/core/hotp.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check } from "./kit/tokens.ts";

const full = process.env.OSTIARY_SCALE === "1";
const sizeOf = (name: string, whole: number, small: number) =>
  full ? Number(process.env[`OSTIARY_SCALE_${name}`] ?? whole) : small;
const sizes = {
  tokens: sizeOf("TOKENS", 1_000_000, 5000),
  users: sizeOf("USERS", 200_000, 2000),
  rows: sizeOf("ROWS", 10_000_000, 50_000),
};
const keptData = process.env.OSTIARY_SCALE_DATA;
const patience = full ? 900_000 : 30_000;
setDefaultTimeout(patience);
const env = { ...QUICK_ENV, OSTIARY_GUARD_USER: "off", OSTIARY_GUARD_AUTH: "off" };
const pageSize = 15;

let server: TestServer;
let logins: SeededLogins;
/** Of other users, for log-ins beside something. */
let spare: SeededLogins;
let tokens: SeededToken[];

beforeAll(async () => {
  const dataDir = keptData ?? makeDataDir();
  await seed({ dataDir, ...sizes });
  server = await startServer({ dataDir, env });
  const people = countLoginUsers(sizes.tokens, sizes.users);
  logins = openLogins(dataDir, 0, people - 100);
  spare = openLogins(dataDir, people - 100, 100);
  tokens = Array.from({ length: sizes.tokens }, (_, n) => describeToken(n, sizes.tokens, sizes.users));
}, patience);
afterAll(() => server.stop({ keep: keptData !== undefined }));

if (!full) test.skip("the same on a million tokens: OSTIARY_SCALE=1 (10 minutes)", () => {});

const logIn = async (from: SeededLogins, of = server) => {
  const [body = ""] = from.take(1);
  return (await check(of, Object.fromEntries(new URLSearchParams(body)))).accepted;
};

/** One log-in after the other as long as `work` runs; each must be accepted. */
async function besideLogins<T>(work: () => Promise<T>): Promise<T> {
  let over = false;
  const answers: unknown[] = [];
  const loop = (async () => {
    do answers.push(await logIn(spare));
    while (!over);
  })();
  try {
    return await work();
  } finally {
    over = true;
    await loop;
    expect(answers.filter((accepted) => accepted !== true)).toEqual([]);
  }
}

async function runCommand(args: string[], dataDir = server.dataDir): Promise<Record<string, never>> {
  const run = await runOstiary([...args, "--json", "--data", dataDir], {
    patience,
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  expect([run.code, run.stderr]).toEqual([0, expect.not.stringMatching(/error|failed/i)]);
  return JSON.parse(run.stdout);
}

const realmOf = (user: number) => divideUsers(sizes.users).findLast(({ first, count }) => count > 0 && first <= user)?.realm;
const stands = ({ owner, stored }: SeededToken) => (owner === null ? (stored ? "guests" : null) : realmOf(owner));

describe("GET /token/: pages and counts", () => {
  const cases: [name: string, params: ApiParams, fits: (token: SeededToken, n: number) => boolean][] = [
    ["all", {}, () => true],
    ["a type", { type: "spass" }, ({ type }) => type === "spass"],
    ["a realm", { tokenrealm: "lab" }, (token) => stands(token) === "lab"],
    ["a realm with tokens of nobody", { tokenrealm: "guests" }, (token) => stands(token) === "guests"],
    ["disabled", { active: "false" }, ({ active }) => !active],
    ["unassigned", { assigned: "false" }, ({ owner }) => owner === null],
    ["an information", { infokey: "import", infovalue: "delivery 70" }, (_, n) => n % 500 === 70],
    ["a piece of a serial", { serial: "*7A*" }, ({ serial }) => serial.includes("7A")],
    ["a piece of a description", { description: "*PHONE of*" }, ({ description }) => description.startsWith("phone of")],
    [
      "several filters",
      { type: "totp", assigned: "true", active: "true", tokenrealm: "campus" },
      (token) => token.type === "totp" && token.active && token.owner !== null && stands(token) === "campus",
    ],
  ];
  test.each(cases)("%s", async (_, params, fits) => {
    const serials = tokens
      .filter(fits)
      .map(({ serial }) => serial)
      .sort();
    expect(serials.length).toBeGreaterThan(0);
    const last = Math.ceil(serials.length / pageSize);
    for (const page of new Set([1, Math.ceil(last / 2), last])) {
      const { value } = await besideLogins(() =>
        server.api<{ count: number; tokens: { serial: string }[] }>("GET", "/token/", { ...params, page, pagesize: pageSize }),
      );
      expect(value?.count).toBe(serials.length);
      expect(value?.tokens.map(({ serial }) => serial)).toEqual(serials.slice((page - 1) * pageSize, page * pageSize));
    }
  });
});

test("GET /user/: one by name, all of a beginning", async () => {
  const [{ first = 0, count = 0, realm = "" } = {}] = divideUsers(sizes.users).slice(1);
  const find = async (params: ApiParams) => (await server.api<{ username: string }[]>("GET", "/user/", params)).value ?? [];
  expect(await find({ username: nameUser(first + 3), realm })).toMatchObject([{ username: nameUser(first + 3) }]);
  const found = await besideLogins(() => find({ username: `${nameUser(first).slice(0, 6)}*`, realm }));
  const wanted = Array.from({ length: count }, (_, at) => nameUser(first + at)).filter((name) =>
    name.startsWith(nameUser(first).slice(0, 6)),
  );
  expect(found.map(({ username }) => username).sort()).toEqual(wanted);
});

describe("POST /validate/check", () => {
  test("users all over the site log in, each value once", async () => {
    for (let round = 0; round < 50; round++) expect(await logIn(logins)).toBe(true);
    const [body = ""] = logins.take(1);
    const params = Object.fromEntries(new URLSearchParams(body));
    expect((await check(server, params)).accepted).toBe(true);
    expect((await check(server, params)).accepted).toBe(false);
  });
  const isSound = ({ type, active, revoked, full: isFull }: SeededToken) => type === "totp" && active && !revoked && !isFull;
  // A different token each: a value is good once.
  const states: [state: string, fits: (token: SeededToken) => boolean, accepted: boolean][] = [
    ["sound, PIN", (token) => isSound(token) && token.pinned, true],
    ["sound, SHA-256", (token) => isSound(token) && !token.pinned && token.algorithm === "sha256", true],
    ["sound, nobody's", (token) => isSound(token) && !token.pinned && token.algorithm === "sha1" && token.owner === null, true],
    ["disabled", ({ type, active, revoked }) => type === "totp" && !active && !revoked, false],
    ["revoked", ({ type, revoked }) => type === "totp" && revoked, false],
    ["failed too often", ({ type, active, revoked, full: isFull }) => type === "totp" && active && !revoked && isFull, false],
  ];
  test.each(states)("a token that is %s, by its serial", async (_, fits, accepted) => {
    const n = tokens.findLastIndex(fits);
    const { serial, algorithm, otpLength, pinned } = tokens[n] ?? describeToken(0, 1, 1);
    const otp = hotpValue(algorithm, makeSeed(n), Math.floor(Date.now() / 30_000), otpLength);
    const outcome = await check(server, { serial, pass: `${pinned ? seededPin : ""}${otp}` });
    expect(outcome.accepted === true).toBe(accepted);
  });
});

test("GET /token/getserial finds the one token among all, as a job", async () => {
  const n = tokens.findLastIndex(({ type, otpLength, owner }) => type === "totp" && otpLength === 8 && owner !== null);
  const { serial = "", algorithm = "sha1" } = tokens[n] ?? {};
  const otp = hotpValue(algorithm, makeSeed(n), Math.floor(Date.now() / 30_000) + 4, 8);
  const found = await besideLogins(async () => {
    const { detail } = await server.api("GET", `/token/getserial/${otp}`, { type: "totp", background: 1 });
    for (;;) {
      const { value } = await server.api<{ state: string; result?: unknown }>("GET", `/job/${String(detail?.job)}`);
      if (value?.state !== "running") return value;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  expect(found).toMatchObject({ state: "done", result: { serial, count: tokens.filter(({ type }) => type === "totp").length } });
});

describe("the audit trail", () => {
  const countRows = async (params: ApiParams = {}) =>
    (await server.api<{ count: number; complete: boolean }>("GET", "/audit/", { page_size: 1, ...params })).value;
  const verify = () => runCommand(["audit", "verify"]);

  test("a search counts them all; a user's are found in the index and behind it", async () => {
    const all = await countRows();
    expect(all?.complete).toBe(true);
    expect(all?.count).toBeGreaterThan(sizes.rows / 2);
    await logIn(logins);
    const [body = ""] = logins.take(1);
    const params = Object.fromEntries(new URLSearchParams(body));
    const before = await countRows({ user: String(params.user) });
    expect((await check(server, params)).accepted).toBe(true);
    expect((await countRows({ user: String(params.user) }))?.count).toBe((before?.count ?? 0) + 1);
  });

  test("the whole chain is proven while rows are written", async () => {
    const report = await besideLogins(verify);
    expect(report).toMatchObject({ problems: [] });
  });

  test("rotation beside log-ins removes what it is told, and the rest is still proven", async () => {
    const { count = 0 } = (await countRows()) ?? {};
    const keep = String(Math.floor(count * 0.9));
    const rotated = await besideLogins(() => runCommand(["audit", "rotate", "--highwatermark", keep, "--lowwatermark", keep]));
    expect(rotated).toMatchObject({ complete: true });
    expect(Number(rotated.removed)).toBeGreaterThanOrEqual(count - Number(keep));
    expect(await verify()).toMatchObject({ problems: [] });
    const after = (await countRows())?.count ?? 0;
    expect(after).toBeGreaterThanOrEqual(Number(keep));
    expect(after).toBeLessThan(count);
  });
});

test("rotation of keys beside log-ins: every value comes under the new key, and the seeds open", async () => {
  const rotated = await besideLogins(() => runCommand(["key", "rotate"]));
  expect(rotated).toMatchObject({ broken: 0, left: 0 });
  // In a directory that was used before, an unfinished rotation is taken up.
  if (!keptData) expect(Number(rotated.resealed)).toBe(tokens.filter(({ type }) => type !== "spass").length);
  for (let round = 0; round < 20; round++) expect(await logIn(logins)).toBe(true);
});

test("a backup made beside log-ins restores: tokens, seeds, and a trail that is proven", async () => {
  const room = makeDataDir();
  const archive = join(room, "backup.tar.gz");
  await besideLogins(() => runCommand(["backup", "--to", archive, "--without-keys"]));
  const dataDir = join(room, "restored");
  await runCommand(["restore", "--from", archive, "--keys", join(server.dataDir, "keys")], dataDir);
  const restored = await startServer({ dataDir, env });
  try {
    expect((await restored.api<{ count: number }>("GET", "/token/")).value?.count).toBe(sizes.tokens);
    // What counts is ahead in the running server, and still within the window.
    expect(await logIn(logins, restored)).toBe(true);
  } finally {
    await restored.stop({ keep: true });
  }
  expect(await runCommand(["audit", "verify"], dataDir)).toMatchObject({ problems: [] });
});

test("GET /metrics has the longest stall of all this", async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const longest = Number(/^ostiary_loop_longest_stall_seconds\{window="start"\} (\S+)$/m.exec(text)?.[1]);
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(5);
  expect(Number(/^ostiary_loop_stall_seconds_count (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(100);
});
