// More requests than there are places (server.requests): who is refused is told so before anything of his request was read, so
// nothing is half done, and who hammers waits.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createApp } from "../engine/http/app.ts";
import type { Inbound } from "../engine/http/exchange.ts";
import { renderMetrics } from "../engine/services/metrics.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, readAudit, readToken } from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ "server.requests": "8", "vault.dear_queue": "4" });
  await app.addRealm("home", ["alice:x:1:1:Alice:/:"]);
});
afterAll(() => app.stop());

/** Takes all places, as requests at work do, while `run` lasts. */
async function whileFull<T>(run: () => Promise<T>): Promise<T> {
  const { admission } = app.engine;
  let taken = 0;
  while (admission.enter("login")) taken++;
  try {
    expect(taken).toBe(8);
    return await run();
  } finally {
    while (taken-- > 0) admission.leave("login");
  }
}

const trail = () => readAudit(app.dataDir, "action = 'POST /validate/check'").length;

describe("server.requests", () => {
  test("POST /validate/check: 503, Retry-After and the envelope; no counter moves, no audit row; the same value is good afterwards", async () => {
    const token = await enrol(app, { user: "alice", pin: "sesame" });
    const before = trail();
    await whileFull(async () => {
      for (const pass of [`sesame${token.value(0)}`, "sesame000000"]) {
        const { answer } = await check(app, { user: "alice", pass });
        expect([answer.status, answer.error?.code, answer.headers.get("retry-after")]).toEqual([503, 903, "1"]);
      }
    });
    expect(await readToken(app, token.serial)).toMatchObject({ counter: 0, failCount: 0 });
    expect(trail()).toBe(before);
    expect((await check(app, { user: "alice", pass: `sesame${token.value(0)}` })).accepted).toBe(true);
  });

  test("GET /healthz, /readyz and /metrics are always answered; metrics count who was refused", async () => {
    const refused = app.engine.admission.refused;
    await whileFull(async () => {
      await app.api("GET", "/token/");
      for (const path of ["/healthz", "/readyz", "/metrics"]) {
        expect((await app.send(new Request(`http://localhost${path}`))).status).toBe(200);
      }
    });
    expect(app.engine.admission.refused).toBe(refused + 1);
    expect(renderMetrics(app.engine)).toContain(`ostiary_requests_refused_total ${refused + 1}\n`);
  });

  test("every place is given back, also by requests that fail", async () => {
    const calls = ["/validate/check", "/nothing", "/token/init", "/auth"].flatMap((path) => Array<string>(5).fill(path));
    await Promise.all(calls.map((path) => app.api("POST", path, { user: "nobody", pass: "x" })));
    expect(app.engine.admission.working).toBe(0);
  });

  test("who was refused and asks at once again on the same connection waits his second, and is then served", async () => {
    const front = createApp(app.engine);
    const line = {};
    const ask = () => front(bring(line));
    let served: Promise<{ status: number }> | undefined;
    await whileFull(async () => {
      expect((await ask()).status).toBe(503);
      expect((await front(bring({}))).status).toBe(503);
      served = ask();
    });
    let waiting = true;
    served?.then(() => {
      waiting = false;
    });
    expect([(await front(bring({}))).status, waiting]).toEqual([401, true]);
    expect((await served)?.status).toBe(401);
  });
});

describe("who waits at the gate", () => {
  const settle = async () => {
    for (let turns = 0; turns < 20; turns++) await new Promise<void>((resolve) => void setImmediate(resolve));
  };

  test("is served when the rush is over, not only when his time is", async () => {
    const front = createApp(app.engine);
    const line = {};
    const told: number[] = [];
    await whileFull(async () => {
      await front(bring(line));
      void front(bring(line)).then(({ status }) => told.push(status));
      await settle();
    });
    expect(told).toEqual([]);
    // The first that leaves calls who waits; he comes before the second, which takes as long.
    await front(bring({}));
    await front(bring({}));
    await settle();
    expect(told).toEqual([401]);
  });

  test("and hung up meanwhile, is dropped", async () => {
    const front = createApp(app.engine);
    const line = {};
    let waiting: Promise<{ status: number }> | undefined;
    await whileFull(async () => {
      await front(bring(line));
      waiting = front({ ...bring(line), isGone: () => true });
      await settle();
    });
    await front(bring({}));
    expect((await waiting)?.status).toBe(503);
  });
});

