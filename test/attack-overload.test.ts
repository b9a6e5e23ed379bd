// More requests than there are places (server.requests): who is refused is told so before anything of his request was read, so
// nothing is half done, and who hammers waits.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createApp } from "../engine/http/app.ts";
import type { Inbound } from "../engine/http/exchange.ts";
import { renderMetrics } from "../engine/services/metrics.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, readAudit, readToken } from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ "server.requests": "8" });
  await app.addRealm("home", ["alice:x:1:1:Alice:/:"]);
});
afterAll(() => app.stop());

/** Takes all places, as requests at work do, while `run` lasts. */
async function whileFull<T>(run: () => Promise<T>): Promise<T> {
  const { admission } = app.engine;
  let taken = 0;
  while (admission.enter("login")) taken++;
  expect(taken).toBe(8);
  try {
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
    peer: "127.0.0.1",
    line,
    isGone: () => false,
    read: async () => new Uint8Array(0),
  };
}
