// What an API key of role admin could do to last beyond its end, or to look like somebody else (rest-api.md 1.5; B12, Z10).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Job } from "../engine/services/jobs.ts";
import { adminName, startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine, readAudit } from "./kit/tokens.ts";

const PASSWORD = "wonderland";
const HASH = Bun.password.hashSync(PASSWORD, { algorithm: "bcrypt", cost: 4 });
let app: TestApp;
let key: string;
let keyId: string;

beforeAll(async () => {
  app = await startApp({ "auth.superuser_realms": "boss,later" });
  await app.addRealm("home", [passwdLine("mallory", 1000, HASH)]);
  await app.addRealm("boss", [passwdLine(adminName, 2000, HASH)]);
  // The name of a local administrator: a key may carry any.
  const made = await app.api<{ id: string; key: string }>("POST", "/apikey/", { role: "admin", username: adminName });
  key = made.value?.key ?? "";
  keyId = made.value?.id ?? "";
});
afterAll(() => app.stop());

const roleOfMallory = async () => {
  const params = { username: "mallory", password: PASSWORD, realm: "boss" };
  return (await app.api<{ role: string }>("POST", "/auth", params, { token: "" })).value?.role;
};

describe("a key makes no administrators that outlive it", () => {
  test.each<[what: string, path: string, params: Record<string, string>]>([
    ["POST /realm: another source of their realm", "/realm/boss", { resolvers: "boss,home" }],
    ["POST /realm: the realm written in capitals", "/realm/BOSS", { resolvers: "home" }],
    ["POST /realm: a realm of the setting that is not there yet", "/realm/later", { resolvers: "home" }],
    ["POST /resolver: another file of their source", "/resolver/boss", { type: "passwdresolver", Filename: "home" }],
  ])("%s", async (_what, path, params) => {
    const sent = { ...params, ...(params.Filename ? { Filename: join(app.dataDir, "users", params.Filename) } : {}) };
    const { status, error } = await app.api("POST", path, sent, { token: key });
    expect([status, error?.code]).toEqual([403, 303]);
    expect(await roleOfMallory()).toBeUndefined();
  });

  test("other realms and sources are its own affair", async () => {
    expect((await app.api("POST", "/realm/branch", { resolvers: "home" }, { token: key })).status).toBe(200);
    const home = { type: "passwdresolver", Filename: join(app.dataDir, "users", "home") };
    expect((await app.api("POST", "/resolver/home", home, { token: key })).status).toBe(200);
  });
});

describe("AU-10 the trail tells callers of one name apart", () => {
  test("a key, also where the call has a detail of its own: POST /token/info", async () => {
    const { serial } = await enrol(app);
    await app.api("POST", `/token/info/${serial}/colour`, { value: "red" }, { token: key });
    expect(readAudit(app.dataDir).at(-1)).toMatchObject({ administrator: adminName, action_detail: `API key ${keyId}, colour` });
    await app.api("POST", `/token/info/${serial}/colour`, { value: "blue" });
    expect(readAudit(app.dataDir).at(-1)).toMatchObject({ administrator: adminName, action_detail: "colour" });
  });

  test("an administrator of a realm, also in the rows and the list of jobs: POST /system/keys/rotate, GET /token/getserial", async () => {
    const login = { username: adminName, password: PASSWORD, realm: "boss" };
    const token = (await app.api<{ token: string }>("POST", "/auth", login, { token: "" })).value?.token ?? "";
    await app.api("POST", "/system/keys/rotate", {}, { token });
    await app.api("GET", "/token/getserial/123456", { background: "1" }, { token });
    const jobs = async () => (await app.api<Job[]>("GET", "/job/")).value ?? [];
    const deadline = performance.now() + 20_000;
    while ((await jobs()).some(({ state }) => state === "running") && performance.now() < deadline) await Bun.sleep(5);
    expect((await jobs()).map(({ kind, by, state }) => [kind, by, state]).sort()).toEqual([
      ["getserial", `${adminName}@boss`, "done"],
      ["key rotate", `${adminName}@boss`, "done"],
    ]);
    const rows = readAudit(app.dataDir, "action = 'key rotate'");
    expect(new Set(rows.map(({ administrator }) => administrator))).toEqual(new Set([`${adminName}@boss`]));
  });
});
