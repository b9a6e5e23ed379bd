// One contract test for each call on tokens that administrators have beside enrolment and log-in (rest-api.md 2.3): set, description,
// realm, group, info, copypin, copyuser, revoke, setrandompin. The list is in token-list.test.ts, lost tokens in token-lost.test.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { setRandomPin } from "../engine/services/token-pins.ts";
import type { Work } from "../engine/services/work.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readAudit, readToken, setColumns } from "./kit/tokens.ts";

interface Shown {
  info: Record<string, string>;
  realms: string[];
  tokengroup: string[];
  description: string;
  username: string;
  user_realm: string;
  [name: string]: unknown;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1), passwdLine("bob", 2)]);
  await app.addRealm("barn", [passwdLine("berta", 1)]);
  await app.addRealm("moon", [passwdLine("mona", 1)]);
});
afterAll(() => app.stop());

/** The value, or the number of the error. */
const call = async (method: string, path: string, params: ApiParams = {}, json = false) => {
  const { value, error } = await app.api(method, path, params, { json });
  return error ? error.code : value;
};
const post = (path: string, params: ApiParams = {}, json = false) => call("POST", path, params, json);
const show = async (serial: string): Promise<Shown> => {
  const { value, text } = await app.api<{ tokens: Shown[] }>("GET", "/token/", { serial });
  const [token] = value?.tokens ?? [];
  if (!token) throw new Error(text);
  return token;
};
let made = 0;
const fresh = async (params: ApiParams = {}) => enrol(app, { serial: `C${++made}`, ...params });

describe("POST /token/set (L11801)", () => {
  const cases: [params: ApiParams, set: number | undefined, column: object][] = [
    [{ description: "a key" }, 1, {}],
    [{ description: "" }, 1, {}],
    [{ description: "x".repeat(81) }, 905, {}],
    [{ count_window: 20 }, 1, { countWindow: 20 }],
    [{ count_window: "1000" }, 1, { countWindow: 1000 }],
    [{ count_window: 1001 }, 905, {}],
    [{ count_window: 0 }, 905, {}],
    [{ count_window: "1.5" }, 905, {}],
    [{ sync_window: 40_000 }, 1, { syncWindow: 40_000 }],
    [{ sync_window: -1 }, 905, {}],
    [{ hashlib: "sha256" }, 1, { algorithm: "sha256" }],
    [{ hashlib: "md5" }, 905, {}],
    [{ hashlib: "" }, 0, {}],
    [{ max_failcount: 3 }, 1, { maxFail: 3 }],
    [{ max_failcount: 0 }, 905, {}],
    [{ count_auth_max: 5 }, 1, { authCountMax: 5 }],
    [{ count_auth_max: 0 }, 1, { authCountMax: null }],
    [{ count_auth_success_max: 7 }, 1, { authSuccessMax: 7 }],
    [{ validity_period_start: "2026-01-02T03:04+0100" }, 1, { validFrom: Date.UTC(2026, 0, 2, 2, 4) }],
    [{ validity_period_end: "31/12/30 23:59" }, 1, { validUntil: Date.UTC(2030, 11, 31, 23, 59) }],
    [{ validity_period_end: "" }, 1, { validUntil: null }],
    [{ validity_period_end: "tomorrow" }, 905, {}],
    [{ validity_period_end: "2026-02-30T00:00+0000" }, 905, {}],
    [{ description: "two", count_window: 12, max_failcount: 8 }, 3, { countWindow: 12, maxFail: 8 }],
    // One bad attribute, nothing is set.
    [{ count_window: 99, validity_period_end: "never" }, 905, { countWindow: 10 }],
    [{}, 0, {}],
    // Names in other capitals mean nothing (clients-contract.md, last list).
    [{ countWindow: 77, maxFailcount: 7 }, 0, { countWindow: 10, maxFail: 10 }],
  ];
  for (const [params, set, columns] of cases) {
    test(`${JSON.stringify(params).slice(0, 90)}: ${set}`, async () => {
      const { serial } = await fresh();
      expect(await post("/token/set", { serial, ...params })).toBe(set);
      expect(await readToken(app, serial)).toMatchObject(columns);
    });
  }
  test("by serial in the path, and for all tokens of a user: the number of attributes over all tokens (rest-api 5.1)", async () => {
    const mine = [await fresh({ user: "mona", realm: "moon" }), await fresh({ user: "mona", realm: "moon", type: "totp" })];
    const pass = await enrol(app, { serial: "CSPASS", user: "mona", realm: "moon", type: "spass" });
    expect(await post(`/token/set/${mine[0]?.serial}`, { count_window: 15, sync_window: 50 })).toBe(2);
    expect(await post("/token/set", { user: "mona", realm: "moon", count_window: 16, max_failcount: 4 })).toBe(6);
    for (const { serial } of [...mine, pass]) expect(await readToken(app, serial)).toMatchObject({ countWindow: 16, maxFail: 4 });
    // A simple pass has no hash function: passed over.
    expect(await post("/token/set", { user: "mona", realm: "moon", hashlib: "sha512" })).toBe(2);
    await setColumns(app, pass.serial, { locked: 1 });
    expect(await post("/token/set", { user: "mona", realm: "moon", count_window: 17 })).toBe(2);
    expect((await readToken(app, pass.serial)).countWindow).toBe(16);
    for (const { serial } of [...mine, pass]) await app.api("DELETE", `/token/${serial}`);
  });
  test("nobody, nothing, unknown: 905, 601, 904; locked: 1007", async () => {
    const { serial } = await fresh();
    await setColumns(app, serial, { revoked: 1 });
    expect(await post("/token/set", { description: "x" })).toBe(905);
    expect(await post("/token/set", { serial: "NONE", description: "x" })).toBe(601);
    expect(await post("/token/set", { user: "nobody", description: "x" })).toBe(904);
    expect(await post("/token/set", { serial, description: "x" })).toBe(1007);
  });
  test("K1-11 a limit that is set holds, and one that is taken away does not", async () => {
    const token = await fresh({ type: "spass", pin: "go" });
    const login = async () => (await check(app, { serial: token.serial, pass: "go" })).accepted;
    expect([await login(), await login()]).toEqual([true, true]);
    expect(await post("/token/set", { serial: token.serial, count_auth_success_max: 2 })).toBe(1);
    expect(await login()).toBe(false);
    expect(await post("/token/set", { serial: token.serial, count_auth_success_max: 0 })).toBe(1);
    expect(await login()).toBe(true);
    expect(await post("/token/set", { serial: token.serial, validity_period_end: "2001-01-01T00:00+0000" })).toBe(1);
    expect((await check(app, { serial: token.serial, pass: "go" })).message).toContain("Outside validity period");
  });
});

