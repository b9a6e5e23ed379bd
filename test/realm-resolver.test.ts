// User sources and realms over HTTP: rest-api.md 2.6 and 5.1, config-and-tokens.md E1 and F, Z16, Z26, Z30, Z31.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { User } from "../engine/users/directory.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine } from "./kit/tokens.ts";

interface RealmShown {
  id: number;
  option: string;
  default: boolean;
  resolver: { name: string; type: string; priority: number | null }[];
}
interface ResolverShown {
  type: string;
  resolvername: string;
  censor_keys: string[];
  data: Record<string, string>;
}

let app: TestApp;
const file = (name: string) => join(app.dataDir, "users", name);
const writeUsers = (name: string, logins: string[]) =>
  writeFileSync(file(name), `${logins.map((login, i) => passwdLine(login, i + 1)).join("\n")}\n`);
const resolver = (name: string, params: ApiParams = {}) =>
  app.api<number>("POST", `/resolver/${name}`, { type: "passwdresolver", Filename: file(name), ...params });
const realm = (name: string, params: ApiParams, json = false) =>
  app.api<{ added: string[]; failed: string[] }>("POST", `/realm/${name}`, params, { json });
const realms = async () => (await app.api<Record<string, RealmShown>>("GET", "/realm/")).value ?? {};
const resolvers = async (path = "/resolver/", params: ApiParams = {}) =>
  (await app.api<Record<string, ResolverShown>>("GET", path, params)).value ?? {};
const usersOf = async (params: ApiParams) =>
  ((await app.api<{ username: string; resolver: string }[]>("GET", "/user/", params)).value ?? []).map(
    (user) => `${user.username} ${user.resolver}`,
  );
const defaultRealm = async () =>
  Object.keys((await app.api<Record<string, RealmShown>>("GET", "/defaultrealm")).value ?? { none: 1 });

async function clear(): Promise<void> {
  for (const name of Object.keys(await realms())) await app.api("DELETE", `/realm/${name}`);
  for (const name of Object.keys(await resolvers())) await app.api("DELETE", `/resolver/${name}`);
}

beforeAll(async () => {
  app = await startApp();
  writeUsers("one", ["ann", "both"]);
  writeUsers("two", ["bob", "both"]);
});
afterAll(() => app.stop());

