// One sealed seed with one flipped byte: that token accepts nothing and the log says which, its owner's other token and everybody else
// go on, nothing is a 500.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { configureLog } from "../engine/log.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readToken, type TestToken } from "./kit/tokens.ts";

let app: TestApp;
let broken: TestToken;
let whole: TestToken;
const lines: string[] = [];

beforeAll(async () => {
  configureLog("debug", (line) => lines.push(line));
  app = await startApp();
  await app.addRealm("r", [passwdLine("alice", 1)]);
  broken = await enrol(app, { user: "alice", realm: "r" });
  whole = await enrol(app, { user: "alice", realm: "r", pin: "" });
  const db = new Database(join(app.dataDir, "ostiary.db"));
  const { key_sealed } = db.query("SELECT key_sealed FROM token WHERE serial = ?").get(broken.serial) as {
    key_sealed: Uint8Array;
  };
  key_sealed[key_sealed.length - 1] = (key_sealed.at(-1) ?? 0) ^ 1;
  db.query("UPDATE token SET key_sealed = ?, version = version + 1 WHERE serial = ?").run(key_sealed, broken.serial);
  db.close();
});
afterAll(() => app.stop());

test("POST /validate/check: refused by its serial, and the log names it once", async () => {
  for (let counter = 0; counter < 3; counter++) {
    const { answer, accepted } = await check(app, { serial: broken.serial, pass: broken.value(counter) });
    expect([answer.status, accepted]).toEqual([200, false]);
  }
  expect((await readToken(app, broken.serial)).counter).toBe(0);
  const told = lines.filter((line) => line.includes("the seed of a token is damaged"));
  expect(told.length).toBe(1);
  expect(told[0]).toContain(broken.serial);
});

test("its owner's other token is accepted", async () => {
  const { answer, accepted } = await check(app, { user: "alice", realm: "r", pass: whole.value(0) });
  expect([answer.status, accepted]).toEqual([200, true]);
});

test("ostiary doctor finds it", async () => {
  const { stdout } = await runOstiary(["doctor", "--data", app.dataDir]);
  expect(stdout).toContain(`does not open the seed of 1 token: ${broken.serial}.`);
});
