// POST /auth and GET /auth/rights: who gets in, and what the answer tells a client (rest-api.md 2.1, W8).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { uiDefaults } from "@ostiary/shared/endpoints/auth.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";

interface LogIn {
  token: string;
  role: string;
  username: string;
  realm: string;
  rights: string[];
}

// "geheim", SHA-512 crypt; "eve" has no hash, "zoe" is locked.
const HASH = Bun.password.hashSync("geheim", { algorithm: "bcrypt", cost: 4 });
const LINES = [
  `alice:${HASH}:1:1:Alice Adams:/:`,
  "eve:x:2:1:Eve:/:",
  `zoe:!${HASH}:3:1:Zoe:/:`,
  `${adminName}:${HASH}:4:1:Other:/:`,
];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", LINES);
  await app.addRealm("away", [`alice:${Bun.password.hashSync("anders", { algorithm: "bcrypt", cost: 4 })}:1:1:Alice Away:/:`]);
});
afterAll(() => app.stop());

const logIn = (params: Record<string, string>) => app.api<LogIn>("POST", "/auth", params, { token: "" });

test("W8 POST /auth of an administrator: token, role, name, rights, UI settings, numeric time", async () => {
  const { value, body, status } = await logIn({ username: adminName, password: adminPassword });
  expect(status).toBe(200);
  expect(value).toMatchObject({ role: "admin", username: adminName, realm: "", log_level: 20, menus: [], ...uiDefaults });
  expect(value?.token.split(".")).toHaveLength(3);
  expect(value?.rights).toEqual(expect.arrayContaining(["enrollHOTP", "delete", "configwrite", "resolverwrite"]));
  expect(typeof body?.time).toBe("number");
  expect([body?.id, body?.result.authentication, body?.detail]).toEqual([1, undefined, undefined]);
});

test("rest-api 5 item 56: timeout_action has three e", async () => {
  const { value } = await logIn({ username: adminName, password: adminPassword });
  expect((value as unknown as Record<string, unknown>).timeout_action).toBe("lockscreeen");
});

describe("POST /auth of a user", () => {
  test.each<[what: string, params: Record<string, string>, realm: string]>([
    ["in the default realm", { username: "alice", password: "geheim" }, "home"],
    ["in a realm named beside", { username: "alice", password: "anders", realm: "away" }, "away"],
    ["in a realm named behind the @ (G01)", { username: "alice@away", password: "anders" }, "away"],
    ["W22 with an empty realm", { username: "alice", password: "geheim", realm: "" }, "home"],
    ["whose realm beats the one in the name (F09)", { username: "alice@away", password: "geheim", realm: "home" }, "home"],
  ])("%s", async (_what, params, realm) => {
    const { value } = await logIn(params);
    expect(value).toMatchObject({ role: "user", username: "alice", realm });
    expect(value?.rights).toContain("enrollTOTP");
    expect(value?.rights).not.toContain("configwrite");
  });

  test.each<[what: string, params: Record<string, string>, code: number, message: string]>([
    ["a wrong password", { username: "alice", password: "x" }, 4031, "Authentication failure. Wrong credentials"],
    ["no password", { username: "alice" }, 4031, "Authentication failure. Wrong credentials"],
    ["an unknown name", { username: "nobody", password: "x" }, 4031, "Authentication failure. Wrong credentials"],
    ["E102 a shadowed password", { username: "eve", password: "x" }, 4031, "Authentication failure. Wrong credentials"],
    ["a locked account", { username: "zoe", password: "geheim" }, 4031, "Authentication failure. Wrong credentials"],
    [
      "the password of a user with an administrator's name",
      { username: adminName, password: "geheim" },
      4031,
      "Authentication failure. Wrong credentials",
    ],
    [
      "an administrator in a realm",
      { username: adminName, password: adminPassword, realm: "home" },
      4031,
      "Authentication failure. Wrong credentials",
    ],
    [
      "an unknown realm",
      { username: "alice", password: "geheim", realm: "mars" },
      4031,
      "Authentication failure. Unknown realm: mars.",
    ],
    ["no name", { password: "geheim" }, 4032, "Authentication failure. Missing Username"],
    ["an empty name", { username: "", password: "geheim" }, 4032, "Authentication failure. Missing Username"],
  ])("is refused with 401: %s", async (_what, params, code, message) => {
    const answer = await logIn(params);
    expect([answer.status, answer.error]).toEqual([401, { code, message }]);
    expect(answer.body?.result.value).toBeUndefined();
  });
});

describe("GET /auth/rights", () => {
  test("an administrator: every type there is", async () => {
    const { value } = await app.api<Record<string, string>>("GET", "/auth/rights");
    expect(Object.keys(value ?? {}).sort()).toEqual(["hotp", "pw", "spass", "totp"]);
  });

  test("a user: the types offered to users, and he can enrol no other (K1-34)", async () => {
    const { value } = await logIn({ username: "alice", password: "geheim" });
    const token = value?.token ?? "";
    const rights = await app.api<Record<string, string>>("GET", "/auth/rights", {}, { token });
    expect(Object.keys(rights.value ?? {}).sort()).toEqual(["hotp", "spass", "totp"]);
    expect((await app.api("POST", "/token/init", { type: "hotp", genkey: 1 }, { token })).value).toBe(true);
    expect((await app.api("POST", "/token/init", { type: "pw", otpkey: "secret" }, { token })).error?.code).toBe(303);
  });

  test("nobody: 401", async () => {
    expect((await app.api("GET", "/auth/rights", {}, { token: "" })).error?.code).toBe(4033);
  });
});

test("K1-06 rollover: a new seed for the same token; the old one is worth nothing, owner and PIN stay", async () => {
  const seeds = ["3132333435363738393031323334353637383930", "00".repeat(20)];
  const init = (otpkey = "", more = {}) => app.api("POST", "/token/init", { type: "hotp", serial: "ROLL", otpkey, ...more });
  await init(seeds[0], { user: "alice", pin: "pin" });
  const check = async (pass: string) => (await app.api("POST", "/validate/check", { user: "alice", pass })).value;
  expect(await check("pin755224")).toBe(true);
  expect((await init(seeds[1], { rollover: 1 })).value).toBe(true);
  expect(await check("pin287082")).toBe(false);
  // HOTP of 20 zero bytes at counter 0.
  expect(await check("pin328482")).toBe(true);
});