describe("Z49 two-step enrolment", () => {
  test("a token that waits for its client or its verification can not log in; 2stepinit without a policy is dropped", async () => {
    const token = await fresh({ user: "alice", pin: "", "2stepinit": 1, genkey: 0 });
    expect((await readToken(app, token.serial)).rolloutState).toBe("");
    for (const [index, rollout_state] of ["clientwait", "verify"].entries()) {
      await setColumns(app, token.serial, { rollout_state });
      const login = await check(app, { serial: token.serial, pass: token.value(index) });
      expect([rollout_state, login.accepted, login.message]).toEqual([
        rollout_state,
        false,
        "matching 1 tokens, Token is not yet enrolled",
      ]);
    }
    await setColumns(app, token.serial, { rollout_state: "" });
    expect((await check(app, { serial: token.serial, pass: token.value(5) })).accepted).toBe(true);
  });
});

describe("POST /token/description (L11436)", () => {
  test("in both forms; it may be empty, but has to be there", async () => {
    const { serial } = await fresh();
    expect(await post("/token/description", { serial, description: "left drawer" })).toBe(1);
    expect((await show(serial)).description).toBe("left drawer");
    expect(await post(`/token/description/${serial}`, { description: "" })).toBe(1);
    expect((await show(serial)).description).toBe("");
    expect(await post(`/token/description/${serial}`)).toBe(905);
    expect(await post("/token/description", { description: "x" })).toBe(905);
    expect(await post("/token/description/NONE", { description: "x" })).toBe(601);
    expect(await post("/token/description", { serial, description: "x".repeat(81) })).toBe(905);
  });
});