describe("GET /resolver/, POST /resolver/, DELETE /resolver/", () => {
  beforeEach(clear);

  test("create, show, change in part (Z26), delete", async () => {
    const made = await resolver("one");
    expect(made.value).toBeGreaterThan(0);
    expect(await resolvers()).toEqual({
      one: { type: "passwdresolver", resolvername: "one", censor_keys: [], data: { Filename: file("one") } },
    });
    // Without Filename, and with what the list shows for a secret, the stored value stays.
    for (const params of [{}, { Filename: "__CENSORED__" }]) {
      const again = await app.api<number>("POST", "/resolver/one", { type: "passwdresolver", ...params });
      expect([again.value, (await resolvers()).one?.data.Filename]).toEqual([made.value, file("one")]);
    }
    expect((await resolver("one", { Filename: file("two") })).value).toBe(made.value);
    expect((await resolvers("/resolver/one")).one?.data.Filename).toBe(file("two"));
    expect((await app.api("DELETE", "/resolver/one")).value).toBe(made.value);
    expect((await app.api("DELETE", "/resolver/one")).value).toBe(-1);
    expect(await resolvers("/resolver/one")).toEqual({});
  });
  test("filters: type, editable", async () => {
    await resolver("one");
    expect(Object.keys(await resolvers("/resolver/", { type: "passwdresolver" }))).toEqual(["one"]);
    expect(Object.keys(await resolvers("/resolver/", { type: "ldapresolver" }))).toEqual([]);
    expect(Object.keys(await resolvers("/resolver/", { editable: "0" }))).toEqual(["one"]);
    expect(Object.keys(await resolvers("/resolver/", { editable: "1" }))).toEqual([]);
  });
  test("type is needed, and one we know; nothing is stored otherwise", async () => {
    expect((await app.api("POST", "/resolver/x", { Filename: file("one") })).error?.message).toBe(
      "ERR905: Missing parameter: 'type'",
    );
    for (const type of ["", "pigeon", "__proto__"]) expect((await resolver("x", { type })).error?.code).toBe(905);
    expect(await resolvers()).toEqual({});
  });
  test("names are letters, digits, _ - and .", async () => {
    for (const name of ["a%20b", "a%2Fb", "a:b", "%C3%BC", "a*", "a%00b"])
      expect((await resolver(name, { Filename: file("one") })).error?.code).toBe(905);
    for (const name of ["a_B-1.x", "__proto__", "constructor"]) {
      expect((await resolver(name, { Filename: file("one") })).value).toBeGreaterThan(0);
    }
    expect(Object.keys(await resolvers()).sort()).toEqual(["__proto__", "a_B-1.x", "constructor"]);
  });
  test("302 for a file that is not there or is no passwd file; nothing is stored", async () => {
    writeFileSync(file("broken"), "not: a passwd line\nroot");
    for (const name of ["nowhere", "broken"]) expect((await resolver(name)).error?.code).toBe(302);
    expect(await resolvers()).toEqual({});
  });
  test("DELETE /resolver/ of one that is in a realm is 302 (F02, Z26)", async () => {
    await resolver("one");
    await realm("r1", { resolvers: "one" });
    await realm("r2", { resolvers: "one" });
    expect((await app.api("DELETE", "/resolver/one")).error?.code).toBe(302);
    await app.api("DELETE", "/realm/r1");
    expect((await app.api("DELETE", "/resolver/one")).error?.code).toBe(302);
    await app.api("DELETE", "/realm/r2");
    expect((await app.api("DELETE", "/resolver/one")).value).toBeGreaterThan(0);
  });
  test("POST /resolver/test: tells what it found, stores nothing; stored values fill the gaps", async () => {
    const trial = (params: ApiParams) => app.api<boolean>("POST", "/resolver/test", { type: "passwdresolver", ...params });
    const good = await trial({ Filename: file("one") });
    expect([good.value, good.detail?.description]).toEqual([true, "Resolver config seems OK. 2 Users found."]);
    const bad = await trial({ Filename: file("nowhere") });
    expect([bad.value, typeof bad.detail?.description]).toEqual([false, "string"]);
    expect(await resolvers()).toEqual({});
    await resolver("one");
    expect((await trial({ resolver: "one" })).value).toBe(true);
    expect((await trial({ resolver: "one", Filename: "__CENSORED__" })).value).toBe(true);
    expect((await trial({ type: "pigeon" })).error?.code).toBe(905);
  });
});

