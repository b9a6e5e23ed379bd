// The attack: claiming that the web server has logged somebody in already. The header counts from listed proxies only, for the very
// person who is asked for, and never for a local administrator (rest-api.md 1.5, REMOTE_USER; policies.md remote_user).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { loadSettings } from "../engine/config.ts";
import { createRemoteUser } from "../engine/services/remote-user.ts";
import { sendRaw } from "./kit/raw-http.ts";
import { adminName, startApp, type TestApp } from "./kit/start-app.ts";
import { startServer } from "./kit/start-server.ts";
import { configure, passwdLine, readAudit } from "./kit/tokens.ts";

const PROXY = "10.0.0.1";
const STRANGER = "198.51.100.7";
const HASH = Bun.password.hashSync("wonderland", { algorithm: "bcrypt", cost: 4 });
let app: TestApp;

beforeAll(async () => {
  app = await startApp({
    "auth.remote_user": "X-Remote-User",
    "auth.remote_user_from": `${PROXY}, 10.9.0.0/16`,
    "auth.superuser_realms": "boss, root",
    "guard.auth": "3/300",
    "guard.user": "2/300",
  });
  await app.addRealm("home", [passwdLine("alice", 1000, HASH), passwdLine("bob", 1001, HASH), passwdLine(adminName, 1002, HASH)]);
  await app.addRealm("away", [passwdLine("alice", 1000, HASH)]);
  await app.addRealm("boss", [passwdLine("chief", 2000, HASH), passwdLine("jürgen", 2001, HASH)]);
  // The people of home once more, as administrators.
  await app.api("POST", "/realm/root", { resolvers: "home" });
  // Proxies may name clients here, so that each row of the tables below has a budget of its own.
  await configure(app, { OverrideAuthorizationClient: "0.0.0.0/0" });
});
afterAll(() => app.stop());

let clients = 0;
interface Sent {
  username?: string;
  password?: string;
  realm?: string;
  peer?: string;
  header?: string | string[];
  name?: string;
}

async function logIn({ username = "alice", password, realm, peer = PROXY, header, name = "x-remote-user" }: Sent) {
  const body = new URLSearchParams({ username, ...(password ? { password } : {}), ...(realm ? { realm } : {}) });
  const headers = new Headers({ "x-forwarded-for": `203.0.113.${++clients}` });
  for (const value of [header ?? []].flat()) headers.append(name, value);
  const response = await app.send(new Request("http://localhost/auth", { method: "POST", headers, body }), peer);
  const { result } = (await response.json()) as {
    result: { value?: { role: string; username: string; realm: string; token: string }; error?: { code: number } };
  };
  return result.value ? `${result.value.role} ${result.value.username}@${result.value.realm}` : result.error?.code;
}