describe("POST /token/revoke (L11534)", () => {
  test("K1-04 and Z51 revoked, locked and disabled: not usable, not to be changed, only deleted", async () => {
    const token = await fresh({ pin: "" });
    const { serial } = token;
    expect(await post("/token/revoke", { serial })).toBe(1);
    expect(await readToken(app, serial)).toMatchObject({ revoked: true, locked: true, active: false });
    expect((await check(app, { serial, pass: token.value(0) })).accepted).not.toBe(true);
    const changes: [path: string, params: ApiParams][] = [
      ["/token/enable", {}],
      ["/token/reset", {}],
      ["/token/revoke", {}],
      ["/token/setpin", { otppin: "x" }],
      ["/token/setrandompin", {}],
      ["/token/description", { description: "x" }],
      ["/token/set", { count_window: 5 }],
      ["/token/resync", { otp1: "1", otp2: "2" }],
      ["/token/assign", { user: "alice" }],
      ["/token/unassign", {}],
      ["/token/lost", {}],
      ["/token/realm", { realms: "barn" }],
      ["/token/group", { groups: "" }],
      [`/token/info/${serial}/note`, { value: "x" }],
    ];
    for (const [path, params] of changes) expect([path, await post(path, { serial, ...params })]).toEqual([path, 1007]);
    const other = await fresh();
    expect(await post("/token/copypin", { from: other.serial, to: serial })).toBe(1007);
    expect(await call("DELETE", `/token/info/${serial}/note`)).toBe(1007);
    expect(await call("DELETE", `/token/${serial}`)).toBe(1);
  });
  test("by path, and all tokens of a user; locked ones are passed over and not counted", async () => {
    const one = await fresh({ user: "mona", realm: "moon" });
    const two = await fresh({ user: "mona", realm: "moon" });
    expect(await post(`/token/revoke/${one.serial}`)).toBe(1);
    expect(await post("/token/revoke", { user: "mona", realm: "moon" })).toBe(1);
    expect(await post("/token/revoke", { user: "mona", realm: "moon" })).toBe(1007);
    for (const { serial } of [one, two]) await app.api("DELETE", `/token/${serial}`);
    expect(await post("/token/revoke")).toBe(905);
    expect(await post("/token/revoke/NONE")).toBe(601);
  });
});

describe("POST /token/setrandompin (L11422)", () => {
  test("without a policy it is 301, and a PIN sent along is never used", async () => {
    const { serial } = await fresh({ pin: "old" });
    const { pinHash } = await readToken(app, serial);
    expect(await post("/token/setrandompin", { serial, pin: "mine", otppin: "mine" })).toBe(301);
    expect(await post(`/token/setrandompin/${serial}`)).toBe(301);
    expect((await readToken(app, serial)).pinHash).toBe(pinHash);
    expect(await post("/token/setrandompin")).toBe(905);
    expect(await post("/token/setrandompin/NONE")).toBe(601);
  });
  test("with a shape the PIN is of it, is stored, and is good", async () => {
    const token = await fresh({ type: "spass", pin: "old" });
    const work: Work = {
      engine: app.engine,
      caller: null,
      audit: {},
      async write(statements, touches) {
        const outcome = await app.engine.store.commit({ kind: "write", statements, touches });
        return outcome.won ? outcome : null;
      },
    };
    const pin = await setRandomPin(work, { serial: token.serial }, { length: 9, contents: "n" });
    expect(pin).toMatch(/^\d{9}$/);
    expect((await check(app, { serial: token.serial, pass: pin })).accepted).toBe(true);
    expect((await check(app, { serial: token.serial, pass: "old" })).accepted).toBe(false);
  });
});

