// Who is an administrator and how that ends: local accounts by the API, users of superuser realms (A02, F08, B07, Z14; rest-api.md
// 1.5, `GET /realm/superuser`), and the end of all sessions.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assembleEngine } from "../engine/assemble.ts";
import { loadSettings } from "../engine/config.ts";
import { createApp } from "../engine/http/app.ts";
import { answerRequest } from "./kit/answer-request.ts";
import { callApi } from "./kit/call-api.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { passwdLine, readAudit } from "./kit/tokens.ts";

const PASSWORD = "wonderland";
const hashOf = (password: string) => Bun.password.hashSync(password, { algorithm: "bcrypt", cost: 4 });
const HASH = hashOf(PASSWORD);
interface LogIn {
  token: string;
  role: string;
  username: string;
  realm: string;
  rights: string[];
}
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ "auth.superuser_realms": "Boss,ghost" });
  await app.addRealm("home", [passwdLine("alice", 1000, HASH), passwdLine("bob", 1001, HASH)]);
  await app.addRealm("boss", [passwdLine("chief", 2000, HASH), passwdLine(adminName, 2001, HASH)]);
});
afterAll(() => app.stop());

async function logIn(username: string, password = PASSWORD, realm?: string): Promise<LogIn> {
  const params = { username, password, ...(realm === undefined ? {} : { realm }) };
  const { value, text } = await app.api<LogIn>("POST", "/auth", params, { token: "" });
  if (!value) throw new Error(text);
  return value;
}
const tokenOf = async (username: string, password = PASSWORD) => (await logIn(username, password)).token;
/** What an administrator gets, and then what anybody gets who is logged in. */
async function standing(token: string): Promise<unknown[]> {
  const admin = await app.api("GET", "/realm/", {}, { token });
  const user = await app.api("GET", "/auth/rights", {}, { token });
  return [admin.error?.code ?? admin.status, user.error?.code ?? user.status];
}
const ADMIN = [200, 200];
const USER = [4306, 200];
const OVER = [4305, 4305];

describe("A02 superuser realms", () => {
  test("GET /realm/superuser lists the setting; users may not ask", async () => {
    expect((await app.api<string[]>("GET", "/realm/superuser")).value).toEqual(["boss", "ghost"]);
    const user = await app.api("GET", "/realm/superuser", {}, { token: await tokenOf("alice") });
    expect(user.error?.code).toBe(4306);
  });

  test.each<[what: string, username: string, realm: string | undefined, role: string, inRealm: string]>([
    ["the realm named", "chief", "boss", "admin", "boss"],
    ["in other capitals", "chief", "BOSS", "admin", "boss"],
    ["behind the @", "chief@boss", undefined, "admin", "boss"],
    ["before the backslash", "boss\\chief", undefined, "admin", "boss"],
    ["of a local administrator's name, realm named (Z14)", adminName, "boss", "admin", "boss"],
    ["of a local administrator's name, behind the @", `${adminName}@boss`, undefined, "admin", "boss"],
    ["another realm", "alice", undefined, "user", "home"],
  ])("F08 %s", async (_what, username, realm, role, inRealm) => {
    const login = await logIn(username, PASSWORD, realm);
    expect(login).toMatchObject({ role, realm: inRealm });
    expect(await standing(login.token)).toEqual(role === "admin" ? ADMIN : USER);
    expect(login.rights.includes("configwrite")).toBe(role === "admin");
    const claims = JSON.parse(Buffer.from(login.token.split(".")[1] ?? "", "base64").toString());
    expect(claims).toMatchObject({ role, realm: inRealm, authtype: "password" });
  });

  test("Z14 without a realm the name is the local administrator's, and his password alone is good", async () => {
    expect((await logIn(adminName, adminPassword)).realm).toBe("");
    const refused = await app.api("POST", "/auth", { username: adminName, password: PASSWORD }, { token: "" });
    expect(refused.error?.code).toBe(4031);
  });

  test("the default realm makes administrators too, if it is one of theirs", async () => {
    await app.api("POST", "/defaultrealm/boss");
    expect(await logIn("chief")).toMatchObject({ role: "admin", realm: "boss" });
    await app.api("POST", "/defaultrealm/home");
  });

  test("the trail names them with their realm: a local one may have the same name", async () => {
    const { token } = await logIn(adminName, PASSWORD, "boss");
    await app.api("POST", "/token/init", { type: "spass" }, { token });
    expect(readAudit(app.dataDir).at(-1)?.administrator).toBe(`${adminName}@boss`);
  });

  test("a session ends with the user, with the realm, and when the realm leaves the setting", async () => {
    await app.addRealm("ghost", [passwdLine("casper", 3000, HASH)]);
    const casper = await tokenOf("casper@ghost");
    expect(await standing(casper)).toEqual(ADMIN);
    const flags = [{ key: "auth.superuser_realms", text: "boss", from: "test" }];
    const other = await assembleEngine(app.dataDir, loadSettings({ dataDir: app.dataDir, env: {}, flags }), { beside: true });
    const send = (url: string, init: RequestInit) => answerRequest(createApp(other.engine), new Request(url, init));
    const ask = (token: string) => callApi("http://localhost", "GET", "/realm/", {}, { token }, send);
    expect((await ask(casper)).error?.code).toBe(4305);
    expect((await ask(await tokenOf("chief@boss"))).status).toBe(200);
    await other.close();
    await app.api("DELETE", "/realm/ghost");
    expect(await standing(casper)).toEqual(OVER);
  });
});

