// A key ring sealed by a passphrase: the server starts locked, says so, decides nothing, is unlocked over the API, and
// forgets the passphrase when it ends (Z12).
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { type Api, check, enrol, readAudit, type TestToken } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const PASSPHRASE = "the tide comes in";
const env = QUICK_ENV;
const dataDir = makeDataDir();
let server: TestServer;
let admin: Api;
let token: TestToken;

/** Starts the server as it stands and logs its administrator in. */
async function startLocked(): Promise<void> {
  server = await startServer({ dataDir, env, waitReady: false });
  const login = await server.api<{ token: string }>("POST", "/auth", { username: adminName, password: adminPassword });
  const bearer = login.value?.token ?? "";
  expect(bearer).not.toBe("");
  admin = { api: (method, path, params, options) => server.api(method, path, params, { token: bearer, ...options }) };
}

const unlock = (password: string) => admin.api<{ is_ready: boolean }>("POST", "/system/hsm", { password });
const readTokenRow = async () => {
  const list = await admin.api<{ tokens: { failcount: number; count: number }[] }>("GET", "/token/", { serial: token.serial });
  return list.value?.tokens[0];
};

beforeAll(async () => {
  const made = await runOstiary(["init", "--data", dataDir, "--admin", adminName, "--password-stdin", "--seal"], {
    input: `${adminPassword}\n${PASSPHRASE}\n`,
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  expect(made).toMatchObject({ code: 0, stderr: "" });
  await startLocked();
});
afterAll(() => server.stop());

describe("Z12 init --seal", () => {
  test("neither passphrase nor keys stand in the files in the clear", () => {
    const ring = readFileSync(join(dataDir, "keys", "keyring.json"), "utf8");
    expect(ring).not.toContain(PASSPHRASE);
    expect(ring).not.toContain("PRIVATE KEY");
  });

  test.each([
    ["no passphrase", `${adminPassword}\n`],
    ["a short one", `${adminPassword}\nshort\n`],
  ])("%s: refused, nothing is made", async (_name, input) => {
    const other = makeDataDir();
    const { code, stderr } = await runOstiary(["init", "--data", other, "--admin", "a", "--password-stdin", "--seal"], { input });
    expect(code).toBe(2);
    expect(stderr).toContain("at least 8 characters");
  });
});

describe("unlocked for the first time", () => {
  test("a wrong passphrase is told and unlocks nothing, the right one unlocks", async () => {
    expect((await admin.api<{ is_ready: boolean }>("GET", "/system/hsm")).value).toEqual({ is_ready: false });
    for (const wrong of ["the tide comes out", `${PASSPHRASE} `, "x"]) {
      const { status, error } = await unlock(wrong);
      expect([status, error?.code]).toEqual([400, 707]);
    }
    expect((await admin.api("POST", "/token/init", { genkey: 1 })).status).toBe(503);
    const { status, value } = await unlock(PASSPHRASE);
    expect([status, value]).toEqual([200, { is_ready: true }]);
    token = await enrol(admin, { pin: "pin" });
    await enrol(admin, { type: "spass", serial: "SPASS", pin: "sesame" });
    expect((await check(server, { serial: token.serial, pass: `pin${token.value(0)}` })).accepted).toBe(true);
  });

  test("it stays open: a second passphrase, right or wrong, changes nothing", async () => {
    for (const password of ["whatever it is", PASSPHRASE]) await unlock(password);
    expect((await admin.api<{ is_ready: boolean }>("GET", "/system/hsm")).value).toEqual({ is_ready: true });
  });
});

describe("after a restart it is locked again", () => {
  beforeAll(async () => {
    expect(await server.stop({ keep: true })).toBe(0);
    await startLocked();
  });

  test("alive, not ready, and it says why", async () => {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${server.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false, reasons: [expect.stringContaining("POST /system/hsm")] });
    expect(server.output()).toContain("locked");
  });

  test("POST /validate/check: 503 in the envelope with Retry-After, whoever asks and whatever he knows; nothing is consumed", async () => {
    const before = await readTokenRow();
    const bodies = new Set<string>();
    for (const params of [
      { serial: token.serial, pass: `pin${token.value(1)}` },
      { serial: token.serial, pass: "pin000000" },
      { serial: token.serial, pass: "wrong000000" },
      { serial: token.serial, pass: token.value(1), otponly: 1 },
      { serial: "SPASS", pass: "sesame" },
      { serial: "SPASS", pass: "wrong" },
      { serial: "NONE", pass: "1" },
      { user: "nobody", pass: "1" },
    ]) {
      const { answer } = await check(server, params);
      expect([params, answer.status, answer.error?.code]).toEqual([params, 503, 707]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      bodies.add(JSON.stringify(answer.body?.result));
    }
    expect(bodies.size).toBe(1);
    expect(await readTokenRow()).toEqual(before);
    const rows = readAudit(dataDir, "action = 'POST /validate/check' AND info LIKE 'ERR707%'");
    expect(rows.length).toBe(8);
    expect(rows.every(({ success }) => success === 0)).toBe(true);
  });

  test("only an administrator may try a passphrase", async () => {
    const { status, error } = await server.api("POST", "/system/hsm", { password: PASSPHRASE }, { token: "" });
    expect([status, error?.code]).toEqual([401, 4033]);
  });

  test("log-ins before, an unlock, log-ins after: the value that was refused is good", async () => {
    expect((await unlock("wrong passphrase")).error?.code).toBe(707);
    expect((await unlock(PASSPHRASE)).value).toEqual({ is_ready: true });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect((await check(server, { serial: token.serial, pass: `pin${token.value(1)}` })).accepted).toBe(true);
    expect((await check(server, { serial: token.serial, pass: `pin${token.value(1)}` })).accepted).toBe(false);
    expect((await check(server, { serial: "SPASS", pass: "sesame" })).accepted).toBe(true);
  });

  test("the trail of the locked time is signed afterwards, and no passphrase stands in it or in the log", async () => {
    const printed = server.output();
    await server.stop({ keep: true });
    const { code, stdout } = await runOstiary(["audit", "verify", "--json", "--data", dataDir]);
    expect(code).toBe(0);
    const { chains } = JSON.parse(stdout) as { chains: { node: string; rows: number; signedTo: number }[] };
    const own = chains.find(({ node }) => node === "node1");
    expect(own?.signedTo).toBe(own?.rows ?? -1);
    for (const text of [printed, JSON.stringify(readAudit(dataDir))]) {
      expect(text).not.toContain(PASSPHRASE);
      expect(text).not.toContain("comes out");
    }
  });
});