describe("POST /token/realm (L11941)", () => {
  test("rest-api 5 item 32 replaces; unknown names are passed over, and it is true even if all are", async () => {
    const { serial } = await fresh();
    expect(await post(`/token/realm/${serial}`, { realms: "barn, HOUSE" })).toBe(true);
    expect((await show(serial)).realms).toEqual(["barn", "house"]);
    expect(await post(`/token/realm/${serial}`, { realms: ["moon", "nowhere"] }, true)).toBe(true);
    expect((await show(serial)).realms).toEqual(["moon"]);
    expect(await post("/token/realm", { serial, realms: "nowhere" })).toBe(true);
    expect((await show(serial)).realms).toEqual([]);
    await post(`/token/realm/${serial}`, { realms: "barn" });
    expect(await post(`/token/realm/${serial}`, { realms: "" })).toBe(true);
    expect((await show(serial)).realms).toEqual([]);
    await post(`/token/realm/${serial}`, { realms: "barn" });
    expect(await post(`/token/realm/${serial}`, { realms: [] }, true)).toBe(true);
    expect((await show(serial)).realms).toEqual([]);
  });
  test("K1-24 a token with an owner stays in the owner's realm", async () => {
    const { serial } = await fresh({ user: "berta", realm: "barn" });
    for (const [realms, kept] of [
      ["moon", ["barn", "moon"]],
      ["", ["barn"]],
    ] as const) {
      expect(await post(`/token/realm/${serial}`, { realms })).toBe(true);
      expect((await show(serial)).realms).toEqual([...kept]);
    }
    await post("/token/unassign", { serial });
    await post(`/token/realm/${serial}`, { realms: "" });
    expect((await show(serial)).realms).toEqual([]);
  });
  test("no list: 905; no token: 601", async () => {
    const { serial } = await fresh();
    expect(await post(`/token/realm/${serial}`)).toBe(905);
    expect(await post("/token/realm", { realms: "barn" })).toBe(905);
    expect(await post("/token/realm/NONE", { realms: "barn" })).toBe(601);
    expect(await post(`/token/realm/${serial}`, { realms: { a: 1 } }, true)).toBe(905);
  });
});

describe("/tokengroup/ (rest-api.md 2.10) and /token/group (L11911)", () => {
  const groups = async () => (await app.api<Record<string, unknown>>("GET", "/tokengroup/")).value ?? {};

  test("POST /tokengroup/, GET /tokengroup/, DELETE /tokengroup/", async () => {
    const id = await post("/tokengroup/cabinet", { description: "in the cabinet" });
    expect(id).toBeInteger();
    expect(await post("/tokengroup/drawer")).toBeGreaterThan(Number(id));
    expect(await groups()).toEqual({
      cabinet: { id, description: "in the cabinet" },
      drawer: { id: expect.any(Number), description: "" },
    });
    expect((await app.api("GET", "/tokengroup/cabinet")).value).toEqual({ cabinet: { id, description: "in the cabinet" } });
    // Again: the same group, another description; without one it keeps its own.
    expect(await post("/tokengroup/cabinet", { description: "moved" })).toBe(id);
    expect(await post("/tokengroup/cabinet")).toBe(id);
    expect((await groups()).cabinet).toEqual({ id, description: "moved" });
    expect(await call("DELETE", "/tokengroup/drawer")).toBe(1);
    expect(await call("DELETE", "/tokengroup/drawer")).toBe(601);
    expect(await call("GET", "/tokengroup/drawer")).toBe(601);
    for (const name of ["a%20b", "a;b", "%00", "a%2Fb", "ü", "x".repeat(256), "a*"])
      expect([name, [301, 905].includes(Number(await post(`/tokengroup/${name}`)))]).toEqual([name, true]);
    expect(Object.keys(await groups())).toEqual(["cabinet"]);
    await post("/tokengroup/__proto__", { description: "p" });
    expect((await app.api("GET", "/tokengroup/__proto__")).text).toContain('"__proto__":{"id"');
    await app.api("DELETE", "/tokengroup/__proto__");
  });
  test("POST /token/group/(serial) replaces, /(groupname) adds, DELETE removes; each is 1", async () => {
    for (const name of ["red", "green", "blue"]) await post(`/tokengroup/${name}`);
    const { serial } = await fresh();
    const shown = async () => (await show(serial)).tokengroup;
    expect(await post(`/token/group/${serial}`, { groups: "red,green" })).toBe(1);
    expect(await shown()).toEqual(["green", "red"]);
    expect(await post(`/token/group/${serial}`, { groups: ["blue", "blue"] }, true)).toBe(1);
    expect(await shown()).toEqual(["blue"]);
    expect(await post(`/token/group/${serial}/red`)).toBe(1);
    expect(await post(`/token/group/${serial}/red`)).toBe(1);
    expect(await shown()).toEqual(["blue", "red"]);
    expect(await call("DELETE", `/token/group/${serial}/blue`)).toBe(1);
    expect(await call("DELETE", `/token/group/${serial}/blue`)).toBe(1);
    expect(await shown()).toEqual(["red"]);
    expect(await post("/token/group", { serial, groups: "" })).toBe(1);
    expect(await shown()).toEqual([]);
  });
  test("an unknown group or token is 601 and changes nothing; no list is 905", async () => {
    await post("/tokengroup/known");
    const { serial } = await fresh();
    await post(`/token/group/${serial}`, { groups: "known" });
    for (const path of [`/token/group/${serial}/unknown`, "/token/group/NONE/known"]) {
      expect([path, await post(path), await call("DELETE", path)]).toEqual([path, 601, 601]);
    }
    expect(await post(`/token/group/${serial}`, { groups: "known,unknown" })).toBe(601);
    expect(await post(`/token/group/${serial}`)).toBe(905);
    expect((await show(serial)).tokengroup).toEqual(["known"]);
  });
  test("a group that is deleted takes its memberships with it, not its tokens; a deleted token leaves its groups", async () => {
    await post("/tokengroup/brief");
    const one = await fresh();
    const two = await fresh();
    for (const { serial } of [one, two]) await post(`/token/group/${serial}/brief`);
    expect(await call("DELETE", `/token/${two.serial}`)).toBe(1);
    expect(await call("DELETE", "/tokengroup/brief")).toBe(1);
    expect((await show(one.serial)).tokengroup).toEqual([]);
    await post("/tokengroup/brief");
    expect((await show(one.serial)).tokengroup).toEqual([]);
  });
});

