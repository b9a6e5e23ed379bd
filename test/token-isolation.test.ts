// A user with a session of his own tries to reach a stranger's token by every parameter there is: rest-api.md 1.5 (identity is forced)
// and 5 item 42. The stranger's token must not change, show, or be told apart from one that does not exist where that can be helped.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readToken, setColumns, type TestToken } from "./kit/tokens.ts";

const password = "kaffee mit milch";
let app: TestApp;
let mine = "";
let bobs: TestToken;

beforeAll(async () => {
  app = await startApp();
  const hash = Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
  await app.addRealm("house", [passwdLine("alice", 1, hash), passwdLine("bob", 2, hash), passwdLine("alice2", 11)]);
  // The same user id and the same login as alice, in another store.
  await app.addRealm("barn", [passwdLine("berta", 1), passwdLine("alice", 7)]);
  const login = await app.api<{ token: string; role: string }>("POST", "/auth", { username: "alice", password }, { token: "" });
  expect(login.value?.role).toBe("user");
  mine = login.value?.token ?? "";
  bobs = await enrol(app, { serial: "BOBS", user: "bob", pin: "bobs pin", description: "bobs own" });
  await enrol(app, { serial: "BARN", user: "alice", realm: "barn", pin: "barn pin" });
  await enrol(app, { serial: "BERTA", user: "berta", realm: "barn" });
  await enrol(app, { serial: "LIKE", user: "alice2" });
  await enrol(app, { serial: "FREE", type: "spass", pin: "free pin" });
  await enrol(app, { serial: "MINE", user: "alice", pin: "my pin" });
});
afterAll(() => app.stop());

const strangers = ["BOBS", "BARN", "BERTA", "LIKE", "FREE"];
let before: Awaited<ReturnType<typeof readToken>>[] = [];
const states = () => Promise.all(strangers.map((serial) => readToken(app, serial)));
beforeEach(async () => {
  before = await states();
});

