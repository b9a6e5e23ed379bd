// GET /token/ beyond the filters in token-admin.test.ts: sealed and column information, groups, sorting, many tokens, CSV (rest-api.md
// 2.3; 5, items 28, 29, 59; clients-contract.md W18).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeTokenCsv } from "../engine/services/token-csv.ts";
import { streamTokens } from "../engine/services/token-list.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine, setColumns } from "./kit/tokens.ts";

interface Page {
  tokens: { serial: string; [name: string]: unknown }[];
  count: number;
  prev: number | null;
  next: number | null;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1), passwdLine("bob", 2)]);
  await app.addRealm("barn", [passwdLine("berta", 1)]);
});
afterAll(() => app.stop());

const list = async (params: ApiParams = {}) => {
  const { value, text } = await app.api<Page>("GET", "/token/", params);
  if (!value) throw new Error(text);
  return value;
};
const serials = async (params: ApiParams) => (await list({ pagesize: 1000, ...params })).tokens.map(({ serial }) => serial);
const csv = async (params: ApiParams = {}) => {
  const { text, status, headers } = await app.api("GET", "/token/", { outform: "csv", ...params });
  return { lines: text.split("\n"), status, headers };
};
/** Cells of a line, as a reader of CSV with single quotes sees them. */
const cells = (line = "") => [...line.matchAll(/'((?:[^']|'')*)', /g)].map(([, cell = ""]) => cell.replaceAll("''", "'"));