describe("GET, POST, DELETE /admin/", () => {
  const names = async () => (await app.api<{ username: string }[]>("GET", "/admin/")).value?.map(({ username }) => username);

  test("create, change e-mail, change password: only the last ends his sessions", async () => {
    expect((await app.api("POST", "/admin/root", { password: "first password", email: "root@example.org" })).value).toBe(
      "insert",
    );
    const session = await tokenOf("root", "first password");
    expect((await app.api("POST", "/admin/root", { email: "new@example.org" })).value).toBe("update");
    expect(await standing(session)).toEqual(ADMIN);
    expect((await app.api("GET", "/admin/")).value).toContainEqual({ username: "root", email: "new@example.org" });
    expect((await app.api("POST", "/admin/root", { password: "second password" })).value).toBe("update");
    expect(await standing(session)).toEqual(OVER);
    expect((await app.api("GET", "/admin/")).value).toContainEqual({ username: "root", email: "new@example.org" });
    expect(await standing(await tokenOf("root", "second password"))).toEqual(ADMIN);
  });

  test.each<[what: string, path: string, params: Record<string, unknown>, code: number]>([
    ["no password for a new one", "new", {}, 905],
    ["a short password", "new", { password: "1234567" }, 905],
    ["a long password", "new", { password: "x".repeat(1025) }, 905],
    ["a short password for an old one", adminName, { password: "1234567" }, 905],
    ["blanks around the name", "%20new", { password: "long enough" }, 905],
    ["a control character in the name", "ne%07w", { password: "long enough" }, 905],
    ["a password that is an object", "new", { password: { a: 1 } }, 905],
  ])("refused: %s", async (_what, path, params, code) => {
    expect((await app.api("POST", `/admin/${path}`, params, { json: true })).error?.code).toBe(code);
    expect(await names()).not.toContain("new");
  });

  test("users may not even look", async () => {
    const token = await tokenOf("alice");
    for (const [method, path] of [
      ["GET", "/admin/"],
      ["POST", "/admin/alice"],
      ["DELETE", `/admin/${adminName}`],
    ] as const) {
      expect((await app.api(method, path, { password: "long enough" }, { token })).error?.code).toBe(4306);
    }
  });

  test("audited, and no password anywhere in the trail", async () => {
    await app.api("POST", "/admin/audited", { password: "a password to look for" });
    expect(readAudit(app.dataDir).at(-1)).toMatchObject({
      action: "POST /admin",
      administrator: adminName,
      info: "administrator audited",
      success: 1,
    });
    expect(JSON.stringify(readAudit(app.dataDir))).not.toContain("a password to look for");
  });

  test("deleted: his sessions end; oneself only when one says so; the last one never", async () => {
    const second = await tokenOf("root", "second password");
    expect((await app.api("DELETE", "/admin/root", {}, { token: second })).error?.code).toBe(905);
    expect((await app.api("DELETE", "/admin/root", { myself: 1 }, { token: second })).value).toBe(true);
    expect(await standing(second)).toEqual(OVER);
    await app.api("DELETE", "/admin/audited");
    expect(await names()).toEqual([adminName]);
    const last = await app.api("DELETE", `/admin/${adminName}`, { myself: 1 });
    expect([last.status, last.error?.code]).toEqual([400, 905]);
    expect(await names()).toEqual([adminName]);
    expect((await app.api("DELETE", "/admin/nobody")).error?.code).toBe(601);
  });

  test("two who delete each other at once: one is left", async () => {
    for (const name of ["left", "right"]) await app.api("POST", `/admin/${name}`, { password: "long enough" });
    const chief = await tokenOf("chief@boss");
    await Promise.all(["left", "right", adminName].map((name) => app.api("DELETE", `/admin/${name}`, {}, { token: chief })));
    const left = await names();
    expect(left).toHaveLength(1);
    await app.engine.admins.set(adminName, adminPassword);
    for (const name of left ?? []) if (name !== adminName) await app.engine.admins.remove(name);
    app.adminToken = await tokenOf(adminName, adminPassword);
  });
});