describe("POST and DELETE /token/info (L11955, L11970)", () => {
  const info = async (serial: string) => (await show(serial)).info;

  test("set, overwrite, delete; any key, any text", async () => {
    const { serial } = await fresh();
    for (const [key, value] of [
      ["note", "first"],
      ["note", "second"],
      ["a/b c%41ü", "100% + ☕ \" ' \n"],
      ["__proto__", "x"],
      ["empty", ""],
    ] as const) {
      const encoded = encodeURIComponent(key);
      expect(await post(`/token/info/${serial}/${encoded}`, { value }, true)).toBe(true);
    }
    const { text } = await app.api("GET", "/token/", { serial });
    const shown = JSON.parse(text.replaceAll("__proto__", "proto")).result.value.tokens[0].info;
    expect(shown).toMatchObject({ note: "second", "a/b c%41ü": "100% + ☕ \" ' \n", proto: "x", empty: "" });
    expect(await call("DELETE", `/token/info/${serial}/note`)).toBe(true);
    expect(await info(serial)).not.toHaveProperty("note");
  });
  test("rest-api 5 item 31: DELETE is true though the key never existed; both are false for a token nobody has", async () => {
    const { serial } = await fresh();
    expect(await call("DELETE", `/token/info/${serial}/never`)).toBe(true);
    expect(await call("DELETE", "/token/info/NONE/note")).toBe(false);
    expect(await post("/token/info/NONE/note", { value: "x" })).toBe(false);
    expect(await post(`/token/info/${serial}/note`)).toBe(905);
  });
  test("K1-26 a password is sealed, shows sealed, and is not overwritten by accident", async () => {
    const { serial } = await fresh();
    const secret = "correct horse";
    expect(await post(`/token/info/${serial}/door`, { value: secret, "door.type": "password" })).toBe(true);
    const shown = await info(serial);
    expect(shown["door.type"]).toBe("password");
    expect(shown.door).toMatch(/^[A-Za-z0-9+/=]{40,}$/);
    expect(await post(`/token/info/${serial}/door`, { value: "x" })).toBe(905);
    expect(await post(`/token/info/${serial}/door.type`, { value: "" })).toBe(905);
    expect((await info(serial)).door).toBe(shown.door ?? "");
    expect(await post(`/token/info/${serial}/door`, { value: "other", type: "password" })).toBe(true);
    expect((await info(serial)).door).not.toBe(shown.door);
    // What is there already can be sealed.
    await post(`/token/info/${serial}/open`, { value: secret });
    expect(await post(`/token/info/${serial}/open.type`, { value: "password" })).toBe(true);
    expect((await info(serial))["open.type"]).toBe("password");
    expect(await post(`/token/info/${serial}/nothing.type`, { value: "password" })).toBe(905);
    expect(await post(`/token/info/${serial}/open`, { value: "x", type: "text" })).toBe(905);
    const { text } = await app.api("GET", "/token/", { serial });
    expect(text).not.toContain(secret);
    expect(JSON.stringify(readAudit(app.dataDir))).not.toContain(secret);
    expect((await app.api<{ count: number }>("GET", "/token/", { infokey: "open", infovalue: secret })).value?.count).toBe(0);
    expect(await call("DELETE", `/token/info/${serial}/open`)).toBe(true);
    expect(await post(`/token/info/${serial}/open`, { value: "plain again" })).toBe(true);
    expect((await info(serial)).open).toBe("plain again");
  });
  test("keys with a meaning act on the token, and go back to what a new one has", async () => {
    const cases: [key: string, value: string, column: object, initial: object][] = [
      ["count_auth", "4", { authCount: 4 }, { authCount: 0 }],
      ["count_auth_success", "3", { authSuccess: 3 }, { authSuccess: 0 }],
      ["count_auth_max", "9", { authCountMax: 9 }, { authCountMax: null }],
      ["count_auth_success_max", "8", { authSuccessMax: 8 }, { authSuccessMax: null }],
      ["validity_period_start", "2020-01-01T00:00+0000", { validFrom: Date.UTC(2020, 0, 1) }, { validFrom: null }],
      ["validity_period_end", "2040-01-01T00:00+0000", { validUntil: Date.UTC(2040, 0, 1) }, { validUntil: null }],
      ["last_auth", "2021-02-03T04:05:06.000Z", { lastAuth: Date.UTC(2021, 1, 3, 4, 5, 6) }, { lastAuth: null }],
      ["hashlib", "sha512", { algorithm: "sha512" }, { algorithm: "sha1" }],
      ["timeStep", "60", { timeStep: 60 }, { timeStep: 30 }],
      ["timeWindow", "600", { timeWindow: 600 }, { timeWindow: 180 }],
      ["timeShift", "-90", { timeShift: -90 }, { timeShift: 0 }],
    ];
    const { serial } = await fresh({ type: "totp" });
    for (const [key, value, column, initial] of cases) {
      expect([key, await post(`/token/info/${serial}/${key}`, { value })]).toEqual([key, true]);
      expect(await readToken(app, serial)).toMatchObject(column);
      expect((await info(serial))[key]).toBe(value);
      expect(await call("DELETE", `/token/info/${serial}/${key}`)).toBe(true);
      expect(await readToken(app, serial)).toMatchObject(initial);
      for (const bad of ["x", "-1e9", "99999999999999999"])
        expect([key, bad, await post(`/token/info/${serial}/${key}`, { value: bad })]).toEqual([key, bad, 905]);
    }
    // A search of a day at one second would keep a worker busy for every log-in.
    expect(await post(`/token/info/${serial}/timeWindow`, { value: "604800" })).toBe(905);
    // Other types have no time step: there it is a text like any other.
    const pass = await fresh({ type: "spass" });
    expect(await post(`/token/info/${pass.serial}/timeStep`, { value: "soon" })).toBe(true);
    expect((await info(pass.serial)).timeStep).toBe("soon");
  });
  test("another time step: a value that was used is not good again, and the token can log in at once", async () => {
    const token = await fresh({ type: "totp", timeStep: 60, timeWindow: 0, pin: "" });
    const login = async (step: number) =>
      (await check(app, { serial: token.serial, pass: token.value(Math.floor(app.engine.now() / 1000 / step)) })).accepted;
    expect(await login(60)).toBe(true);
    expect(await post(`/token/info/${token.serial}/timeStep`, { value: "30" })).toBe(true);
    expect(await login(30)).toBe(false);
    app.advance(60_000);
    expect(await login(30)).toBe(true);
    expect(await post(`/token/info/${token.serial}/timeStep`, { value: "60" })).toBe(true);
    expect(await login(60)).toBe(false);
    app.advance(60_000);
    expect(await login(60)).toBe(true);
  });
  test("bounds: 64 keys, 255 characters, 10,000 of value", async () => {
    const { serial } = await fresh();
    const had = Object.keys(await info(serial)).filter((key) => key === "tokenkind").length;
    for (let i = had; i < 64; i++) expect(await post(`/token/info/${serial}/k${i}`, { value: "v" })).toBe(true);
    expect(await post(`/token/info/${serial}/more`, { value: "v" })).toBe(905);
    expect(await post(`/token/info/${serial}/k5`, { value: "again" })).toBe(true);
    expect(await post(`/token/info/${serial}/${"k".repeat(256)}`, { value: "v" })).toBe(905);
    expect(await post(`/token/info/${serial}/k5`, { value: "v".repeat(10_001) })).toBe(905);
    expect(await post(`/token/info/${serial}/k5`, { value: "a\0b" }, true)).toBe(905);
    expect(await post(`/token/info/${serial}/k5`, { value: { a: 1 } }, true)).toBe(905);
    expect(await post("/token/info/C*/k5", { value: "v" })).toBe(905);
  });
});