describe("filters", () => {
  beforeAll(async () => {
    await enrol(app, {
      serial: "A1",
      user: "alice",
      hashlib: "sha256",
      description: "Blue Key",
      "hotp.door": "front",
      "hotp.code": "4711",
      "hotp.code.type": "password",
    });
    await enrol(app, { serial: "A2", user: "alice", type: "totp", timeStep: 60 });
    await enrol(app, { serial: "B1", user: "bob", type: "spass", description: "blue_key" });
    await enrol(app, { serial: "C1", user: "berta", realm: "barn", tokenrealm: "house" });
    await enrol(app, { serial: "D1", type: "pw", otpkey: "password" });
    for (const group of ["red", "green", "dark red"].slice(0, 2)) await app.api("POST", `/tokengroup/${group}`);
    await app.api("POST", "/token/group/A1", { groups: "red,green" });
    await app.api("POST", "/token/group/B1/red");
    await app.api("POST", "/token/set/B1", { count_auth_max: 5, validity_period_end: "2040-01-01T00:00+0000" });
    await app.api("POST", "/token/info/D1/timeStep", { value: "60" });
    await app.api("POST", "/token/disable/C1");
    await setColumns(app, "A2", { rollout_state: "clientwait" });
  });

  const cases: [params: ApiParams, found: string[]][] = [
    [{ description: "BLUE KEY" }, ["A1"]],
    [{ description: "blue?key" }, []],
    [{ description: "*E_K*" }, ["B1"]],
    [{ serial: "a*" }, ["A1", "A2"]],
    [{ serial: "a1" }, []],
    [{ tokengroup: "red" }, ["A1", "B1"]],
    [{ tokengroup: "gr*" }, ["A1"]],
    [{ tokengroup: "*r*" }, ["A1", "B1"]],
    [{ tokengroup: "none" }, []],
    [{ infokey: "hashlib", infovalue: "sha256" }, ["A1"]],
    [{ infokey: "hashlib", infovalue: "sha1" }, ["A2", "C1"]],
    [{ infokey: "hashlib", infovalue: "md5" }, []],
    [{ infokey: "timeStep", infovalue: "60" }, ["A2", "D1"]],
    [{ infokey: "timeStep", infovalue: "30" }, []],
    [{ infokey: "count_auth_max", infovalue: "5" }, ["B1"]],
    [{ infokey: "count_auth", infovalue: "0", type: "spass" }, ["B1"]],
    [{ infokey: "validity_period_end", infovalue: "2040-01-01T00:00+0000" }, ["B1"]],
    [{ infokey: "validity_period_end", infovalue: "soon" }, []],
    [{ infokey: "hotp.door", infovalue: "front" }, ["A1"]],
    [{ infokey: "hotp.door", infovalue: "FRONT" }, []],
    [{ infokey: "hotp.code", infovalue: "4711" }, []],
    [{ infokey: "__proto__", infovalue: "x" }, []],
    [{ infokey: "toString", infovalue: "x" }, []],
    [{ rollout_state: "client*" }, ["A2"]],
    [{ rollout_state: "CLIENTWAIT" }, []],
    [{ tokenrealm: "*a*" }, ["C1"]],
    [{ tokenrealm: "*" }, ["A1", "A2", "B1", "C1", "D1"]],
    [{ tokenrealm: "house", active: "false" }, ["C1"]],
    [{ tokenrealm: "*r*", assigned: "true", type: "hotp" }, ["C1"]],
    [{ tokenrealm: "no*" }, []],
    [{ assigned: "false", resolver: "house" }, []],
    [{ assigned: "true", resolver: "house", userid: "1" }, ["A1", "A2"]],
    [{ assigned: "false", type: "pw" }, ["D1"]],
    [{ user: "**" }, ["A1", "A2", "B1", "C1", "D1"]],
    [{ user: "b*", realm: "b*" }, []],
    [{ type: "*p*", active: "true" }, ["A1", "A2", "B1", "D1"]],
    [
      { serial: "*", type: "*", description: "*", resolver: "*", userid: "*", rollout_state: "*" },
      ["A1", "A2", "B1", "C1", "D1"],
    ],
  ];
  for (const [params, found] of cases) {
    test(`${JSON.stringify(params)}: ${found.join(" ")}`, async () => expect(await serials(params)).toEqual(found));
  }
  const orders: [sortby: string, found: string[]][] = [
    ["id", ["A1", "A2", "B1", "C1", "D1"]],
    ["tokentype", ["A1", "C1", "D1", "B1", "A2"]],
    ["description", ["A2", "C1", "D1", "A1", "B1"]],
    ["user_id", ["D1", "A1", "A2", "C1", "B1"]],
    ["user_realm", ["D1", "C1", "A1", "A2", "B1"]],
    ["resolver", ["D1", "C1", "A1", "A2", "B1"]],
    ["active", ["C1", "A1", "A2", "B1", "D1"]],
    ["rollout_state", ["A1", "B1", "C1", "D1", "A2"]],
    ["otplen", ["B1", "A1", "A2", "C1", "D1"]],
    ["serial desc; drop table token", ["A1", "A2", "B1", "C1", "D1"]],
    ["toString", ["A1", "A2", "B1", "C1", "D1"]],
  ];
  for (const [sortby, found] of orders) {
    test(`sorted by ${sortby}, with and without a filter, both ways`, async () => {
      expect(await serials({ sortby })).toEqual(found);
      expect(await serials({ sortby, serial: "*1" })).toEqual(found.filter((serial) => serial.endsWith("1")));
      expect(await serials({ sortby, sortdir: "desc" })).toEqual(found.toReversed());
    });
  }
  test("tokengroup and info are shown; a page behind the last one is empty and counts all the same", async () => {
    const [token] = (await list({ serial: "A1" })).tokens;
    expect(token).toMatchObject({
      tokengroup: ["green", "red"],
      info: { hashlib: "sha256", "hotp.door": "front", "hotp.code.type": "password" },
    });
    expect(await list({ type: "hotp", page: 9 })).toMatchObject({ tokens: [], count: 2, next: null });
    expect(await list({ page: 9 })).toMatchObject({ tokens: [], count: 5, next: null });
  });
});

