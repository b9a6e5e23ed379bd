// One sealed seed with one flipped byte: that token accepts nothing and the log says which, its owner's other token and everybody else
// go on, every call that needs the seed says what is the matter, nothing is a 500.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { configureLog } from "../engine/log.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readAudit, readToken, type TestToken } from "./kit/tokens.ts";

let app: TestApp;
let broken: TestToken;
let whole: TestToken;
const lines: string[] = [];

/** Another writer changes a bit of the sealed seed. */
function spoil(serial: string): void {
  const db = new Database(join(app.dataDir, "ostiary.db"));
  const { key_sealed } = db.query("SELECT key_sealed FROM token WHERE serial = ?").get(serial) as {
    key_sealed: Uint8Array;
  };
  key_sealed[key_sealed.length - 1] = (key_sealed.at(-1) ?? 0) ^ 1;
  db.query("UPDATE token SET key_sealed = ?, version = version + 1 WHERE serial = ?").run(key_sealed, serial);
  db.close();
}

beforeAll(async () => {
  app = await startApp();
  configureLog("debug", (line) => lines.push(line));
  await app.addRealm("r", [passwdLine("alice", 1)]);
  broken = await enrol(app, { user: "alice", realm: "r" });
  whole = await enrol(app, { user: "alice", realm: "r", pin: "" });
  spoil(broken.serial);
});
afterAll(() => app.stop());

test("POST /validate/check: refused by its serial, and the log names it once", async () => {
  for (let counter = 0; counter < 3; counter++) {
    const { answer, accepted } = await check(app, { serial: broken.serial, pass: broken.value(counter) });
    expect([answer.status, accepted]).toEqual([200, false]);
  }
  // Nobody looked at the values, so none was wrong.
  expect(await readToken(app, broken.serial)).toMatchObject({ counter: 0, failCount: 0 });
  const told = lines.filter((line) => line.includes("the seed of a token is damaged"));
  expect(told.length).toBe(1);
  expect(told[0]).toContain(broken.serial);
});

test("POST /token/resync: 707 and where to look; the log and the trail name the token", async () => {
  const answer = await app.api("POST", "/token/resync", { serial: broken.serial, otp1: broken.value(0), otp2: broken.value(1) });
  expect([answer.status, answer.error?.code, answer.error?.message]).toEqual([
    400,
    707,
    expect.stringContaining("ostiary doctor"),
  ]);
  expect(lines.filter((line) => line.includes(`token ${broken.serial}: a sealed`)).length).toBe(2);
  const [row] = readAudit(app.dataDir, "action = 'POST /token/resync'");
  expect(row).toMatchObject({ serial: broken.serial, success: 0 });
});

test("GET /token/getserial: the others are found, the log names what was passed over", async () => {
  const { value } = await app.api<{ serial: string | null }>("GET", `/token/getserial/${broken.value(5)}`);
  expect(value?.serial).toBeNull();
  expect(lines.find((line) => line.includes("passed over in a search"))).toContain(broken.serial);
  const found = await app.api<{ serial: string | null }>("GET", `/token/getserial/${whole.value(5)}`);
  expect(found.value?.serial).toBe(whole.serial);
});

test("what needs no seed is done: list, enable, PIN, fail counter, lost, delete", async () => {
  const { serial } = await enrol(app, { user: "alice", realm: "r" });
  spoil(serial);
  for (const [method, path, params] of [
    ["GET", "/token/", { serial }],
    ["POST", "/token/disable", { serial }],
    ["POST", "/token/setpin", { serial, otppin: "1234" }],
    ["POST", "/token/reset", { serial }],
    ["POST", `/token/lost/${serial}`, {}],
    ["DELETE", `/token/${serial}`, {}],
  ] as const)
    expect((await app.api(method, path, params)).status, path).toBe(200);
});

test("its owner's other token is accepted", async () => {
  const { answer, accepted } = await check(app, { user: "alice", realm: "r", pass: whole.value(6) });
  expect([answer.status, accepted]).toEqual([200, true]);
});

test("ostiary doctor finds it", async () => {
  const { stdout } = await runOstiary(["doctor", "--data", app.dataDir]);
  expect(stdout).toContain(`does not open the seed of 1 token: ${broken.serial}.`);
});