describe("E101 a passwd file lies below the directories that are released for it, and nowhere else", () => {
  beforeAll(async () => {
    await clear();
    mkdirSync(file("folder"));
    writeUsers("folder/inner", ["ines"]);
    writeUsers("../outside", ["eve"]);
    symlinkSync("/etc/passwd", file("link"));
    symlinkSync("../keys/keyring.json", file("keylink"));
    symlinkSync("..", file("up"));
    symlinkSync("folder/inner", file("good-link"));
    symlinkSync("loop", file("loop"));
    mkdirSync(`${file("")}/../users2`);
    writeUsers("../users2/file", ["eve"]);
  });
  const escapes: [what: string, path: () => string][] = [
    ["/etc/passwd", () => "/etc/passwd"],
    ["empty, which means /etc/passwd", () => ""],
    ["..", () => `${file("")}/../outside`],
    ["many ..", () => `${file("")}/../../../../../../../etc/passwd`],
    [".. behind a file", () => `${file("one")}/../../outside`],
    ["a relative path", () => "users/one"],
    ["a relative path with ..", () => "../../etc/passwd"],
    ["a link to the outside", () => file("link")],
    ["a link to the keys", () => file("keylink")],
    ["a link to a folder outside", () => file("up/outside")],
    ["a sibling whose name begins alike", () => join(app.dataDir, "users2", "file")],
    ["the key ring", () => join(app.dataDir, "keys", "keyring.json")],
    ["the database", () => join(app.dataDir, "ostiary.db")],
    ["a folder", () => file("folder")],
    ["the directory itself", () => file("")],
    ["a NUL", () => `${file("one")}\0.txt`],
    ["a link to itself", () => file("loop")],
    ["a device", () => "/dev/zero"],
    ["a file of the kernel", () => "/proc/self/environ"],
    ["an address", () => `file://${file("one")}`],
    ["a list", () => [file("one")] as unknown as string],
  ];
  for (const [what, path] of escapes) {
    test(`${what} is refused by POST /resolver/ and POST /resolver/test, without a word of what is there`, async () => {
      const params = { type: "passwdresolver", Filename: path() };
      const set = await app.api("POST", "/resolver/evil", params, { json: true });
      expect(set.error?.code).toBe(302);
      const trial = await app.api("POST", "/resolver/test", params, { json: true });
      expect(trial.value).toBe(false);
      for (const text of [set.text, trial.text]) expect(text).not.toMatch(/root|eve|Users found|at line|keyring/);
      expect(await resolvers()).toEqual({});
    });
  }
  test("outside, a file that is there and one that is not are told alike", async () => {
    const said = async (Filename: string) =>
      (await app.api("POST", "/resolver/x", { type: "passwdresolver", Filename })).error?.message;
    expect(await said("/etc/shadow")).toBe((await said("/etc/no-such-file")) ?? "");
  });
  test("inside: a folder below, a link that stays, a path with . and ..", async () => {
    for (const path of ["folder/inner", "good-link", "folder/../one", "./one"]) {
      expect((await resolver("inside", { Filename: `${file("")}/${path}` })).value).toBeGreaterThan(0);
    }
    await clear();
  });
  test("a file that is swapped for a link to the outside is not read; the users known before stay", async () => {
    writeUsers("swap", ["sam"]);
    await resolver("swap");
    await realm("swap", { resolvers: "swap" });
    const { renameSync, rmSync } = await import("node:fs");
    linkSync(file("swap"), file("kept"));
    symlinkSync(join(app.dataDir, "outside"), file("swap-link"));
    renameSync(file("swap-link"), file("swap"));
    for (let i = 0; i < 5; i++) {
      app.advance(2000);
      expect(await usersOf({ realm: "swap" })).toEqual(["sam swap"]);
      await Bun.sleep(5);
    }
    const trial = await app.api("POST", "/resolver/test", { type: "passwdresolver", resolver: "swap" });
    expect(trial.value).toBe(false);
    rmSync(file("swap"));
    await clear();
  });
});