describe("outform=csv", () => {
  test("rest-api 5 item 59: a header, values in single quotes followed by a comma and a blank, a name for the file", async () => {
    const { lines, headers } = await csv();
    expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(headers.get("content-disposition")).toBe("attachment; filename=privacyidea-tokendata.csv");
    expect(lines[0]).toStartWith("id, serial, tokentype, description, username, user_realm, ");
    expect(lines[0]).toEndWith("info, ");
    const names = lines[0]?.split(", ").slice(0, -1) ?? [];
    const rows = lines.slice(1, -1).map((line) => Object.fromEntries(names.map((name, index) => [name, cells(line)[index]])));
    expect(rows.map(({ serial }) => serial)).toEqual(["A1", "A2", "B1", "C1", "D1"]);
    expect(rows[0]).toMatchObject({
      username: "alice",
      user_realm: "house",
      tokengroup: "green,red",
      active: "true",
      count: "0",
    });
    expect(JSON.parse(rows[0]?.info ?? "")).toMatchObject({ hashlib: "sha256" });
    expect(lines.at(-1)).toBe("");
  });
  test("filters hold; all that is found without page and pagesize, else the page; capitals of CSV do not count", async () => {
    const found = async (params: ApiParams) => (await csv(params)).lines.slice(1, -1).map((line) => cells(line)[1]);
    expect(await found({ type: "hotp", sortdir: "desc" })).toEqual(["C1", "A1"]);
    expect(await found({ pagesize: 2, page: 2 })).toEqual(["B1", "C1"]);
    expect(await found({ user: "nobody" })).toEqual([]);
    expect((await app.api("GET", "/token/", { outform: "CSV" })).text).toStartWith("id, ");
    expect((await app.api("GET", "/token/", { outform: "xml" })).body?.result.status).toBe(true);
  });
  test("what a spreadsheet would run, quotes and line ends stay text on one line", async () => {
    const evil = ["=1+1", "@SUM(A1)", "-2", "+3", "it's", "a', 'b", "two\nlines", "x,=cmd()"];
    for (const [index, description] of evil.entries()) await enrol(app, { serial: `E${index}`, type: "spass", description });
    const { lines } = await csv({ serial: "E*" });
    expect(lines).toHaveLength(evil.length + 2);
    const shown = lines.slice(1, -1).map((line) => cells(line)[3] ?? "");
    for (const cell of shown) expect(cell).not.toMatch(/^[=+\-@]|,[=+\-@]|\n/);
    expect(shown.slice(4, 6)).toEqual(["it's", "a', 'b"]);
    for (const index of evil.keys()) await app.api("DELETE", `/token/E${index}`);
  });
});