describe("POST /token/copypin and POST /token/copyuser (L11508, L11478)", () => {
  test("the PIN is that of the other, unknown to all; none if the other has none", async () => {
    const from = await fresh({ type: "spass", pin: "hers" });
    const to = await fresh({ type: "spass", pin: "his" });
    expect(await post("/token/copypin", { from: from.serial, to: to.serial })).toBe(true);
    expect((await check(app, { serial: to.serial, pass: "hers" })).accepted).toBe(true);
    expect((await check(app, { serial: to.serial, pass: "his" })).accepted).toBe(false);
    const bare = await fresh({ type: "spass" });
    expect(await post("/token/copypin", { from: bare.serial, to: to.serial })).toBe(true);
    expect((await check(app, { serial: to.serial, pass: "" })).accepted).toBe(true);
  });
  test("the owner is that of the other; the old one has it no longer, and it is in the new one's realm", async () => {
    const from = await fresh({ user: "berta", realm: "barn" });
    const to = await fresh({ user: "alice", realm: "house" });
    expect(await post("/token/copyuser", { from: from.serial, to: to.serial })).toBe(true);
    expect(await show(to.serial)).toMatchObject({ username: "berta", user_realm: "barn" });
    expect((await show(to.serial)).realms).toContain("barn");
    expect(await post("/token/disable", { serial: to.serial, user: "alice", realm: "house" })).toBe(601);
  });
  for (const verb of ["copypin", "copyuser"]) {
    test(`POST /token/${verb}: 1016 without source, 1017 without target, 905 without name`, async () => {
      const { serial } = await fresh();
      expect(await post(`/token/${verb}`, { from: "NONE", to: serial })).toBe(1016);
      expect(await post(`/token/${verb}`, { from: "C*", to: serial })).toBe(1016);
      expect(await post(`/token/${verb}`, { from: serial, to: "NONE" })).toBe(1017);
      expect(await post(`/token/${verb}`, { from: serial })).toBe(905);
      expect(await post(`/token/${verb}`, { to: serial })).toBe(905);
      if (verb === "copyuser") expect(await post(`/token/${verb}`, { from: serial, to: (await fresh()).serial })).toBe(301);
    });
  }
});