describe("GET /realm/, POST /realm/, DELETE /realm/", () => {
  beforeEach(async () => {
    await clear();
    await resolver("one");
    await resolver("two");
  });

  test("F06 added and failed; unknown resolvers are reported, not refused", async () => {
    expect((await realm("r1", { resolvers: "one, nope,two,,one" })).value).toEqual({ added: ["one", "two"], failed: ["nope"] });
    expect((await realms()).r1).toEqual({
      id: expect.any(Number) as unknown as number,
      option: "",
      default: true,
      resolver: [
        { name: "one", type: "passwdresolver", priority: null },
        { name: "two", type: "passwdresolver", priority: null },
      ],
    });
  });
  test("rest-api 5.1 resolvers as a JSON list", async () => {
    expect((await realm("r1", { resolvers: ["two", "one", "nope"] }, true)).value).toEqual({
      added: ["two", "one"],
      failed: ["nope"],
    });
  });
  test("resolvers is needed", async () => {
    expect((await realm("r1", {})).error?.message).toBe("ERR905: Missing parameter: 'resolvers'");
    expect(await realms()).toEqual({});
  });

  test("F04 Z30 names: capitals do not matter, blanks become hyphens, an existing one is overwritten", async () => {
    await realm("My%20Realm", { resolvers: "one" });
    const before = (await realms())["my-realm"];
    await realm("MY-realm", { resolvers: "two" });
    const after = await realms();
    expect(Object.keys(after)).toEqual(["my-realm"]);
    expect(after["my-realm"]).toMatchObject({ id: before?.id, default: true, resolver: [{ name: "two" }] });
    expect(await usersOf({ realm: "MY-REALM" })).toEqual(["bob two", "both two"]);
    expect((await app.api("DELETE", "/realm/My-Realm")).value).toBe(before?.id);
    for (const name of ["a%2Fb", "a:b", "%C3%BC", "a*", "superuser", "%20"])
      expect((await realm(name, { resolvers: "one" })).error?.code).toBe(905);
  });

  const orders: [what: string, params: ApiParams, order: [string, number | null][]][] = [
    [
      "as numbers",
      { "priority.one": 20, "priority.two": 10 },
      [
        ["two", 10],
        ["one", 20],
      ],
    ],
    [
      "as text",
      { "priority.one": "20", "priority.two": "10" },
      [
        ["two", 10],
        ["one", 20],
      ],
    ],
    [
      "numbers, not words: 9 is before 10",
      { "priority.one": "10", "priority.two": "9" },
      [
        ["two", 9],
        ["one", 10],
      ],
    ],
    [
      "ties by name (Z31)",
      { "priority.one": 5, "priority.two": 5 },
      [
        ["one", 5],
        ["two", 5],
      ],
    ],
    [
      "without one comes last",
      { "priority.two": 999 },
      [
        ["two", 999],
        ["one", null],
      ],
    ],
    [
      "empty is none",
      { "priority.one": "", "priority.two": 1 },
      [
        ["two", 1],
        ["one", null],
      ],
    ],
  ];
  for (const [what, params, order] of orders) {
    test(`F05 priorities ${what}: they choose between two users of one name`, async () => {
      await realm("r1", { resolvers: ["one", "two"], ...params }, true);
      const shown = (await realms()).r1?.resolver.map(({ name, priority }) => [name, priority]);
      expect(shown).toEqual(order);
      await enrol(app, { serial: "WHO", type: "spass", user: "both" });
      const list = await app.api<{ tokens: { resolver: string }[] }>("GET", "/token/", { serial: "WHO" });
      expect(list.value?.tokens[0]?.resolver).toBe(order[0]?.[0] ?? "");
      await app.api("DELETE", "/token/WHO");
    });
  }
  test("F05 1 to 999, whole numbers; Z31 per realm", async () => {
    for (const priority of [0, 1000, -1, "high", 1.5, [1], { a: 1 }]) {
      expect((await realm("r1", { resolvers: "one", "priority.one": priority }, true)).error?.code).toBe(905);
    }
    await realm("r1", { resolvers: "one,two", "priority.one": 2, "priority.two": 1 });
    await realm("r2", { resolvers: "one,two", "priority.one": 1, "priority.two": 2 });
    const first = Object.entries(await realms()).map(
      ([
        name,
        {
          resolver: [member],
        },
      ]) => [name, member?.name],
    );
    expect(first).toEqual([
      ["r1", "two"],
      ["r2", "one"],
    ]);
  });

  test("F03 F07 the first realm is the default one, later ones are not; POST, DELETE and GET /defaultrealm", async () => {
    expect(await defaultRealm()).toEqual([]);
    await realm("r1", { resolvers: "one" });
    await realm("r2", { resolvers: "two" });
    expect(await defaultRealm()).toEqual(["r1"]);
    expect((await app.api("POST", "/defaultrealm/R2")).value).toBe((await realms()).r2?.id);
    expect(await defaultRealm()).toEqual(["r2"]);
    const shown = (await app.api<Record<string, RealmShown>>("GET", "/defaultrealm")).value;
    expect(shown).toEqual({ r2: (await realms()).r2 as RealmShown });
    expect(Object.values(await realms()).map((each) => each.default)).toEqual([false, true]);
    expect((await app.api("POST", "/defaultrealm/moon")).error?.code).toBe(601);
    expect((await app.api("DELETE", "/defaultrealm")).value).toBe(1);
    expect((await app.api("DELETE", "/defaultrealm")).value).toBe(0);
    expect(await defaultRealm()).toEqual([]);
    // Without a default realm a login without realm finds nobody.
    expect((await check(app, { user: "bob", pass: "" })).answer.error?.code).toBe(904);
  });
  test("DELETE /realm/: the number of the row; the one realm that is left becomes the default one", async () => {
    await realm("r1", { resolvers: "one" });
    await realm("r2", { resolvers: "two" });
    await realm("r3", { resolvers: "two" });
    const { r1, r2 } = await realms();
    expect((await app.api("DELETE", "/realm/r1")).value).toBe(r1?.id);
    expect(await defaultRealm()).toEqual([]);
    expect((await app.api("DELETE", "/realm/r2")).value).toBe(r2?.id);
    expect(await defaultRealm()).toEqual(["r3"]);
    expect((await app.api("DELETE", "/realm/r2")).error?.code).toBe(601);
  });
  test("a deleted realm leaves its tokens with their owners, who can not log in until it is back", async () => {
    await realm("r1", { resolvers: "one" });
    await enrol(app, { serial: "STAYS", type: "spass", user: "ann", pin: "p" });
    await app.api("DELETE", "/realm/r1");
    expect((await check(app, { user: "ann", pass: "p" })).answer.error?.code).toBe(904);
    await realm("r9", { resolvers: "one" });
    expect((await check(app, { user: "ann", pass: "p" })).accepted).toBe(true);
    await app.api("DELETE", "/token/STAYS");
  });
  test("F01 Z16 a resolver outside every realm is invisible: no list, no token, no log-in", async () => {
    await realm("r1", { resolvers: "one" });
    expect(await usersOf({})).toEqual(["ann one", "both one"]);
    expect((await app.api("POST", "/token/init", { type: "spass", user: "bob" })).error?.code).toBe(904);
    expect((await check(app, { user: "bob", pass: "" })).answer.error?.code).toBe(904);
    expect((await check(app, { user: "bob", resolver: "two", pass: "" })).answer.error?.code).toBe(904);
    await realm("r1", { resolvers: "one,two" });
    expect(await usersOf({})).toEqual(["ann one", "both one", "bob two", "both two"]);
  });
});

