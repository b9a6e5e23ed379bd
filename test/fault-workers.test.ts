// Worker threads that die: once, again and again, under log-ins. Nobody waits for one that does not come, nothing is consumed for
// nothing, the machine is not kept busy by starting threads, and it is over without a restart.
import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { configureLog } from "../engine/log.ts";
import { type WatchedWorkers, watchWorkers } from "./kit/kill-workers.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, type TestToken } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

let workers: WatchedWorkers;
let app: TestApp;
let token: TestToken;
let used = 0;
let lines: string[] = [];

beforeAll(async () => {
  workers = watchWorkers();
  configureLog("debug", (line) => lines.push(line));
  app = await startApp();
  token = await enrol(app, { pin: "pin" });
});
afterAll(async () => {
  workers.killStarting(0);
  await app.stop();
  workers.stop();
});
beforeEach(() => {
  lines = [];
});

const logIn = async (counter: number) => {
  const { answer, accepted } = await check(app, { serial: token.serial, pass: `pin${token.value(counter)}` });
  return { status: answer.status, accepted, code: answer.error?.code, retryAfter: Number(answer.headers.get("retry-after")) };
};
const readiness = async () => {
  const { status, text } = await app.api("GET", "/readyz");
  return { status, ...(JSON.parse(text) as { reasons: string[]; notices: string[] }) };
};
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(JSON.stringify(await readiness()));
    await Bun.sleep(20);
  }
};

test("three times, then it lives: the log-in waits that moment and is accepted", async () => {
  workers.killStarting(3);
  workers.killAll();
  expect(await logIn(used++)).toMatchObject({ status: 200, accepted: true });
});

test("all of them, once: the next log-in is accepted", async () => {
  workers.killAll();
  expect(await logIn(used++)).toMatchObject({ status: 200, accepted: true });
  expect((await app.api("GET", "/token/")).status).toBe(200);
});

describe("at every start", () => {
  test("log-ins and lists are refused at once with 503, /readyz says why, nothing is consumed; over without a restart", async () => {
    workers.killStarting(Number.POSITIVE_INFINITY);
    workers.killAll();
    const list = () => app.api("GET", "/token/");
    await until(async () => (await logIn(used)).status === 503 && (await readiness()).status === 503);
    await until(async () => (await list()).status === 503 && (await readiness()).notices.length > 0);
    const { reasons, notices } = await readiness();
    expect(reasons.join()).toMatch(/^the threads that check .* die as soon as they start \(\d+ so far.*Look at the limits/);
    expect(notices.join()).toContain("the threads that read lists for administrators die");

    const before = workers.started;
    const begun = performance.now();
    for (let round = 0; round < 50; round++) {
      const { status, code, retryAfter } = await logIn(used);
      expect([status, code]).toEqual([503, 903]);
      expect(retryAfter).toBeWithin(1, 12);
      expect((await list()).status).toBe(503);
      await Bun.sleep(10);
    }
    const ms = performance.now() - begun;
    expect(ms).toBeLessThan(3000);
    // Three kinds of threads, whose pauses are above 400 ms by now.
    expect(workers.started - before).toBeLessThan(30);
    expect(lines.length).toBeLessThan(20);
    const metrics = (await app.send(new Request("http://localhost/metrics"))).text();
    expect(Number(/ostiary_worker_restarts_total\{part="vault"\} (\d+)/.exec(await metrics)?.[1])).toBeGreaterThan(5);

    workers.killStarting(0);
    await until(async () => (await readiness()).status === 200 && (await list()).status === 200);
    expect((await readiness()).notices).toEqual([]);
    expect(await logIn(used++)).toMatchObject({ status: 200, accepted: true });
  });
});

test("killed again and again under log-ins: each is answered, accepted or 503, and who was refused is accepted with the same value", async () => {
  const tokens = await Promise.all(Array.from({ length: 20 }, () => enrol(app)));
  const killer = setInterval(() => workers.killAll(), 60);
  const accepted: number[] = tokens.map(() => 0);
  const end = performance.now() + 800;
  await Promise.all(
    tokens.map(async ({ serial, value }, index) => {
      while (performance.now() < end) {
        const next = accepted[index] ?? 0;
        const { answer, accepted: isIn } = await check(app, { serial, pass: value(next) });
        if (answer.status === 200) {
          expect(isIn).toBe(true);
          accepted[index] = next + 1;
        } else {
          expect(answer.status).toBe(503);
          await Bun.sleep(20);
        }
      }
    }),
  );
  clearInterval(killer);
  await until(async () => (await readiness()).status === 200);
  for (const [index, { serial, value }] of tokens.entries()) {
    const next = accepted[index] ?? 0;
    if (next > 0) expect((await check(app, { serial, pass: value(next - 1) })).accepted).toBe(false);
    await until(async () => (await check(app, { serial, pass: value(next) })).accepted === true);
  }
});