describe("POST /auth/logout: all sessions up to now, and no other", () => {
  const asAdmin = async () => ({ token: await tokenOf(adminName, adminPassword) });

  test.each([
    ["a local administrator", "second", "long enough"],
    ["an administrator of a realm", "chief@boss", PASSWORD],
    ["a user", "alice", PASSWORD],
  ])("%s", async (_what, username, password) => {
    if (username === "second") await app.engine.admins.set("second", password);
    const [one, two] = [await tokenOf(username, password), await tokenOf(username, password)];
    const bystander = await tokenOf("bob");
    expect((await app.api("POST", "/auth/logout", {}, { token: one })).value).toBe(true);
    for (const token of [one, two]) expect(await standing(token)).toEqual(OVER);
    expect(await standing(bystander)).toEqual(USER);
    // The next second of the claim `iat` has not begun: a new session is new all the same.
    app.advance(1);
    expect((await standing(await tokenOf(username, password)))[1]).toBe(200);
  });

  test("POST /auth/logout/other, by an administrator only", async () => {
    const [alice, bob] = [await tokenOf("alice"), await tokenOf("bob")];
    const refused = await app.api("POST", "/auth/logout/other", { user: "bob" }, { token: alice });
    expect(refused.error?.code).toBe(4306);
    expect((await app.api("POST", "/auth/logout/other", { user: "bob", realm: "home" }, await asAdmin())).value).toBe(true);
    expect([await standing(alice), await standing(bob)]).toEqual([USER, OVER]);
    expect(readAudit(app.dataDir, "action = 'POST /auth/logout/other'").at(-1)).toMatchObject({ user: "bob", realm: "home" });
    await app.engine.admins.set("second", "long enough");
    const second = await tokenOf("second", "long enough");
    await app.api("POST", "/auth/logout/other", { administrator: "second" }, await asAdmin());
    expect(await standing(second)).toEqual(OVER);
    for (const [params, code] of [
      [{}, 905],
      [{ user: "bob", administrator: "second" }, 905],
      [{ user: "nobody" }, 904],
      [{ administrator: "nobody" }, 601],
    ] as [Record<string, string>, number][])
      expect((await app.api("POST", "/auth/logout/other", params, await asAdmin())).error?.code).toBe(code);
  });

  test("it outlives a restart, and other processes see it at once", async () => {
    const [alice, bob] = [await tokenOf("alice"), await tokenOf("bob")];
    const settings = loadSettings({ dataDir: app.dataDir, env: {}, flags: [] });
    const other = await assembleEngine(app.dataDir, settings, { beside: true });
    const otherApp = createApp(other.engine);
    const send = (url: string, init: RequestInit) => answerRequest(otherApp, new Request(url, init));
    const ask = async (token: string) =>
      (await callApi("http://localhost", "GET", "/auth/rights", {}, { token }, send)).error?.code ?? 200;
    expect(await ask(alice)).toBe(200);
    await app.api("POST", "/auth/logout", {}, { token: alice });
    expect(await ask(alice)).toBe(4305);
    expect(await ask(bob)).toBe(200);
    await other.close();
    // A third one that reads everything from the disk.
    const third = await assembleEngine(app.dataDir, settings, { beside: true });
    expect(
      await third.engine.sessions.verify(alice).then(
        () => "good",
        (fault: Error) => fault.message,
      ),
    ).toContain("expired");
    await third.close();
  });

  test("what is over anyway is forgotten: the table holds the last two hours", async () => {
    const count = async () =>
      (await app.engine.store.point(app.engine.store.sql.selectFrom("user_logout").select("user_id").compile())).length;
    expect(await count()).toBeGreaterThan(1);
    app.advance(2 * 3_600_000 + 1);
    await app.api("POST", "/auth/logout", {}, { token: await tokenOf("alice") });
    expect(await count()).toBe(1);
  });
});

describe("a user's password changes in his source", () => {
  test("his sessions end, other people's do not; nothing of the hash stands in the token", async () => {
    const [alice, bob] = [await tokenOf("alice"), await tokenOf("bob")];
    expect(Buffer.from(alice.split(".")[1] ?? "", "base64").toString()).not.toContain(HASH.slice(-10));
    writeFileSync(
      join(app.dataDir, "users", "home"),
      `${[passwdLine("alice", 1000, hashOf("sunrise over fields")), passwdLine("bob", 1001, HASH)].join("\n")}\n`,
    );
    app.advance(1100);
    await app.api("GET", "/user/", { realm: "home" }, { token: await tokenOf(adminName, adminPassword) });
    await app.engine.directory.findUser("alice", "home");
    // The file is read beside the call that noticed it.
    for (let tries = 0; tries < 200 && (await standing(alice))[1] === 200; tries++) await new Promise(setImmediate);
    expect(await standing(alice)).toEqual(OVER);
    expect(await standing(bob)).toEqual(USER);
    expect(await standing(await tokenOf("alice", "sunrise over fields"))).toEqual(USER);
  });
});

test("ostiary admin delete takes the API keys in his name back", async () => {
  const admin = { token: await tokenOf(adminName, adminPassword) };
  await app.engine.admins.set("cli", "long enough");
  const key = (await app.api<{ key: string }>("POST", "/apikey/", { role: "admin", username: "cli" }, admin)).value?.key ?? "";
  expect(await standing(key)).toEqual(ADMIN);
  expect((await runOstiary(["admin", "delete", "cli", "--data", app.dataDir])).code).toBe(0);
  expect(await standing(key)).toEqual(OVER);
}, 30_000);