/** As alice; the parameters as form and as JSON, in the body and in the query. */
async function tryAll(method: string, path: string, params: Record<string, unknown>) {
  const url = `http://localhost${path}`;
  const texts = new URLSearchParams(
    Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  const headers = { authorization: mine };
  const type = (name: string) => ({ ...headers, "content-type": name });
  const requests = [
    new Request(`${url}?${texts}`, { method, headers }),
    ...(method === "GET"
      ? []
      : [
          new Request(url, { method, headers: type("application/x-www-form-urlencoded"), body: texts }),
          new Request(url, { method, headers: type("application/json"), body: JSON.stringify(params) }),
        ]),
  ];
  const answers: { status: number; code: number | null; value: unknown; text: string }[] = [];
  for (const request of requests) {
    const response = await app.send(request);
    const text = await response.text();
    const { result } = JSON.parse(text) as { result: { value?: unknown; error?: { code: number } } };
    answers.push({ status: response.status, code: result.error?.code ?? null, value: result.value, text });
  }
  return answers;
}

const identities: Record<string, unknown>[] = [
  {},
  { user: "bob" },
  { user: "bob", realm: "house" },
  { user: "bob@house" },
  { user: "house\\bob" },
  { user: "alice", realm: "barn" },
  { user: "", realm: "" },
  { user: null },
  { user: ["alice", "bob"] },
  { user: "bob", resolver: "house" },
  { resolver: "barn" },
  { username: "bob", userid: "2" },
  { User: "bob", USER: "bob", "user ": "bob" },
];

describe("a stranger's token by its serial", () => {
  const calls: [method: string, path: string, params: Record<string, unknown>][] = [
    ["POST", "/token/disable", {}],
    ["POST", "/token/enable", {}],
    ["POST", "/token/reset", {}],
    ["POST", "/token/unassign", {}],
    ["POST", "/token/setpin", { otppin: "evil" }],
    ["POST", "/token/resync", { otp1: "123456", otp2: "654321" }],
    ["POST", "/token/init", { genkey: 1 }],
    ["POST", "/token/init", { genkey: 1, type: "hotp", rollover: 1 }],
    ["POST", "/token/init", { type: "spass", pin: "evil" }],
    ["DELETE", "/token/{serial}", {}],
    ["POST", "/token/disable/{serial}", {}],
    ["POST", "/token/setpin/{serial}", { otppin: "evil" }],
    ["POST", "/token/resync/{serial}", { otp1: "123456", otp2: "654321" }],
    ["POST", "/token/revoke", {}],
    ["POST", "/token/revoke/{serial}", {}],
    ["POST", "/token/description", { description: "evil" }],
    ["POST", "/token/description/{serial}", { description: "evil" }],
    ["POST", "/token/setrandompin", {}],
    ["POST", "/token/setrandompin/{serial}", {}],
    ["POST", "/token/lost", {}],
    ["POST", "/token/lost/{serial}", {}],
    ["POST", "/token/revoke/{serial}", { serial: "MINE2" }],
    ["POST", "/token/lost/{serial}", { serial: "MINE2" }],
    // The path names the stranger's token, the body the caller's own, and the other way round.
    ["POST", "/token/disable/{serial}", { serial: "MINE2" }],
    ["DELETE", "/token/{serial}", { serial: "MINE2" }],
  ];
  for (const [method, path, params] of calls) {
    test(`${method} ${path} ${JSON.stringify(params)}`, async () => {
      for (const serial of strangers) {
        for (const identity of identities) {
          const target = path.replace("{serial}", serial);
          const answers = await tryAll(method, target, { ...(target === path ? { serial } : {}), ...identity, ...params });
          // 601 as for a serial nobody has; 301 where the serial would have been made.
          for (const { code, text } of answers) {
            expect([target, identity, code]).toEqual([target, identity, path === "/token/init" ? 301 : 601]);
            expect(text).not.toMatch(/bob|another type|hotp|spass/i);
          }
        }
      }
      expect(await states()).toEqual(before);
    });
  }

  for (const serial of ["bobs", "BOBS ", " BOBS", "BOB*", "*", "B%", "BOBS%00", "BOBS,MINE", "%42OBS"]) {
    test(`serial ${JSON.stringify(serial)} is not BOBS`, async () => {
      for (const path of ["/token/disable", "/token/unassign", "/token/setpin", "/token/reset"]) {
        for (const { status } of await tryAll("POST", path, { serial, otppin: "evil" })) expect([400, 404]).toContain(status);
      }
      for (const { status } of await tryAll("DELETE", `/token/${encodeURIComponent(serial)}`, {}))
        expect([400, 404]).toContain(status);
      expect(await states()).toEqual(before);
    });
  }

  test("serial as a list or an object", async () => {
    for (const serial of [["BOBS"], ["MINE", "BOBS"], { 0: "BOBS" }, { $ne: "" }]) {
      for (const path of ["/token/disable", "/token/unassign", "/token/init"]) {
        const response = await app.api("POST", path, { serial, genkey: 1 }, { json: true, token: mine });
        expect(response.error?.code).toBe(905);
      }
    }
    expect(await states()).toEqual(before);
  });

  test("the refusal of a stranger's serial is that of one nobody has", async () => {
    for (const verb of ["enable", "disable", "reset", "unassign", "setpin", "revoke", "description", "setrandompin", "lost"]) {
      const [theirs] = await tryAll("POST", `/token/${verb}/BOBS`, { otppin: "x", description: "x" });
      const [nobodys] = await tryAll("POST", `/token/${verb}/NONE`, { otppin: "x", description: "x" });
      const mask = (text?: string) => text?.replace(/"time":[\d.]+/, "");
      expect(mask(theirs?.text)).toBe(mask(nobodys?.text) ?? "");
    }
  });

  test("POST /token/init: nothing shows whether the stranger's token is of this type, revoked or offered to users", async () => {
    await enrol(app, { serial: "PWBOB", user: "bob", type: "pw", otpkey: "password" });
    await enrol(app, { serial: "DEADBOB", user: "bob" });
    await setColumns(app, "DEADBOB", { revoked: 1, locked: 1 });
    const texts = new Set<string>();
    for (const serial of ["BOBS", "PWBOB", "DEADBOB", "FREE"]) {
      for (const params of [{ genkey: 1 }, { type: "totp", genkey: 1 }, { type: "spass" }]) {
        const answer = await app.api("POST", "/token/init", { serial, ...params }, { token: mine });
        texts.add(`${answer.error?.code} ${answer.error?.message}`);
      }
    }
    expect([...texts]).toEqual(["301 ERR301: The serial number is in use."]);
  });
});

describe("calls that mean all tokens of a user", () => {
  for (const verb of ["disable", "enable", "reset"]) {
    test(`POST /token/${verb} with another's name acts on the caller's own`, async () => {
      for (const identity of identities.slice(1)) {
        for (const { status, value } of await tryAll("POST", `/token/${verb}`, identity)) {
          expect([status, Number(value) <= 1]).toEqual([200, true]);
        }
      }
      expect(await states()).toEqual(before);
      await app.api("POST", "/token/enable/MINE");
    });
  }
});

describe("GET /token/ and GET /user/", () => {
  const filters: Record<string, unknown>[] = [
    ...identities,
    { serial: "*" },
    { serial: "BOBS" },
    { tokenrealm: "barn" },
    { tokenrealm: "*" },
    { resolver: "*", user: "*", realm: "*" },
    { userid: "2" },
    { assigned: "false" },
    { description: "bobs*" },
    { pagesize: 1000, page: 1 },
    { infokey: "tokenkind", infovalue: "software" },
    { tokengroup: "*" },
    { sortby: "username", sortdir: "desc", pagesize: 1000 },
  ];
  for (const filter of filters) {
    test(`${JSON.stringify(filter)} shows nothing of a stranger`, async () => {
      for (const { text, status } of await tryAll("GET", "/token/", filter)) {
        expect(status).toBe(200);
        const { tokens, count } = JSON.parse(text).result.value as { tokens: { serial: string }[]; count: number };
        expect(tokens.filter(({ serial }) => serial !== "MINE")).toEqual([]);
        expect(count).toBeLessThanOrEqual(1);
      }
      const query = new URLSearchParams({ ...(filter as Record<string, string>), outform: "csv" });
      const file = await app.send(new Request(`http://localhost/token/?${query}`, { headers: { authorization: mine } }));
      expect(await file.text()).not.toMatch(/BOBS|BARN|BERTA|LIKE|FREE/);
      for (const { text } of await tryAll("GET", "/user/", filter)) {
        const users = JSON.parse(text).result.value as { username: string; resolver: string }[];
        expect(users.map(({ username, resolver }) => `${username} ${resolver}`)).toEqual(["alice house"]);
      }
    });
  }
});

describe("what a user makes is his own (rest-api 5 item 42)", () => {
  test("POST /token/init for another, into another realm, or for nobody", async () => {
    for (const identity of [...identities, { tokenrealm: "barn" }, { tokenrealm: ["barn", "house"], realm: "barn" }]) {
      const made = await app.api("POST", "/token/init", { type: "spass", ...identity }, { json: true, token: mine });
      const serial = String(made.detail?.serial);
      const { owner } = await readToken(app, serial);
      expect([identity, owner]).toEqual([identity, { resolver: "house", userId: "1", realm: "house" }]);
      const shown = await app.api<{ tokens: { realms: string[] }[] }>("GET", "/token/", { serial });
      expect(shown.value?.tokens[0]?.realms).toEqual(["house"]);
      await app.api("DELETE", `/token/${serial}`);
    }
  });
  test("POST /token/assign: an unowned token goes to the caller whoever he names, an owned one is 1103", async () => {
    await enrol(app, { serial: "SPARE", type: "spass" });
    const taken = await app.api("POST", "/token/assign", { serial: "SPARE", user: "bob", realm: "barn" }, { token: mine });
    expect(taken.value).toBe(true);
    expect((await readToken(app, "SPARE")).owner).toEqual({ resolver: "house", userId: "1", realm: "house" });
    for (const serial of ["BOBS", "BARN", "BERTA"]) {
      const answer = await app.api("POST", "/token/assign", { serial, user: "alice", pin: "evil" }, { token: mine });
      expect(answer.error?.code).toBe(1103);
    }
    expect(await states()).toEqual(before);
    expect((await app.api("POST", "/token/unassign", { serial: "SPARE" }, { token: mine })).value).toBe(1);
    await app.api("DELETE", "/token/SPARE");
  });
  test("his own token: list, PIN, resync, new seed, switch off and on, delete", async () => {
    const asAlice = (method: string, path: string, params = {}) => app.api(method, path, params, { token: mine });
    const token = await enrol({ api: (m, p, q, o) => app.api(m, p, q, { ...o, token: mine }) }, { serial: "MINE2", pin: "one" });
    expect((await asAlice("POST", "/token/setpin/MINE2", { otppin: "two" })).value).toBe(1);
    expect((await check(app, { user: "alice", serial: "MINE2", pass: `two${token.value(0)}` })).accepted).toBe(true);
    expect((await asAlice("POST", "/token/resync/MINE2", { otp1: token.value(50), otp2: token.value(51) })).value).toBe(true);
    expect((await asAlice("POST", "/token/disable/MINE2")).value).toBe(1);
    expect((await asAlice("POST", "/token/enable", { serial: "MINE2" })).value).toBe(1);
    expect((await asAlice("POST", "/token/init", { serial: "MINE2", genkey: 1 })).value).toBe(true);
    expect((await asAlice("DELETE", "/token/MINE2")).value).toBe(1);
  });
  test("his own token: description, lost and revoked; what replaces it is his", async () => {
    const asAlice = (path: string, params = {}) => app.api<{ serial: string }>("POST", path, params, { token: mine });
    await enrol({ api: (m, p, q, o) => app.api(m, p, q, { ...o, token: mine }) }, { serial: "MINE3" });
    expect((await asAlice("/token/description/MINE3", { description: "my key" })).value as unknown).toBe(1);
    const lost = (await asAlice("/token/lost/MINE3", { user: "bob", realm: "barn" })).value?.serial ?? "";
    expect((await readToken(app, lost)).owner).toEqual({ resolver: "house", userId: "1", realm: "house" });
    expect((await asAlice("/token/revoke", { serial: "MINE3" })).value as unknown).toBe(1);
    for (const serial of ["MINE3", lost])
      expect((await app.api("DELETE", `/token/${serial}`, {}, { token: mine })).value).toBe(1);
  });
  test("bob's token still works as he made it", async () => {
    expect((await check(app, { user: "bob", pass: `bobs pin${bobs.value(0)}` })).accepted).toBe(true);
  });
});

describe("what only administrators may do is 4306 for a user", () => {
  const calls = [
    ["GET", "/resolver/"],
    ["GET", "/resolver/house"],
    ["POST", "/resolver/evil"],
    ["POST", "/resolver/test"],
    ["DELETE", "/resolver/house"],
    ["GET", "/realm/"],
    ["POST", "/realm/evil"],
    ["DELETE", "/realm/house"],
    ["GET", "/defaultrealm"],
    ["POST", "/defaultrealm/barn"],
    ["DELETE", "/defaultrealm"],
    ["POST", "/system/setConfig"],
    ["POST", "/system/setDefault"],
    ["DELETE", "/system/splitAtSign"],
    ["POST", "/token/set"],
    ["POST", "/token/set/MINE"],
    ["POST", "/token/realm/MINE"],
    ["POST", "/token/group/MINE"],
    ["POST", "/token/group/MINE/red"],
    ["DELETE", "/token/group/MINE/red"],
    ["POST", "/token/info/MINE/count_auth_max"],
    ["DELETE", "/token/info/MINE/count_auth_max"],
    ["POST", "/token/copypin"],
    ["POST", "/token/copyuser"],
    ["GET", "/token/getserial/123456"],
    ["GET", "/tokengroup/"],
    ["POST", "/tokengroup/red"],
    ["DELETE", "/tokengroup/red"],
    ["GET", "/job/"],
    ["GET", "/system/hsm"],
    ["POST", "/system/hsm"],
  ] as const;
  for (const [method, path] of calls) {
    test(`${method} ${path}`, async () => {
      const answer = await app.api(method, path, { type: "passwdresolver", resolvers: "house", password: "x" }, { token: mine });
      expect([answer.status, answer.error?.code]).toEqual([401, 4306]);
      const nobody = await app.api(method, path, {}, { token: "" });
      expect([nobody.status, nobody.error?.code]).toEqual([401, 4033]);
    });
  }
});