describe("good", () => {
  test.each<[what: string, sent: Sent, who: string]>([
    ["the same name, no password", { header: "alice" }, "user alice@home"],
    ["a wrong password is not looked at", { header: "alice", password: "wrong" }, "user alice@home"],
    ["user@realm for the name alone", { header: "alice@home" }, "user alice@home"],
    ["realm\\user, as Windows has it", { header: "HOME\\alice" }, "user alice@home"],
    ["another realm, said by both", { header: "alice@away", realm: "away" }, "user alice@away"],
    ["another realm, in both names", { header: "away\\alice", username: "alice@away" }, "user alice@away"],
    ["blanks around it", { header: "  alice " }, "user alice@home"],
    ["a proxy of a listed network", { header: "alice", peer: "10.9.1.2" }, "user alice@home"],
    ["of a superuser realm", { header: "chief@boss", username: "chief@boss" }, "admin chief@boss"],
    [
      "in UTF-8, as web servers send it",
      { header: Buffer.from("jürgen@boss").toString("latin1"), username: "jürgen", realm: "boss" },
      "admin jürgen@boss",
    ],
    [
      "of a local administrator's name, realm named",
      { header: `${adminName}@home`, username: adminName, realm: "home" },
      `user ${adminName}@home`,
    ],
  ])("%s", async (_what, sent, who) => expect(await logIn(sent)).toBe(who));

  test("the session says so, with the blank at the end, and goes on as every other", async () => {
    const headers = { "x-remote-user": "alice", "x-forwarded-for": "203.0.113.250" };
    const response = await app.send(
      new Request("http://localhost/auth", { method: "POST", headers, body: new URLSearchParams({ username: "alice" }) }),
      PROXY,
    );
    const { token } = ((await response.json()) as { result: { value: { token: string } } }).result.value;
    expect(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64").toString()).authtype).toBe("remote_user ");
    expect((await app.api("GET", "/auth/rights", {}, { token })).status).toBe(200);
    expect(readAudit(app.dataDir, "action = 'POST /auth'").at(-1)).toMatchObject({ user: "alice", realm: "home", success: 1 });
    await app.api("POST", "/auth/logout", {}, { token });
    expect((await app.api("GET", "/auth/rights", {}, { token })).error?.code).toBe(4305);
  });
});

describe("forged or not fitting: the password is asked for", () => {
  test.each<[what: string, sent: Sent]>([
    ["no header", {}],
    ["from a stranger", { header: "alice", peer: STRANGER }],
    ["from next to the proxy", { header: "alice", peer: "10.0.0.2" }],
    ["from the proxy's address inside IPv6", { header: "alice", peer: "::10.0.0.1" }],
    ["from nowhere", { header: "alice", peer: "" }],
    ["another user", { header: "bob" }],
    ["another realm's user of this name and id", { header: "alice@away" }],
    ["the name alone, another realm asked for", { header: "alice", realm: "away" }],
    ["himself, as an administrator of a realm he was not logged in for", { header: "alice", realm: "root" }],
    ["a domain that is no realm", { header: "CORP\\alice" }],
    ["empty", { header: "" }],
    ["blanks", { header: "   " }],
    ["twice", { header: ["alice", "alice"] }],
    ["twice, the proxy's second", { header: ["bob", "alice"] }],
    ["with a comma", { header: "alice,bob" }],
    ["capitals where the source has small letters", { header: "ALICE" }],
    ["a wildcard", { header: "*" }],
    ["the other name's header", { header: "alice", name: "remote-user" }],
    ["with underscores", { header: "alice", name: "x_remote_user" }],
    ["a local administrator", { header: adminName, username: adminName }],
    ["somebody nobody knows", { header: "mallory", username: "mallory" }],
    ["very long", { header: "a".repeat(5000), username: "a".repeat(320) }],
  ])("%s", async (_what, sent) => expect(await logIn(sent)).toBe(4031));

  test("a right password still is one", async () => {
    expect(await logIn({ username: "bob", header: "alice", password: "wonderland" })).toBe("user bob@home");
  });

  test("a forged header gives no fresh guesses, and guesses do not keep the single sign-on out", async () => {
    const guess = (header?: string) => logIn({ username: "bob", password: "wrong", header, peer: STRANGER });
    for (let wrong = 0; wrong < 3; wrong++) expect(await guess("bob")).toBe(4031);
    expect(await logIn({ username: "bob", password: "wonderland" })).toBe(4031);
    expect(await logIn({ username: "bob", header: "bob" })).toBe("user bob@home");
  });
});

describe("settings", () => {
  const read = (settings: Record<string, string>) =>
    loadSettings({
      dataDir: "/tmp",
      env: {},
      flags: Object.entries(settings).map(([key, text]) => ({ key, text, from: "test" })),
    });

  test("two headers, one behind the other, name nobody, not even somebody of that name", () => {
    const remoteUser = createRemoteUser(read({ "auth.remote_user": "X-User", "auth.remote_user_from": "127.0.0.1" }));
    const name = (value: string) => remoteUser("127.0.0.1", new Headers({ "x-user": value }));
    expect([name("alice"), name("alice, alice"), name("a,b"), name(" ")]).toEqual(["alice", null, null, null]);
  });

  test("off unless said otherwise", () => {
    const remoteUser = createRemoteUser(read({ "auth.remote_user_from": "0.0.0.0/0" }));
    expect(remoteUser("127.0.0.1", new Headers({ "remote-user": "alice", "x-remote-user": "alice", off: "alice" }))).toBeNull();
  });

  test.each([
    [{ "auth.remote_user": "X-Remote-User" }, "auth.remote_user_from must list the web servers"],
    [{ "auth.remote_user": "Authorization", "auth.remote_user_from": "10.0.0.1" }, "auth.remote_user must be off, or the name"],
    [{ "auth.remote_user": "a b", "auth.remote_user_from": "10.0.0.1" }, "auth.remote_user must be off, or the name"],
    [{ "auth.remote_user_from": "proxy.example.org" }, "auth.remote_user_from must be a list"],
  ] as [Record<string, string>, string][])("%p stops the start", (settings, text) => {
    expect(() => read(settings)).toThrow(text);
  });
});

test("over the network: a second header line spoils it, whoever's it is", async () => {
  const server = await startServer({
    args: ["--set", "auth.remote_user=X-Remote-User", "--set", "auth.remote_user_from=127.0.0.1"],
  });
  try {
    await Bun.write(`${server.dataDir}/users/home`, `${passwdLine("alice", 1000, HASH)}\n`);
    await server.api("POST", "/resolver/home", { type: "passwdresolver", Filename: `${server.dataDir}/users/home` });
    await server.api("POST", "/realm/home", { resolvers: "home" });
    const body = "username=alice";
    const send = (headers: string) =>
      sendRaw(
        server.port,
        `POST /auth HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`,
      );
    expect((await send("X-Remote-User: alice\r\n"))?.status).toBe(200);
    expect((await send("X-Remote-User: alice\r\nX-Remote-User: alice\r\n"))?.status).toBe(401);
    expect((await send("X-Remote-User: bob\r\nx-remote-user: alice\r\n"))?.status).toBe(401);
    expect((await send(""))?.status).toBe(401);
  } finally {
    await server.stop();
  }
}, 30_000);
