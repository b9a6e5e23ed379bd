// What can be done to tokens that exist, and the list of them: rest-api.md 2.3, clients-contract.md W18, config-and-tokens.md K1-04,
// K1-07, K1-13, K1-17, K1-24, K1-26.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readAudit, readToken, setColumns } from "./kit/tokens.ts";

interface Page {
  tokens: { serial: string; info: Record<string, unknown>; [name: string]: unknown }[];
  count: number;
  current: number;
  prev: number | null;
  next: number | null;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1), passwdLine("bob", 2), passwdLine("bert%a", 3)]);
  await app.addRealm("barn", [passwdLine("berta", 1)]);
});
afterAll(() => app.stop());

const list = async (params: ApiParams = {}) => {
  const { value, text } = await app.api<Page>("GET", "/token/", params);
  if (!value) throw new Error(text);
  return value;
};
const serials = async (params: ApiParams) => (await list({ pagesize: 1000, ...params })).tokens.map(({ serial }) => serial);
const post = async (path: string, params: ApiParams = {}) => {
  const { value, error } = await app.api("POST", path, params);
  return error ? error.code : value;
};

describe("GET /token/", () => {
  beforeAll(async () => {
    await enrol(app, { serial: "LA1", user: "alice", description: "red key", "hotp.site": "Kassel" });
    await enrol(app, { serial: "LA2", user: "alice", type: "totp", description: "blue key" });
    await enrol(app, { serial: "LB1", user: "bob", tokenrealm: "barn" });
    await enrol(app, { serial: "LC1", user: "berta", realm: "barn", description: "100% blue" });
    await enrol(app, { serial: "LD_1", type: "spass", tokenrealm: "house" });
    await enrol(app, { serial: "LDx1", type: "spass", "spass.site": "Bonn" });
    await app.api("POST", "/token/disable/LDx1");
    await setColumns(app, "LC1", { rollout_state: "clientwait", fail_count: 3 });
  });

  const filters: [params: ApiParams, found: string[]][] = [
    [{}, ["LA1", "LA2", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ serial: "LA1" }, ["LA1"]],
    [{ serial: "LA*" }, ["LA1", "LA2"]],
    [{ serial: "*1" }, ["LA1", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ serial: "L*1", type: "hotp" }, ["LA1", "LB1", "LC1"]],
    [{ serial: "LD_1" }, ["LD_1"]],
    [{ serial: "LD_*" }, ["LD_1"]],
    [{ serial: "L%1" }, []],
    [{ serial: "" }, ["LA1", "LA2", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ serial: "*" }, ["LA1", "LA2", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ serial: "**A**" }, ["LA1", "LA2"]],
    [{ serial: "' or 1=1 --" }, []],
    [{ type: "totp" }, ["LA2"]],
    [{ type: "TOTP" }, ["LA2"]],
    [{ type: "*otp" }, ["LA1", "LA2", "LB1", "LC1"]],
    [{ description: "*blue*" }, ["LA2", "LC1"]],
    [{ description: "100%*" }, ["LC1"]],
    [{ description: "blue key" }, ["LA2"]],
    [{ user: "alice" }, ["LA1", "LA2"]],
    [{ user: "alice", realm: "house" }, ["LA1", "LA2"]],
    [{ user: "berta", realm: "barn" }, ["LC1"]],
    [{ user: "berta@barn" }, ["LC1"]],
    [{ user: "b*" }, ["LB1", "LC1"]],
    [{ user: "b*", realm: "house" }, ["LB1"]],
    [{ user: "*", realm: "barn" }, ["LC1"]],
    [{ user: "nobody" }, []],
    [{ user: "alice", realm: "moon" }, []],
    [{ realm: "house" }, ["LA1", "LA2", "LB1"]],
    [{ realm: "HOUSE" }, ["LA1", "LA2", "LB1"]],
    [{ resolver: "barn" }, ["LC1"]],
    [{ resolver: "b*" }, ["LC1"]],
    [{ userid: "2" }, ["LB1"]],
    [{ userid: "1", resolver: "house" }, ["LA1", "LA2"]],
    [{ tokenrealm: "barn" }, ["LB1", "LC1"]],
    [{ tokenrealm: "*" }, ["LA1", "LA2", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ tokenrealm: "ho*" }, ["LA1", "LA2", "LB1", "LD_1"]],
    [{ assigned: "true" }, ["LA1", "LA2", "LB1", "LC1"]],
    [{ assigned: "True" }, ["LA1", "LA2", "LB1", "LC1"]],
    [{ assigned: "false" }, ["LD_1", "LDx1"]],
    [{ assigned: "1" }, ["LD_1", "LDx1"]],
    [{ assigned: "" }, ["LA1", "LA2", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ active: "false" }, ["LDx1"]],
    [{ active: "TRUE", assigned: "no" }, ["LD_1"]],
    [{ rollout_state: "clientwait" }, ["LC1"]],
    [{ infokey: "hotp.site", infovalue: "Kassel" }, ["LA1"]],
    [{ infokey: "hotp.site" }, ["LA1", "LA2", "LB1", "LC1", "LD_1", "LDx1"]],
    [{ infokey: "spass.site", infovalue: "Bonn", active: "true" }, []],
  ];
  for (const [params, found] of filters) {
    test(`${JSON.stringify(params)}: ${found.length}${"assigned" in params || "active" in params ? " (rest-api 5 item 28)" : ""}`, async () => {
      expect(await serials(params)).toEqual(found);
    });
  }

  test("rest-api 5 item 29: pages; prev and next are null at the ends", async () => {
    const page = async (number: number) => {
      const { tokens, ...rest } = await list({ page: number, pagesize: 4 });
      return { serials: tokens.map(({ serial }) => serial), ...rest };
    };
    expect(await page(1)).toEqual({ serials: ["LA1", "LA2", "LB1", "LC1"], count: 6, current: 1, prev: null, next: 2 });
    expect(await page(2)).toEqual({ serials: ["LD_1", "LDx1"], count: 6, current: 2, prev: 1, next: null });
    expect(await page(3)).toMatchObject({ serials: [], count: 6, current: 3, next: null });
    const exact = await list({ pagesize: 6 });
    expect([exact.prev, exact.next]).toEqual([null, null]);
    for (const bad of [{ page: 0 }, { page: -1 }, { pagesize: 0 }, { page: "x" }]) {
      expect((await app.api("GET", "/token/", bad)).error?.code).toBe(905);
    }
  });
  test("fifteen on a page unless told otherwise", async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, i) => enrol(app, { type: "spass", serial: `M${String(i).padStart(2, "0")}` })),
    );
    const first = await list();
    expect([first.tokens.length, first.next]).toEqual([15, 2]);
    await Promise.all(made.map(({ serial }) => app.api("DELETE", `/token/${serial}`)));
  });
  test("sorted by serial, by another column, both ways; an unknown column is the serial", async () => {
    expect(await serials({ sortby: "serial", sortdir: "desc" })).toEqual(["LDx1", "LD_1", "LC1", "LB1", "LA2", "LA1"]);
    expect(await serials({ sortby: "failcount", sortdir: "desc", type: "hotp" })).toEqual(["LC1", "LB1", "LA1"]);
    expect(await serials({ sortby: "tokentype", assigned: "true" })).toEqual(["LA1", "LB1", "LC1", "LA2"]);
    expect(await serials({ sortby: "key_sealed; drop table token", type: "hotp" })).toEqual(["LA1", "LB1", "LC1"]);
  });

  test("W18 a token as clients read it: texts, numbers, booleans and lists, info of texts only", async () => {
    await check(app, { serial: "LA1", pass: "wrong1" });
    const { tokens } = await list({ serial: "L*" });
    for (const token of tokens) {
      for (const name of [
        "serial",
        "tokentype",
        "description",
        "rollout_state",
        "username",
        "user_id",
        "user_realm",
        "resolver",
      ]) {
        expect([name, typeof token[name]]).toEqual([name, "string"]);
      }
      for (const name of ["id", "failcount", "maxfail", "otplen", "count", "count_window", "sync_window"]) {
        expect([name, Number.isInteger(token[name])]).toEqual([name, true]);
      }
      for (const name of ["active", "revoked", "locked"]) expect([name, typeof token[name]]).toEqual([name, "boolean"]);
      for (const name of ["realms", "tokengroup"]) expect([name, Array.isArray(token[name])]).toEqual([name, true]);
      for (const [key, value] of Object.entries(token.info)) expect([key, typeof value]).toEqual([key, "string"]);
      expect("user_editable" in token).toBe(token.username !== "");
    }
    const totp = tokens.find(({ serial }) => serial === "LA2");
    expect(totp?.info).toMatchObject({ timeStep: "30", timeWindow: "180", timeShift: "0", hashlib: "sha1" });
    expect(totp).toMatchObject({ username: "alice", user_realm: "house", user_id: "1", resolver: "house", realms: ["house"] });
    expect(JSON.stringify(tokens)).not.toMatch(/argon2|sealed|pin_hash/i);
  });

  test("K1-25 an owner who is gone has no name; one whose store is broken is a resolver error", async () => {
    await app.addRealm("ruin", [passwdLine("rita", 9), passwdLine("rudi", 8)]);
    await enrol(app, { serial: "RUIN", user: "rita", realm: "ruin" });
    const nameOf = async () => (await list({ serial: "RUIN" })).tokens[0]?.username;
    expect(await nameOf()).toBe("rita");
    await app.addRealm("ruin", [passwdLine("rudi", 8)]);
    app.advance(2000);
    await list({ user: "rudi", realm: "ruin" });
    await app.api("POST", "/resolver/test", { type: "passwdresolver", resolver: "ruin" });
    for (let tries = 0; (await nameOf()) !== "" && tries < 200; tries++) {
      app.advance(2000);
      await Bun.sleep(5);
    }
    expect(await nameOf()).toBe("");
    // As at a start with a broken file.
    writeFileSync(join(app.dataDir, "users", "ruin2"), "no passwd file");
    const { sql } = app.engine.store;
    const query = sql
      .updateTable("resolver_config")
      .set({ value: join(app.dataDir, "users", "ruin2") })
      .where("value", "like", "%/ruin")
      .compile();
    await app.engine.store.commit({ kind: "write", statements: [{ query, expect: 1 }], touches: ["none"] });
    await app.engine.directory.reload();
    expect(await nameOf()).toBe("**resolver error**");
    await app.api("DELETE", "/token/RUIN");
  });
});