describe("at the same moment", () => {
  beforeEach(async () => {
    await clear();
    await resolver("one");
    await resolver("two");
  });

  test("F07 of many first realms exactly one is the default one", async () => {
    await Promise.all(["r1", "r2", "r3", "r4"].map((name) => realm(name, { resolvers: "one" })));
    expect(Object.values(await realms()).filter((each) => each.default).length).toBe(1);
  });
  test("of all realms but one deleted at once, the one that is left is the default one", async () => {
    for (const name of ["r1", "r2", "r3", "r4"]) await realm(name, { resolvers: "one" });
    await Promise.all(["r1", "r2", "r3"].map((name) => app.api("DELETE", `/realm/${name}`)));
    expect(await defaultRealm()).toEqual(["r4"]);
  });
  test("one realm set and deleted by many: it is there whole or not at all", async () => {
    const calls = Array.from({ length: 12 }, (_, index) =>
      index % 3 === 2 ? app.api("DELETE", "/realm/r1") : realm("r1", { resolvers: index % 3 === 0 ? "one" : "one,two" }),
    );
    for (const { status, error } of await Promise.all(calls)) expect([200, 400, 404]).toContain(error ? status : 200);
    const left = (await realms()).r1?.resolver.map(({ name }) => name);
    if (left) expect([["one"], ["one", "two"]]).toContainEqual(left);
  });
  test("a resolver put into a realm and deleted: never a realm of nothing that said it was added, never a 500", async () => {
    for (let round = 0; round < 10; round++) {
      const [added, deleted] = await Promise.all([realm("r1", { resolvers: "two" }), app.api<number>("DELETE", "/resolver/two")]);
      for (const { status } of [added, deleted]) expect([200, 400]).toContain(status);
      const members = (await realms()).r1?.resolver.map(({ name }) => name) ?? [];
      if ((deleted.value ?? -1) > 0) expect(members).toEqual([]);
      else expect(members).toEqual(["two"]);
      await app.api("DELETE", "/realm/r1");
      await resolver("two");
    }
  });
  test("two who change one resolver: what is stored is of one who was not refused", async () => {
    // Whether they meet depends on the machine; test/config-transfer.test.ts makes them meet.
    const names = ["one", "two"];
    const answers = await Promise.all(names.map((name) => resolver("one", { Filename: file(name) })));
    const codes = answers.map(({ error }) => error?.code ?? 0);
    expect(codes.filter((code) => code !== 0 && code !== 905)).toEqual([]);
    const stored = (await resolvers()).one?.data.Filename;
    expect(names.filter((_name, index) => codes[index] === 0).map(file)).toContain(stored ?? "");
  });
  test("two who create one resolver: one at least has it, nobody meets a fault", async () => {
    const made = await Promise.all([resolver("new", { Filename: file("one") }), resolver("new", { Filename: file("two") })]);
    expect(made.some(({ error }) => error === undefined)).toBe(true);
    for (const { error } of made) expect([undefined, 905]).toContain(error?.code);
  });
});

