// The attack: saying to be somebody else's address, for a fresh budget of guesses, for a page only some may read, or to point
// the audit trail at another. Only what a trusted proxy says counts (Z48, G20; rest-api.md 1.7, client IP).
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { ClientChainError, parseClientChains, resolveClient } from "../engine/core/client-chain.ts";
import { sendRaw } from "./kit/raw-http.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { startServer } from "./kit/start-server.ts";
import { configure, readAudit } from "./kit/tokens.ts";

setDefaultTimeout(30_000);
const PROXY = "10.0.0.1";
const STRANGER = "198.51.100.7";
let app: TestApp;
let running = "";
afterAll(() => app.stop());

/** The app with these settings; the one before is used again if it has them and no budget of it was touched. */
async function start(setting: string, settings: Record<string, string> = {}): Promise<void> {
  const wanted = JSON.stringify(settings);
  if (wanted !== running || wanted !== "{}") {
    if (running !== "") await app.stop();
    app = await startApp(settings);
    running = wanted;
  }
  await configure(app, { OverrideAuthorizationClient: setting });
}

interface Sent {
  path?: string;
  peer?: string;
  forwarded?: string;
  params?: Record<string, string>;
}

async function send({ path = "/auth", peer = PROXY, forwarded, params = {} }: Sent): Promise<Response> {
  const isGet = path === "/metrics";
  const headers = {
    ...(isGet ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }),
  };
  const body = new URLSearchParams({ username: "admin", password: "wrong", user: "x", pass: "1", ...params }).toString();
  return app.send(new Request(`http://localhost${path}`, isGet ? { headers } : { method: "POST", headers, body }), peer);
}

const lastClient = () => readAudit(app.dataDir).at(-1)?.client;

describe("what the audit trail says", () => {
  test.each<[what: string, setting: string, sent: Sent, client: string]>([
    ["no setting: the header is nothing", "", { forwarded: "203.0.113.9" }, PROXY],
    ["no setting: the parameter is nothing", "", { params: { client: "203.0.113.9" } }, PROXY],
    ["a stranger's header", PROXY, { peer: STRANGER, forwarded: "203.0.113.9" }, STRANGER],
    ["a stranger's parameter", PROXY, { peer: STRANGER, params: { client: "203.0.113.9" } }, STRANGER],
    ["a stranger who pretends to be the proxy", PROXY, { peer: STRANGER, forwarded: `203.0.113.9, ${PROXY}` }, STRANGER],
    ["the proxy's header", PROXY, { forwarded: "203.0.113.9" }, "203.0.113.9"],
    ["the client's own entry before it", PROXY, { forwarded: "6.6.6.6, 203.0.113.9" }, "203.0.113.9"],
    [
      "a parameter through a proxy that only adds the header",
      PROXY,
      { forwarded: "203.0.113.9", params: { client: "6.6.6.6" } },
      "203.0.113.9",
    ],
    [
      "a RADIUS server's parameter at /validate",
      PROXY,
      { path: "/validate/check", params: { client: "203.0.113.9" } },
      "203.0.113.9",
    ],
    ["W3: a parameter that is no address", PROXY, { path: "/validate/check", params: { client: "1" } }, PROXY],
    ["outside the networks it may name", `${PROXY} > 203.0.113.0/24`, { forwarded: "198.51.100.1" }, PROXY],
    ["the parameter elsewhere is one like any other", PROXY, { path: "/token/init", params: { client: "203.0.113.9" } }, PROXY],
    ["the header elsewhere counts", PROXY, { path: "/token/init", forwarded: "203.0.113.9" }, "203.0.113.9"],
  ])("%s", async (_what, setting, sent, client) => {
    await start(setting);
    await send(sent);
    expect(lastClient()).toBe(client);
  });

  test("two header lines are one list, in their order (over the network)", async () => {
    const server = await startServer();
    try {
      await server.api("POST", "/system/setConfig", { OverrideAuthorizationClient: "127.0.0.1" });
      const body = "username=admin&password=wrong";
      const head = `POST /auth HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`;
      const answer = await sendRaw(server.port, `${head}X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n${body}`);
      expect(answer?.status).toBe(401);
      expect(readAudit(server.dataDir).at(-1)?.client).toBe("203.0.113.9");
    } finally {
      await server.stop();
    }
  });
});

