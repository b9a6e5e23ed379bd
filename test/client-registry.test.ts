// GET /client/ and GET /application/ (rest-api.md 2.8, 1.7 dates): which programs asked, kept without cost for them, and no matter
// what they say about themselves.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openClientRegistry } from "../engine/services/client-registry.ts";
import { openScratchStore } from "../engine/store/scratch-store.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { configure } from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await configure(app, { OverrideAuthorizationClient: "10.0.0.1" });
});
afterAll(() => app.stop());

interface Row {
  ip: string;
  hostname: string;
  lastseen: string;
}
const list = async (path = "/client/") => (await app.api<Record<string, Row[]>>("GET", path)).value ?? {};

async function ask(path: string, userAgent: string | null, peer: string, more: Record<string, string> = {}): Promise<void> {
  const headers = { ...(userAgent === null ? {} : { "user-agent": userAgent }), ...more };
  const body = new URLSearchParams({ user: "nobody", pass: "1", username: "nobody", password: "1" });
  await app.send(new Request(`http://localhost${path}`, { method: "POST", headers, body }), peer);
}

describe("GET /client/", () => {
  test("groups by type: address, host name, RFC 1123 date; the client behind a proxy; alias /clients", async () => {
    await ask("/validate/check", "FreeRADIUS", "10.0.0.5");
    await ask("/validate/check", "PAM/2.15.0", "10.0.0.6");
    await ask("/validate/check", "PAM/1.1.0", "10.0.0.5");
    await ask("/auth", "privacyIDEA-Keycloak/1.8.0 Keycloak/26", "10.0.0.1", { "x-forwarded-for": "203.0.113.9" });
    await ask("/token/init", "curl/8", "10.0.0.7");
    const found = await list();
    const seen = expect.stringMatching(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
    const row = (ip: string) => ({ ip, hostname: "", lastseen: seen });
    expect(found).toMatchObject({
      FreeRADIUS: [row("10.0.0.5")],
      PAM: [row("10.0.0.5"), row("10.0.0.6")],
      "privacyIDEA-Keycloak": [row("203.0.113.9")],
    });
    expect(Object.keys(found)).not.toContain("curl");
    expect(await list("/clients")).toEqual(found);
    expect(await list("/client")).toEqual(found);
  });

  test("no User-Agent (W20) and hostile ones are `unknown`; __proto__ is a name like any other", async () => {
    await ask("/validate/check", "", "10.0.1.1");
    await ask("/validate/check", "<img src=x>", "10.0.1.2");
    await ask("/validate/check", "__proto__", "10.0.1.3");
    const found = await list();
    expect(found.unknown?.map(({ ip }) => ip)).toEqual(expect.arrayContaining(["10.0.1.1", "10.0.1.2", "10.0.1.3"]));
  });

  test("administrators only", async () => {
    for (const path of ["/client/", "/application/"])
      expect((await app.api("GET", path, {}, { token: "" })).error?.code).toBe(4033);
  });
});

test("GET /application/: the applications and their options", async () => {
  expect((await app.api("GET", "/application/")).value).toEqual({
    luks: { options: { required: [], optional: ["slot", "partition"] } },
    offline: { options: { required: [], optional: ["count", "rounds"] } },
    ssh: { options: { required: [], optional: ["user"] } },
  });
});

describe("the registry", () => {
  async function open() {
    const { store, dispose: close } = openScratchStore();
    let at = 1_000_000;
    const faults: unknown[] = [];
    const registry = openClientRegistry({ store, node: "n", now: () => at, onError: (fault) => faults.push(fault) });
    return { registry, store, close, faults, advance: (ms: number) => (at += ms) };
  }

  test("writes nothing while calls come, and each client once however often it calls", async () => {
    const { registry, store, close, advance } = await open();
    const before = store.counters.intents;
    for (let call = 0; call < 10_000; call++) registry.note("10.0.0.1", "PAM/1");
    advance(5000);
    registry.note("10.0.0.1", "PAM/2");
    expect(store.counters.intents).toBe(before);
    expect(await registry.list()).toEqual([{ type: "PAM", ip: "10.0.0.1", hostname: "", lastSeen: 1_005_000 }]);
    expect(store.counters.intents).toBe(before + 1);
    await registry.flush();
    expect(store.counters.intents).toBe(before + 1);
    await registry.close();
    await close();
  });

  test("invented names of one address, and invented addresses, are bounded; what still calls stays", async () => {
    const { registry, close, advance } = await open();
    for (let name = 0; name < 1000; name++) registry.note("10.0.0.1", `Agent${name}/1`);
    expect(await registry.list()).toHaveLength(8);
    for (let round = 0; round < 7; round++) {
      advance(60_000);
      registry.note("192.0.2.1", "FreeRADIUS");
      for (let ip = 0; ip < 5000; ip++) registry.note(`2001:db8:${round}::${ip.toString(16)}`, "flood");
      await registry.flush();
    }
    const found = await registry.list();
    expect(found.length).toBeLessThanOrEqual(10_000);
    expect(found.length).toBeGreaterThan(7000);
    expect(found.filter(({ type }) => type === "FreeRADIUS")).toHaveLength(1);
    await registry.close();
    await close();
  }, 20_000);
});