test("each of these calls leaves one row in the audit trail, with the token and the administrator, without a secret", async () => {
  await post("/tokengroup/trail");
  const { serial } = await fresh({ user: "alice", realm: "house" });
  const other = await fresh({ user: "bob", realm: "house", pin: "x" });
  const calls: [action: string, path: string, params: ApiParams][] = [
    ["POST /token/set", "/token/set", { serial, count_window: 11 }],
    ["POST /token/description", `/token/description/${serial}`, { description: "d" }],
    ["POST /token/realm", `/token/realm/${serial}`, { realms: "moon" }],
    ["POST /token/group", `/token/group/${serial}`, { groups: "trail" }],
    ["POST /token/group", `/token/group/${serial}/trail`, {}],
    ["POST /token/info", `/token/info/${serial}/k`, { value: "top secret value", type: "password" }],
    ["POST /token/copypin", "/token/copypin", { from: other.serial, to: serial }],
    ["POST /token/copyuser", "/token/copyuser", { from: other.serial, to: serial }],
    ["POST /token/setrandompin", `/token/setrandompin/${serial}`, {}],
    ["POST /token/revoke", `/token/revoke/${serial}`, {}],
  ];
  for (const [, path, params] of calls) await post(path, params);
  const rows = readAudit(app.dataDir, `serial = '${serial}' AND action <> 'POST /token/init' AND action <> 'GET /token'`);
  expect(rows.map(({ action, administrator, success }) => [action, administrator, success])).toEqual(
    calls.map(([action]) => [action, "admin", action === "POST /token/setrandompin" ? 0 : 1]),
  );
  expect(JSON.stringify(readAudit(app.dataDir))).not.toContain("top secret value");
});