describe("guard.auth counts the client behind the proxy", () => {
  const attempts = async (count: number, sent: (index: number) => Sent) => {
    const told: (string | null)[] = [];
    for (let index = 0; index < count; index++) told.push((await send(sent(index))).headers.get("retry-after"));
    return told.filter((wait) => wait !== null).length;
  };

  test("a stranger's invented addresses are all one", async () => {
    await start(PROXY, { "guard.auth": "3/300" });
    expect(
      await attempts(8, (index) => ({
        peer: STRANGER,
        forwarded: `203.0.113.${index}`,
        params: { client: `203.0.113.${index}` },
      })),
    ).toBe(5);
  });

  test("so are those a client writes before the proxy's entry, and its spellings of it", async () => {
    await start(PROXY, { "guard.auth": "3/300" });
    expect(
      await attempts(8, (index) => ({ forwarded: `6.6.6.${index}, 203.0.113.9`, params: { client: `6.6.6.${index}` } })),
    ).toBe(5);
  });

  test("so are the addresses of one IPv6 subscriber", async () => {
    await start(PROXY, { "guard.auth": "3/300" });
    expect(await attempts(8, (index) => ({ forwarded: `2001:db8:1:2::${index + 1}` }))).toBe(5);
    expect(await attempts(3, (index) => ({ forwarded: `2001:db8:1:${index + 3}::1` }))).toBe(0);
  });

  test("and two clients of one proxy do not use up each other's", async () => {
    await start(PROXY, { "guard.auth": "3/300" });
    expect(await attempts(8, () => ({ forwarded: "203.0.113.9" }))).toBe(5);
    expect(await attempts(3, () => ({ forwarded: "203.0.113.10" }))).toBe(0);
  });
});

test("metrics.allow is asked for the client, not for the proxy, and not for who pretends to be this machine", async () => {
  await start("127.0.0.1");
  const status = async (sent: Sent) => (await send({ path: "/metrics", ...sent })).status;
  expect(await status({ peer: "127.0.0.1" })).toBe(200);
  expect(await status({ peer: "127.0.0.1", forwarded: "203.0.113.9" })).toBe(403);
  expect(await status({ peer: "127.0.0.1", forwarded: "127.0.0.1, 203.0.113.9" })).toBe(403);
  expect(await status({ peer: STRANGER, forwarded: "127.0.0.1" })).toBe(403);
});

describe("the setting OverrideAuthorizationClient (G10)", () => {
  test("a wrong text is refused where it is typed, with its number", async () => {
    await start(PROXY);
    const wrong = { OverrideAuthorizationClient: "10.0.0.1, proxy.example.org" };
    const { status, error } = await app.api("POST", "/system/setConfig", wrong);
    expect([status, error?.code]).toEqual([400, 905]);
    expect(error?.message).toContain("number 2 of them is not one");
    expect((await app.api("GET", "/system/OverrideAuthorizationClient")).value).toBe(PROXY);
  });

  test("changed, it holds for the next call; deleted, nobody is trusted", async () => {
    await start(PROXY);
    await configure(app, { OverrideAuthorizationClient: "10.9.9.9" });
    await send({ forwarded: "203.0.113.9" });
    expect(lastClient()).toBe(PROXY);
    await configure(app, { OverrideAuthorizationClient: PROXY });
    await app.api("DELETE", "/system/OverrideAuthorizationClient");
    await send({ forwarded: "203.0.113.9" });
    expect(lastClient()).toBe(PROXY);
  });

  test("a wrong text that is stored all the same trusts nobody", async () => {
    await start(PROXY);
    const { store, configuration } = app.engine;
    const query = store.sql
      .updateTable("config")
      .set({ value: `${PROXY}, x` })
      .where("key", "=", "OverrideAuthorizationClient")
      .compile();
    await store.commit({ kind: "write", statements: [{ query }], touches: ["none"] });
    await configuration.settled();
    await send({ forwarded: "203.0.113.9" });
    expect(lastClient()).toBe(PROXY);
  });
});

describe("hostile text", () => {
  test("the setting: an error of ours or chains, for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f.:/>, ]{0,60}$/)), (text) => {
        try {
          return Array.isArray(parseClientChains(text));
        } catch (error) {
          return error instanceof ClientChainError;
        }
      }),
    );
  });

  test("claims: always the peer or a plain address, and a megabyte costs no more than a line", () => {
    const chains = parseClientChains("10.0.0.1 > 0.0.0.0/0 > ::/0, 10.0.0.1");
    const text = fc.option(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f.:\][, %]{0,60}$/)));
    fc.assert(
      fc.property(text, text, (forwarded, parameter) =>
        /^[0-9a-f.:]+$/.test(resolveClient("10.0.0.1", { forwarded, parameter }, chains)),
      ),
    );
    const started = performance.now();
    for (const flood of ["1.1.1.1,".repeat(130_000), ",".repeat(1e6), " ".repeat(1e6), "[".repeat(1e6), "1:".repeat(5e5)]) {
      resolveClient("10.0.0.1", { forwarded: flood, parameter: flood }, chains);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