describe("a flood leaves nothing half done: what is refused left no row and changed nothing, what is served has its row", () => {
  const rows = (action: string) => readAudit(app.dataDir, `action = '${action}'`).length;
  const count = (answers: { status: number }[], status: number) => answers.filter((answer) => answer.status === status).length;
  /** The same call from so many connections at once, past the gate's own number of places. */
  const flood = async (times: number, method: string, path: string, params: Record<string, unknown>) => {
    const calls: Promise<{ status: number; headers: Headers }>[] = [];
    for (let at = 0; at < times; at++) {
      calls.push(app.api(method, path, params));
      // Let it come so far that it waits or is refused.
      if (at % 4 === 3) await Promise.race([calls.at(-1), new Promise<void>((resolve) => void setImmediate(resolve))]);
    }
    return Promise.all(calls);
  };

  test.each<[string, string, Record<string, unknown>]>([
    ["POST", "/token/init", { type: "hotp", genkey: 1 }],
    ["GET", "/token/", {}],
    ["GET", "/user/", {}],
    ["GET", "/audit/", {}],
  ])("%s %s: log-ins go on beside it", async (method, path, params) => {
    const token = await enrol(app, { user: "alice", pin: "sesame" });
    const tokensBefore = (await app.api<{ count: number }>("GET", "/token/")).value?.count ?? 0;
    const action = `${method} ${path}`;
    const before = rows(action);
    // 32 is the share of one caller (64 places for dear work).
    const answers = flood(100, method, path, params);
    expect((await check(app, { user: "alice", pass: `sesame${token.value(0)}` })).accepted).toBe(true);
    const told = await answers;
    const served = count(told, 200);
    expect([served > 0, served + count(told, 503)]).toEqual([true, 100]);
    for (const { status, headers } of told) if (status === 503) expect(headers.get("retry-after")).toMatch(/^[1-5]$/);
    expect(rows(action) - before).toBe(served);
    const { admission, dearTurns } = app.engine;
    expect([admission.working, dearTurns.waiting, dearTurns.working]).toEqual([0, 0, 0]);
    if (path === "/token/init") {
      const after = (await app.api<{ count: number }>("GET", "/token/")).value?.count ?? 0;
      expect(after - tokensBefore).toBe(served);
    }
  });

  test("POST /auth with wrong passwords: hashes are bounded, whoever finds no place leaves no row; then the right one is good", async () => {
    const before = rows("POST /auth");
    const wrong = { username: "admin", password: "wrong" };
    const told = await Promise.all(Array.from({ length: 8 }, () => flood(5, "POST", "/auth", wrong)));
    const answers = told.flat();
    expect(count(answers, 401) + count(answers, 503)).toBe(40);
    expect(count(answers, 503)).toBeGreaterThan(0);
    expect(rows("POST /auth") - before).toBe(count(answers, 401));
    expect(app.engine.admission.working).toBe(0);
    expect((await app.api("POST", "/auth", { username: adminName, password: adminPassword }, { token: "" })).status).toBe(200);
  });
});

/** GET /token/ without rights on a connection: 401 when it is served. */
function bring(line: WeakKey): Inbound {
  const path = "/token";
  const headers = new Headers();
  return {
    method: "GET",
    target: path,
    path,
    query: "",
    headers,
    namesTwoHosts: () => false,
    peer: "127.0.0.1",
    line,
    isGone: () => false,
    read: async () => new Uint8Array(0),
  };
}