describe("more tokens than are sorted at once", () => {
  const many = 6200;
  beforeAll(async () => {
    const { sql } = app.engine.store;
    for (let from = 0; from < many; from += 1000) {
      const rows = Array.from({ length: Math.min(1000, many - from) }, (_, index) => ({
        serial: `Z${String(from + index).padStart(5, "0")}`,
        type: (from + index) % 2 ? "hotp" : "totp",
        description: `number ${many - from - index}`.padEnd(12, "x"),
        fail_count: (from + index) % 7,
        created_at: 1,
      }));
      await app.engine.store.commit({
        kind: "write",
        statements: [
          {
            query: sql
              .insertInto("token")
              .values(rows as never)
              .compile(),
          },
        ],
        touches: ["all-tokens"],
      });
    }
    const owned = sql
      .insertInto("token_owner")
      .columns(["token_id", "resolver", "user_id", "realm_id"])
      .expression((eb) =>
        eb
          .selectFrom("token")
          .select((col) => ["id", col.val("house").as("resolver"), col.val("2").as("user_id"), col.val(null).as("realm_id")])
          .where("serial", "like", "Z%"),
      )
      .compile();
    await app.engine.store.commit({ kind: "write", statements: [{ query: owned }], touches: ["all-tokens"] });
  });

  test("the same pages as one that is sorted at once would have", async () => {
    for (const filter of [{ serial: "z*" }, { resolver: "house", serial: "Z*" }, { active: "true", serial: "Z*" }]) {
      const first = await list({ ...filter, pagesize: 3 });
      expect([first.count, first.tokens.map(({ serial }) => serial)]).toEqual([many, ["Z00000", "Z00001", "Z00002"]]);
      const last = await list({ ...filter, pagesize: 1000, page: 7 });
      expect([last.tokens.length, last.next, last.tokens.at(-1)?.serial]).toEqual([200, null, "Z06199"]);
      const down = await list({ ...filter, pagesize: 2, sortdir: "desc" });
      expect(down.tokens.map(({ serial }) => serial)).toEqual(["Z06199", "Z06198"]);
    }
    expect(await list({ type: "hotp", serial: "Z*", pagesize: 1 })).toMatchObject({
      count: 3100,
      tokens: [{ serial: "Z00001" }],
    });
    expect((await list({ sortby: "failcount", sortdir: "desc", serial: "Z*", pagesize: 1 })).tokens[0]).toMatchObject({
      failcount: 6,
    });
    expect((await list({ sortby: "description", serial: "Z*", pagesize: 1 })).tokens[0]?.description).toBe("number 1000x");
    expect((await list({ sortby: "user_id", sortdir: "desc", resolver: "house", pagesize: 1 })).tokens[0]?.user_id).toBe("2");
    expect((await list({ assigned: "true", pagesize: 1 })).count).toBe(many + 4);
  });
  test("as CSV each of them once, in order, in slices", async () => {
    const caller = { role: "admin", username: "admin", realm: "", generation: 1 } as const;
    for (const params of [{}, { serial: "Z*", sortdir: "desc" } as const]) {
      let pieces = 0;
      const found: string[] = [];
      for await (const piece of writeTokenCsv(await streamTokens(params, caller as never, app.engine))) {
        pieces++;
        found.push(...piece.split("\n").flatMap((line) => cells(line)[1] ?? []));
      }
      expect(found).toHaveLength("serial" in params ? many : many + 5);
      expect(found).toEqual(found.toSorted((a, b) => (a < b ? -1 : 1) * ("sortdir" in params ? -1 : 1)));
      expect(pieces).toBeGreaterThan(12);
    }
  });
  test("a reader who leaves ends the making", async () => {
    let queries = 0;
    const { store } = app.engine;
    const count = (query: never) => {
      queries++;
      return store.query(query);
    };
    const engine = { ...app.engine, store: { ...store, query: count } };
    const caller = { role: "admin", username: "admin", realm: "", generation: 1 } as const;
    let pieces = 0;
    for await (const _ of writeTokenCsv(await streamTokens({}, caller as never, engine as never))) if (++pieces === 3) break;
    expect(queries).toBeLessThan(15);
    const before = queries;
    await Bun.sleep(0);
    expect(queries).toBe(before);
  });
  test("broad filters of several tables meet in one set; deep pages come from the nearer end, in order", async () => {
    const half = { type: "hotp", resolver: "house", active: "true", serial: "Z*" };
    for (const sortby of ["serial", "failcount", "description", "user_id"] as const) {
      const whole: string[] = [];
      for (let page = 1; page <= 4; page++) whole.push(...(await serials({ ...half, sortby, pagesize: 900, page })));
      expect(new Set(whole).size).toBe(3100);
      const down = await serials({ ...half, sortby, sortdir: "desc", pagesize: 900, page: 4 });
      expect(down).toEqual(whole.slice(0, 400).reverse());
    }
    expect(await list({ ...half, page: 5, pagesize: 900 })).toMatchObject({ count: 3100, tokens: [] });
    expect((await list({ assigned: "false", serial: "Z*" })).count).toBe(0);
    expect((await list({ assigned: "true", serial: "Z*", page: 99999 })).tokens).toEqual([]);
  });
  test("a count that is remembered ends with the next write, not with a log-in", async () => {
    const all = { serial: "Z*", pagesize: 1 };
    expect((await list(all)).count).toBe(many);
    expect((await list({ ...all, page: 2 })).count).toBe(many);
    await app.api("DELETE", "/token/Z00001");
    expect((await list(all)).count).toBe(many - 1);
  });
});
