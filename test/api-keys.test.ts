// API keys: who they are, where they open something, how they end (rest-api.md 1.5 and 5 items 63 and 64; B12, B13, Z10).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ApiKey } from "../engine/services/api-keys.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, readAudit } from "./kit/tokens.ts";

const DAY = 86_400_000;
type Made = ApiKey & { key: string };
let app: TestApp;
let validate: Made;
let admin: Made;

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", ["alice:x:1000:100:Alice:/:"]);
  validate = await make({ role: "validate", description: "VPN" });
  admin = await make({ role: "admin" });
});
afterAll(() => app.stop());

async function make(params: Record<string, unknown>): Promise<Made> {
  const { value, text } = await app.api<Made>("POST", "/apikey/", params);
  if (!value) throw new Error(text);
  return value;
}
const codeOf = async (method: string, path: string, token: string, params = {}) => {
  const { status, error } = await app.api(method, path, params, { token });
  return [status, error?.code];
};
const claimsOf = (key: string) => JSON.parse(Buffer.from(key.split(".")[1] ?? "", "base64").toString());

describe("POST /apikey/", () => {
  test("B12: a JWT of 365 days with a number of its own, a new name, no account", async () => {
    expect(claimsOf(validate.key)).toMatchObject({ role: "validate", authtype: "API", realm: "", rights: [], jti: validate.id });
    expect(claimsOf(validate.key).exp - claimsOf(validate.key).iat).toBe(365 * 86_400);
    expect(validate.expiresAt - validate.createdAt).toBe(365 * DAY);
    expect(admin.username).toMatch(/^api-[0-9a-f]{10}$/);
    expect(await app.engine.admins.find(admin.username)).toBeNull();
  });

  test.each<[what: string, params: Record<string, unknown>, code: number]>([
    ["no role", {}, 905],
    ["another role", { role: "user" }, 905],
    ["days 0", { role: "admin", days: 0 }, 905],
    ["eleven years", { role: "admin", days: 4000 }, 905],
    ["a name with a control character", { role: "admin", username: "a\nb" }, 905],
    ["a long name", { role: "admin", username: "x".repeat(121) }, 905],
  ])("refused: %s", async (_what, params, code) => {
    expect((await app.api("POST", "/apikey/", params)).error?.code).toBe(code);
  });

  test("the key stands nowhere but in this answer", async () => {
    expect((await app.api("GET", "/apikey/")).text).not.toContain(validate.key.split(".")[2] ?? "");
    expect(JSON.stringify(readAudit(app.dataDir))).not.toContain(validate.key.split(".")[2] ?? "");
    const row = readAudit(app.dataDir, "action = 'POST /apikey/'")[0];
    expect(row).toMatchObject({ success: 1, administrator: adminName, info: expect.stringContaining(validate.id) });
  });
});

describe("role validate", () => {
  test.each([
    ["GET", "/system/"],
    ["GET", "/token/"],
    ["GET", "/auth/rights"],
    ["POST", "/auth/logout"],
    ["GET", "/apikey/"],
    ["POST", "/token/init"],
  ])("4306 (rest-api 5 item 64): %s %s", async (method, path) => {
    expect(await codeOf(method, path, validate.key)).toEqual([401, 4306]);
  });

  test("where nobody is asked it changes nothing", async () => {
    const { serial, value } = await enrol(app, { user: "alice" });
    expect((await app.api("POST", "/validate/check", { serial, pass: value(0) }, { token: validate.key })).value).toBe(true);
  });
});

describe("role admin (Z10)", () => {
  test("is an administrator under its name, and the trail says that it was a key", async () => {
    expect((await app.api("POST", "/token/init", { type: "spass" }, { token: admin.key })).value).toBe(true);
    expect(readAudit(app.dataDir).at(-1)).toMatchObject({ administrator: admin.username, success: 1 });
    expect(JSON.stringify(readAudit(app.dataDir).at(-1))).toContain(`API key ${admin.id}`);
  });

  test.each([
    ["POST", "/apikey/", { role: "admin" }],
    ["POST", "/admin/mallory", { password: "long enough" }],
    ["DELETE", `/admin/${adminName}`, {}],
    ["POST", "/auth/logout", {}],
  ])("makes no credentials that outlive it, and has no session: %s %s", async (method, path, params) => {
    expect(await codeOf(method, path, admin.key, params)).toEqual([403, 303]);
  });

  test("is nobody at /auth: its name is no account", async () => {
    const { error } = await app.api("POST", "/auth", { username: admin.username, password: admin.key }, { token: "" });
    expect(error?.code).toBe(4031);
  });
});