describe("GET /user/", () => {
  beforeAll(async () => {
    await clear();
    await resolver("one");
    await resolver("two");
    await realm("r1", { resolvers: "one" });
    await realm("r2", { resolvers: "two" });
  });
  const searches: [params: ApiParams, found: string[]][] = [
    [{}, ["ann one", "both one", "bob two", "both two"]],
    [{ realm: "r2" }, ["bob two", "both two"]],
    [{ realm: "R2" }, ["bob two", "both two"]],
    [{ resolver: "one" }, ["ann one", "both one"]],
    [{ username: "bo*" }, ["both one", "bob two", "both two"]],
    [{ user: "BOB" }, ["bob two"]],
    [{ username: "bo*", realm: "r1" }, ["both one"]],
    [{ userid: "1" }, ["ann one", "bob two"]],
    [{ userid: "> 1" }, ["both one", "both two"]],
    [{ givenname: "a*" }, ["ann one"]],
    [{ shoesize: "42" }, []],
    [{ __proto__x: "y" }, []],
  ];
  for (const [params, found] of searches) test(JSON.stringify(params), async () => expect(await usersOf(params)).toEqual(found));
  test("an attribute named __proto__ is one nobody has", async () => {
    expect((await app.api("GET", "/user/?__proto__=x")).value).toEqual([]);
  });
  test("equal searches at the same time are one, the next begins anew", async () => {
    const { directory } = app.engine;
    const [first, same, other] = ["*o*", "*o*", "a*"].map((username) => directory.search({}, { username }, 10));
    const found = await first;
    expect(found).toHaveLength(3);
    expect(await same).toBe(found as User[]);
    expect(await other).toHaveLength(1);
    expect(await directory.search({}, { username: "*o*" }, 10)).not.toBe(found as User[]);
  });
  test("a long list is the same envelope as a short one, signed where the client asks for it (1.6)", async () => {
    const logins = Array.from({ length: 350 }, (_, n) => `user${n}`);
    writeUsers("many", logins);
    await resolver("many");
    await realm("r3", { resolvers: "many" });
    const ask = (params: ApiParams) => app.api<{ username: string }[]>("GET", "/user/", { realm: "r3", ...params });
    const long = await ask({ nonce: "n1" });
    const short = await ask({ nonce: "n1", username: "user7" });
    expect(long.value?.map(({ username }) => username)).toEqual(logins);
    expect(Object.keys(long.body ?? {})).toEqual(Object.keys(short.body ?? {}));
    expect(Object.keys(long.body ?? {}).slice(-2)).toEqual(["nonce", "signature"]);
    expect(long.value?.[7]).toEqual(short.value?.[0] as { username: string });
    await app.api("DELETE", "/realm/r3");
    await app.api("DELETE", "/resolver/many");
  });
  test("601 for a realm or resolver nobody knows; no password ever shows", async () => {
    expect((await app.api("GET", "/user/", { realm: "moon" })).error?.code).toBe(601);
    expect((await app.api("GET", "/user/", { resolver: "moon" })).error?.code).toBe(601);
    const { value } = await app.api<Record<string, unknown>[]>("GET", "/user/");
    for (const user of value ?? []) expect(Object.keys(user)).not.toContain("password");
    expect(value?.[0]).toMatchObject({ username: "ann", userid: "1", resolver: "one", editable: false });
  });
});