describe("calls on tokens", () => {
  beforeAll(async () => {
    for (const serial of ["A1", "A2"]) await enrol(app, { serial, type: "spass", user: "alice", pin: serial });
    await enrol(app, { serial: "F1", type: "spass", pin: "free" });
  });
  const allOfAlice = async () => (await list({ user: "alice" })).count;

  for (const verb of ["enable", "disable", "reset", "unassign"]) {
    test(`POST /token/${verb} of nothing: 905 without serial and user, 601 for a serial, 904 for a user`, async () => {
      expect(await post(`/token/${verb}`)).toBe(905);
      expect(await post(`/token/${verb}`, { serial: "NONE" })).toBe(601);
      expect(await post(`/token/${verb}/NONE`)).toBe(601);
      expect(await post(`/token/${verb}`, { user: "nobody" })).toBe(904);
      expect(await post(`/token/${verb}`, { serial: "A*" })).toBe(905);
      // Owner and serial have to agree.
      expect(await post(`/token/${verb}`, { serial: "F1", user: "alice" })).toBe(601);
    });
  }

  test("POST /token/disable and POST /token/enable count what they change (rest-api 5 item 30)", async () => {
    expect(await post("/token/disable", { serial: "A1" })).toBe(1);
    expect(await post("/token/disable/A1")).toBe(0);
    expect((await check(app, { serial: "A1", pass: "A1" })).accepted).toBe(false);
    expect(await post("/token/disable", { user: "alice" })).toBe((await allOfAlice()) - 1);
    expect(await post("/token/enable", { user: "alice", realm: "house" })).toBe(await allOfAlice());
    expect(await post("/token/enable/A1")).toBe(0);
    expect((await check(app, { serial: "A1", pass: "A1" })).accepted).toBe(true);
  });

  test("K1-04 a revoked or locked token can not be enabled or enrolled again, only deleted", async () => {
    await enrol(app, { serial: "LOST", type: "spass", user: "bob" });
    await setColumns(app, "LOST", { revoked: 1, locked: 1, active: 0 });
    expect(await post("/token/enable/LOST")).toBe(1007);
    // Among all of a user's tokens it is passed over.
    expect(await post("/token/enable", { user: "bob" })).toBe(0);
    expect(await post("/token/init", { serial: "LOST", type: "spass" })).toBe(1007);
    expect((await app.api("DELETE", "/token/LOST")).value).toBe(1);
  });

  test("POST /token/reset: fail counter 0, counted whether or not there was anything (rest-api 5.1)", async () => {
    await setColumns(app, "A1", { fail_count: 10, failed_since: 1 });
    expect(await post("/token/reset/A1")).toBe(1);
    expect(await post("/token/reset", { serial: "A1" })).toBe(1);
    expect(await readToken(app, "A1")).toMatchObject({ failCount: 0, failedSince: null });
    expect(await post("/token/reset", { user: "alice" })).toBe(await allOfAlice());
  });

  test("POST /token/assign and POST /token/unassign: PIN and fail counter go with the owner", async () => {
    await enrol(app, { serial: "MOVE", type: "spass", user: "alice", pin: "hers" });
    await setColumns(app, "MOVE", { fail_count: 4 });
    expect(await post("/token/assign", { serial: "MOVE", user: "bob" })).toBe(1103);
    expect(await post("/token/assign", { serial: "MOVE", user: "alice" })).toBe(true);
    expect(await post("/token/unassign", { serial: "MOVE" })).toBe(1);
    expect(await readToken(app, "MOVE")).toMatchObject({ owner: null, pinHash: null, failCount: 0 });
    expect(await post("/token/assign", { serial: "MOVE", user: "berta", realm: "barn", pin: "mine" })).toBe(true);
    expect((await check(app, { user: "berta", realm: "barn", serial: "MOVE", pass: "mine" })).accepted).toBe(true);
    const [token] = (await list({ serial: "MOVE" })).tokens;
    expect([token?.username, token?.user_realm]).toEqual(["berta", "barn"]);
    expect(token?.realms).toContain("barn");
  });
  test("POST /token/assign: missing parts, unknown token, unknown user", async () => {
    expect(await post("/token/assign", { user: "alice" })).toBe(905);
    expect(await post("/token/assign", { serial: "F1" })).toBe(905);
    expect(await post("/token/assign", { serial: "NONE", user: "alice" })).toBe(601);
    expect(await post("/token/assign", { serial: "F1", user: "nobody" })).toBe(904);
    expect(await post("/token/assign", { serial: "F1", user: "alice", realm: "barn" })).toBe(904);
    expect((await readToken(app, "F1")).owner).toBeNull();
  });
  test("POST /token/assign by two at once: one owner", async () => {
    await enrol(app, { serial: "PRIZE", type: "spass" });
    const outcomes = await Promise.all(
      ["alice", "bob", "alice", "bob"].map((user) => post("/token/assign", { serial: "PRIZE", user })),
    );
    const owner = (await list({ serial: "PRIZE" })).tokens[0]?.username;
    expect(["alice", "bob"]).toContain(String(owner));
    outcomes.forEach((outcome, i) => {
      if (outcome === true) expect(i % 2 ? "bob" : "alice").toBe(String(owner));
      else expect([905, 1103]).toContain(Number(outcome));
    });
    await app.api("DELETE", "/token/PRIZE");
  });

  test("POST /token/setpin counts the PINs; an empty one takes it away; K1-07 it is hashed", async () => {
    expect(await post("/token/setpin", { serial: "F1", otppin: "new pin" })).toBe(1);
    expect((await check(app, { serial: "F1", pass: "new pin" })).accepted).toBe(true);
    expect((await check(app, { serial: "F1", pass: "free" })).accepted).toBe(false);
    expect((await readToken(app, "F1")).pinHash).toStartWith("$argon2");
    expect(await post("/token/setpin/F1", { otppin: "a", userpin: "b", sopin: "c" })).toBe(3);
    expect(await post("/token/setpin/F1")).toBe(0);
    expect(await post("/token/setpin/F1", { otppin: "" })).toBe(1);
    expect((await check(app, { serial: "F1", pass: "" })).accepted).toBe(true);
    expect(await post("/token/setpin/NONE", { otppin: "a" })).toBe(601);
    expect(await post("/token/setpin", { otppin: "a" })).toBe(905);
  });

  test("K1-17 POST /token/resync: two values in a row within the sync window", async () => {
    const token = await enrol(app, { serial: "SYNC", pin: "" });
    const resync = (otp1: string, otp2: string, path = "/token/resync") => post(path, { serial: "SYNC", otp1, otp2 });
    expect(await resync(token.value(500), token.value(502))).toBe(false);
    expect(await resync(token.value(501), token.value(500))).toBe(false);
    expect(await resync(token.value(1000), token.value(1001))).toBe(false);
    expect((await readToken(app, "SYNC")).counter).toBe(0);
    await setColumns(app, "SYNC", { fail_count: 10, failed_since: 1 });
    expect(await resync(token.value(500), token.value(501), "/token/resync/SYNC")).toBe(true);
    expect(await readToken(app, "SYNC")).toMatchObject({ counter: 502, failCount: 0 });
    // Both are used up.
    expect(await resync(token.value(500), token.value(501))).toBe(false);
    expect((await check(app, { serial: "SYNC", pass: token.value(501) })).accepted).toBe(false);
    expect((await check(app, { serial: "SYNC", pass: token.value(502) })).accepted).toBe(true);
    expect(await post("/token/resync", { serial: "SYNC", otp1: "1" })).toBe(905);
    expect(await post("/token/resync", { serial: "NONE", otp1: "1", otp2: "2" })).toBe(601);
    expect(await post("/token/resync", { serial: "F1", otp1: "1", otp2: "2" })).toBe(false);
  });

  test("DELETE /token/: 1, and the token is gone with all that hung on it", async () => {
    await enrol(app, { serial: "DEAD", user: "alice", "hotp.a": "b" });
    const { id } = await readToken(app, "DEAD");
    expect((await app.api("DELETE", "/token/DEAD")).value).toBe(1);
    expect((await app.api("DELETE", "/token/DEAD")).error?.code).toBe(601);
    expect(await serials({ serial: "DEAD" })).toEqual([]);
    const { sql } = app.engine.store;
    for (const table of ["token_info", "token_owner", "token_realm"] as const) {
      expect(await app.engine.store.point(sql.selectFrom(table).selectAll().where("token_id", "=", id).compile())).toEqual([]);
    }
    const fresh = await enrol(app, { serial: "DEAD" });
    expect((await readToken(app, fresh.serial)).id).toBeGreaterThan(id);
  });

  test("each call leaves one row in the audit trail that names the token and the administrator", async () => {
    await enrol(app, { serial: "TRAIL", user: "alice" });
    await post("/token/disable/TRAIL");
    await post("/token/setpin", { serial: "TRAIL", otppin: "secret words" });
    await post("/token/init", { serial: "TRAIL", type: "totp", genkey: 1 });
    await app.api("DELETE", "/token/TRAIL");
    const rows = readAudit(app.dataDir, "serial = 'TRAIL' OR info LIKE '%another type%'").map(
      ({ action, success, administrator }) => [action, success, administrator],
    );
    expect(rows).toEqual([
      ["POST /token/init", 1, "admin"],
      ["POST /token/disable", 1, "admin"],
      ["POST /token/setpin", 1, "admin"],
      ["POST /token/init", 0, "admin"],
      ["DELETE /token", 1, "admin"],
    ]);
    expect(JSON.stringify(readAudit(app.dataDir))).not.toContain("secret words");
  });
});