describe("its end", () => {
  test("by its time, to the second", async () => {
    const short = await make({ role: "admin", days: 1 });
    app.advance(short.expiresAt - app.engine.now() - 5000);
    expect(await codeOf("GET", "/system/", short.key)).toEqual([200, undefined]);
    app.advance(5000);
    expect(await codeOf("GET", "/system/", short.key)).toEqual([401, 4305]);
    app.advance(-DAY);
  });

  test("taken back: at once, and once only", async () => {
    const key = await make({ role: "admin", username: "robot" });
    expect(await codeOf("GET", "/system/", key.key)).toEqual([200, undefined]);
    expect((await app.api("DELETE", `/apikey/${key.id}`)).value).toBe(true);
    expect(await codeOf("GET", "/system/", key.key)).toEqual([401, 4305]);
    expect(await codeOf("DELETE", `/apikey/${key.id}`, app.adminToken)).toEqual([404, 601]);
    expect(await codeOf("DELETE", "/apikey/none", app.adminToken)).toEqual([404, 601]);
    const listed = (await app.api<ApiKey[]>("GET", "/apikey/")).value?.find(({ id }) => id === key.id);
    expect(listed).toMatchObject({ state: "revoked", username: "robot", role: "admin" });
  });

  test("its row gone, another role or another name in the row: worth nothing", async () => {
    const key = await make({ role: "admin" });
    const { store, configuration } = app.engine;
    const change = async (query: ReturnType<ReturnType<typeof store.sql.deleteFrom>["compile"]>) => {
      await store.commit({ kind: "write", statements: [{ query, expect: 1 }], touches: ["none"] });
      await configuration.settled();
      return codeOf("GET", "/system/", key.key);
    };
    const set = (values: Record<string, string>) =>
      store.sql.updateTable("api_key").set(values).where("id", "=", key.id).compile();
    expect(await change(set({ role: "validate" }))).toEqual([401, 4305]);
    expect(await change(set({ role: "admin", username: "other" }))).toEqual([401, 4305]);
    expect(await change(set({ username: key.username }))).toEqual([200, undefined]);
    expect(await change(store.sql.deleteFrom("api_key").where("id", "=", key.id).compile())).toEqual([401, 4305]);
  });

  test("with the administrator whose name it carries, not with his password or his log-out", async () => {
    await app.api("POST", "/admin/bob", { password: "long enough" });
    const key = await make({ role: "admin", username: "bob" });
    await app.api("POST", "/admin/bob", { password: "long enough too" });
    await app.api("POST", "/auth/logout/other", { administrator: "bob" });
    expect(await codeOf("GET", "/system/", key.key)).toEqual([200, undefined]);
    await app.api("DELETE", "/admin/bob");
    expect(await codeOf("GET", "/system/", key.key)).toEqual([401, 4305]);
  });
});

describe("auth.api_key_required", () => {
  let closed: TestApp;
  let key = "";
  let adminKey = "";
  beforeAll(async () => {
    closed = await startApp({ "auth.api_key_required": "true" });
    key = (await closed.api<Made>("POST", "/apikey/", { role: "validate" })).value?.key ?? "";
    adminKey = (await closed.api<Made>("POST", "/apikey/", { role: "admin" })).value?.key ?? "";
  });
  afterAll(() => closed.stop());

  test("rest-api 1.5: wrong or missing key is 403/303, before anybody is looked for and with nothing spent", async () => {
    const { serial, value } = await enrol(closed, {});
    const ask = async (token: string, headers = {}) => {
      const answer = await closed.api("POST", "/validate/check", { serial, pass: value(0) }, { token, headers });
      return [answer.status, answer.error ?? answer.value];
    };
    const refused = [403, { code: 303, message: "No valid API key was passed." }];
    for (const token of ["", "garbage", closed.adminToken, adminKey, `${key}x`, validate.key])
      expect(await ask(token)).toEqual(refused);
    expect(await ask("", { "pi-authorization": key })).toEqual([200, true]);
  });

  test("/auth is not closed by it", async () => {
    const login = await closed.api("POST", "/auth", { username: adminName, password: adminPassword }, { token: "" });
    expect(login.status).toBe(200);
  });
});

describe("ostiary api key", () => {
  const run = (...args: string[]) => runOstiary([...args, "--data", app.dataDir]);

  test("create prints the key alone, the server beside it takes it; list, revoke, and it is worth nothing", async () => {
    const made = await run("api", "key", "create", "--role", "admin", "--name", "backup", "--description", "nightly");
    expect([made.code, made.stdout.trim().split(".").length, made.stdout.trim().includes("\n")]).toEqual([0, 3, false]);
    const key = made.stdout.trim();
    expect(await codeOf("GET", "/system/", key)).toEqual([200, undefined]);
    const listed = JSON.parse((await run("api", "key", "list", "--json")).stdout) as ApiKey[];
    const { id } = listed.find(({ username }) => username === "backup") ?? { id: "" };
    expect((await run("api", "key", "list")).stdout).toMatch(
      new RegExp(`${id} +admin +backup +active +\\d{4}-\\d\\d-\\d\\d +nightly`),
    );
    expect((await run("api", "key", "revoke", id)).code).toBe(0);
    expect(await codeOf("GET", "/system/", key)).toEqual([401, 4305]);
    expect((await run("api", "key", "revoke", id)).code).toBe(1);
  }, 30_000);

  test.each([
    [["api", "key", "create"], 2],
    [["api", "key", "create", "--role", "root"], 2],
    [["api", "key", "create", "--role", "admin", "--days", "x"], 1],
    [["api", "key", "revoke"], 2],
  ] as [string[], number][])("%p ends with %i", async (args, code) => {
    expect((await run(...args)).code).toBe(code);
  });
});
