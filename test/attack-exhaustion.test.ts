// One caller who wants the server to be busy for nobody else: answers nobody reads, lists that grow by the square, tokens that
// are dear to check, budgets that multiply. Each found by attacking the running server.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openRaw, sendRaw } from "./kit/raw-http.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe("pipelining without reading the answers", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test("a connection that sends hundreds of requests at once is cut off, others go on", async () => {
    const greedy = await openRaw(server.port);
    greedy.write(get("/openapi.json").repeat(1000));
    for (let count = 0; count < 3; count++) expect((await sendRaw(server.port, get("/healthz")))?.status).toBe(200);
    let answers = 0;
    for (let answer = await greedy.readAnswer().catch(() => null); answer; answer = await greedy.readAnswer().catch(() => null))
      answers++;
    expect(answers).toBeLessThan(1000);
    greedy.close();
  });

  test("a handful is answered in order", async () => {
    const line = await openRaw(server.port);
    line.write(get("/healthz").repeat(20));
    for (let count = 0; count < 20; count++) expect((await line.readAnswer())?.status).toBe(200);
    line.close();
  });
});

describe("a user's own tokens", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ "guard.user": "5/600" });
    await app.addRealm("home", ["alice:x:1:1:Alice:/:", "alias:x:2:1:Other:/:"]);
    const joined = await app.api("POST", "/realm/second", { resolvers: "home" });
    expect(joined.error).toBeUndefined();
  });
  afterAll(() => app.stop());

  const init = (params: Record<string, unknown>) => app.api("POST", "/token/init", { user: "alice", ...params });

  test.each<[what: string, params: Record<string, unknown>]>([
    ["a window of a thousand hours in seconds", { type: "totp", genkey: 1, timeStep: 1, timeWindow: 604_800 }],
    ["as many values as 50,000", { type: "totp", genkey: 1, timeStep: 1, timeWindow: 49_999 }],
    ["a validity that leads before year 1", { type: "spass", validity_period_start: "0001-01-01T00:00+2359" }],
    ["a validity that leads after year 9999", { type: "spass", validity_period_end: "9999-12-31T23:59-2359" }],
    [
      "65 kinds of token information",
      { type: "spass", ...Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`spass.k${i}`, "x"])) },
    ],
  ])("refused with 905: %s", async (_what, params) => {
    const { status, error } = await init(params);
    expect([status, error?.code]).toEqual([400, 905]);
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "GET /token/?sortby=%s is sorted by serial, not a 500",
    async (sortby) => {
      expect((await app.api("GET", "/token/", { sortby })).status).toBe(200);
    },
  );

  test("the widest sync window searches, and does not fail", async () => {
    await app.api("POST", "/system/setDefault", { DefaultSyncWindow: 40_000 });
    await init({ type: "totp", genkey: 1, serial: "WIDE" });
    const answer = await app.api("POST", "/token/resync", { serial: "WIDE", otp1: "000000", otp2: "000001" });
    expect([answer.status, typeof answer.value]).toEqual([200, "boolean"]);
    expect((await app.api("POST", "/system/setDefault", { DefaultSyncWindow: 40_001 })).error?.code).toBe(905);
  });

  test("guard.user: one person has one budget, whatever realm and spelling he is meant by", async () => {
    await init({ type: "spass", serial: "ONE", pin: "sesame" });
    const guess = (params: Record<string, unknown>) => app.api("POST", "/validate/check", { pass: "wrong", ...params });
    const spellings = [
      { user: "alice" },
      { user: "alice", realm: "second" },
      { user: "alice@second" },
      { user: "home\\alice" },
      { serial: "ONE" },
    ];
    for (const spelling of spellings) expect((await guess(spelling)).detail?.message).not.toContain("Too many");
    for (const spelling of spellings) expect((await guess(spelling)).detail?.message).toContain("Too many failed attempts");
    expect((await guess({ user: "alias" })).detail?.message).not.toContain("Too many");
  });
});
