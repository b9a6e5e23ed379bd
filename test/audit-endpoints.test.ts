// GET /audit/ and GET /audit/(csvfile): rest-api.md 2.8, 5 (items 52, 53, 59), 5.1; events-and-tools.md 5 (AU-10, AU-11, AU-17).
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { auditColumns } from "@ostiary/shared/endpoints/audit.ts";
import { invoke } from "../engine/http/invoke.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

type Entry = Record<string, string | number>;
interface Page {
  auditdata: Entry[];
  auditcolumns: string[];
  count: number;
  current: number;
  prev: number | null;
  next: number | null;
  complete: boolean;
  searched_to: number | null;
}

const PASSWORD = "wonderland";
let app: TestApp;
let userToken: string;
let db: Database;
beforeAll(async () => {
  app = await startApp({ "node.name": "north" });
  db = new Database(join(app.dataDir, "ostiary.db"));
  db.run("PRAGMA busy_timeout = 2000");
  const hash = await Bun.password.hash(PASSWORD, { algorithm: "bcrypt", cost: 4 });
  await app.addRealm("home", [passwdLine("alice", 1000, hash), passwdLine("bob", 1001)]);
  const login = await app.api<{ token: string }>("POST", "/auth", { username: "alice", password: PASSWORD }, { token: "" });
  userToken = login.value?.token ?? "";
  await enrol(app, { serial: "HA1", user: "alice", otpkey: "3132333435363738393031323334353637383930" });
  await enrol(app, { serial: "HA2", user: "bob" });
  await check(app, { user: "alice", pass: "755224" });
  await check(app, { user: "alice", pass: "755224" });
  await check(app, { user: "bob", pass: "0" });
  await check(app, { user: "*", pass: "0" });
});
afterAll(async () => {
  db.close();
  await app.stop();
});

async function list(params: ApiParams = {}, token?: string): Promise<Page> {
  const answer = await app.api<Page>("GET", "/audit/", params, token === undefined ? {} : { token });
  if (answer.value === undefined) throw new Error(answer.text);
  return answer.value;
}
const numbers = ({ auditdata }: Page) => auditdata.map(({ number }) => Number(number));

describe("GET /audit/", () => {
  test("2.8: the value is an object with the rows, newest first, and the columns (5.1: not a bare list)", async () => {
    const page = await list();
    expect(Object.keys(page).sort()).toEqual(
      ["auditcolumns", "auditdata", "complete", "count", "current", "next", "prev", "searched_to"].sort(),
    );
    expect(page.auditdata.length).toBe(Math.min(15, page.count));
    expect(numbers(page)).toEqual([...numbers(page)].sort((a, b) => b - a));
    expect(page.auditcolumns).toEqual([...auditColumns]);
  });
  test("2.8, AU-10: an entry has exactly the keys of the contract, each of its kind", async () => {
    const { auditdata } = await list({ serial: "HA1", action: "POST /validate/check", success: "1" });
    expect(auditdata.length).toBe(1);
    const [entry = {}] = auditdata;
    expect(Object.keys(entry)).toEqual([...auditColumns]);
    expect(entry).toMatchObject({
      sig_check: "OK",
      missing_line: "OK",
      action: "POST /validate/check",
      success: 1,
      serial: "HA1",
      token_type: "hotp",
      user: "alice",
      realm: "home",
      resolver: "home",
      administrator: "",
      action_detail: "",
      info: "matching 1 tokens",
      privacyidea_server: "north",
      policies: "",
      client: "127.0.0.1",
      log_level: "default",
      clearance_level: "default",
      thread_id: "0",
    });
    expect(entry.number).toBeNumber();
    expect(entry.duration).toBeNumber();
    for (const moment of [entry.date, entry.startdate]) {
      expect(moment).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      expect(Math.abs(Date.parse(String(moment)) - app.engine.now())).toBeLessThan(60_000);
    }
    const lasted = Date.parse(String(entry.date)) - Date.parse(String(entry.startdate));
    expect(Math.abs(lasted - Number(entry.duration) * 1000)).toBeLessThan(2);
  });
  test("5 item 52, AU-11: the action is method and route, the same text for every serial or name in the path", async () => {
    await app.api("POST", "/token/disable/HA2");
    expect((await list({ action: "POST /token/disable" })).auditdata[0]).toMatchObject({ serial: "HA2", administrator: "admin" });
    expect((await list({ action: "POST /validate/check" })).count).toBeGreaterThan(2);
    const before = (await list({ action: "GET /audit/" })).count;
    expect((await list({ action: "GET /audit/" })).count).toBe(before + 1);
  });
  test("paging: prev and next are null at the ends (5 item 29), pages do not overlap", async () => {
    const filter = { before: (await list()).auditdata[0]?.number, page_size: 3 };
    const first = await list(filter);
    const pages = Math.ceil(first.count / 3);
    const all = await Promise.all(Array.from({ length: pages }, (_, at) => list({ ...filter, page: at + 1 })));
    expect(all.map(({ current, prev, next }) => [current, prev, next])).toEqual(
      all.map((_, at) => [at + 1, at > 0 ? at : null, at + 1 < pages ? at + 2 : null]),
    );
    const seen = all.flatMap(numbers);
    expect(seen).toEqual(Array.from({ length: first.count }, (_, at) => first.count - at));
    expect(await list({ ...filter, page: pages + 5 })).toMatchObject({ auditdata: [], next: null, count: first.count });
  });
  test("sortorder, before, after, number", async () => {
    expect(numbers(await list({ sortorder: "asc", page_size: 3 }))).toEqual([1, 2, 3]);
    expect(numbers(await list({ after: 4, before: 7 }))).toEqual([6, 5]);
    expect(numbers(await list({ number: 5 }))).toEqual([5]);
    expect(numbers(await list({ number: 5, after: 5 }))).toEqual([]);
  });

  const FILTERS: [filter: ApiParams, fits: (entry: Entry) => boolean][] = [
    [{ user: "alice" }, ({ user }) => user === "alice"],
    [{ user: "ali*" }, ({ user }) => String(user).startsWith("ali")],
    [{ user: "ALI*" }, ({ user }) => String(user).startsWith("ali")],
    [{ user: "*" }, () => true],
    [{ user: "**", serial: "" }, () => true],
    [{ realm: "HOME" }, ({ realm }) => realm === "home"],
    [{ resolver: "h*e" }, ({ resolver }) => resolver === "home"],
    [{ serial: "*A1" }, ({ serial }) => serial === "HA1"],
    [{ action: "*validate*" }, ({ action }) => String(action).includes("validate")],
    [{ success: "0" }, ({ success }) => success === 0],
    [{ success: "true" }, ({ success }) => success === 1],
    [{ success: "*1*" }, ({ success }) => success === 1],
    [{ success: "maybe" }, () => false],
    [{ administrator: "admin" }, ({ administrator }) => administrator === "admin"],
    [{ info: "*otp value*" }, ({ info }) => String(info).includes("otp value")],
    [{ info: "%" }, () => false],
    [{ client: "127.0.0.*" }, ({ client }) => client === "127.0.0.1"],
    [{ token_type: "hotp", success: "1" }, (entry) => entry.token_type === "hotp" && entry.success === 1],
    [{ privacyidea_server: "north" }, (entry) => entry.privacyidea_server === "north"],
    [{ privacyidea_server: "n*-cli" }, (entry) => entry.privacyidea_server === "north-cli"],
    [{ log_level: "default", thread_id: "0" }, () => true],
    [{ clearance_level: "high" }, () => false],
    [{ startdate: "20*" }, () => true],
    [{ date: "1999-01-01*" }, () => false],
    [{ timelimit: "1h" }, () => true],
    [{ sig_check: "FAIL", no_such_column: "x" }, () => true],
  ];
  test.each(FILTERS)("filter %j", async (filter, fits) => {
    // The rows up to here: each call adds one.
    const before = Number((await list()).auditdata[0]?.number);
    const all = (await list({ before, page_size: 1000 })).auditdata;
    const found = await list({ before, page_size: 1000, ...filter });
    expect(found.auditdata).toEqual(all.filter(fits));
    expect([found.count, found.complete]).toEqual([found.auditdata.length, true]);
  });
  test("date and startdate by the day and the hour", async () => {
    const { auditdata } = await list({ serial: "HA1", success: "1", action: "POST /validate/check" });
    const [entry = {}] = auditdata;
    const began = String(entry.startdate);
    for (const [column, pattern] of [
      ["startdate", `${began.slice(0, 10)}*`],
      ["startdate", `${began.slice(0, 13)}*`],
      ["startdate", `${began.slice(0, 16)}:*`],
      // A plus sign in a query becomes a blank by the second decoding (rest-api.md 1.7).
      ["startdate", `${began.slice(0, 26)}*`],
      ["date", `${String(entry.date).slice(0, 13)}:*`],
      ["date", `${String(entry.date).slice(0, 26)}*`],
    ])
      expect([
        column,
        numbers(await list({ [String(column)]: pattern, page_size: 1000 })).includes(Number(entry.number)),
      ]).toEqual([column, true]);
  });
  test("timelimit in days, hours and minutes", async () => {
    const later = await startApp({}, Date.now() - 3 * 3_600_000);
    later.advance(3 * 3_600_000 - 90_000);
    const count = async (timelimit: string) => {
      const login = await later.api<{ token: string }>("POST", "/auth", {
        username: "admin",
        password: "correct horse battery staple",
      });
      const answer = await later.api<Page>("GET", "/audit/", { timelimit }, { token: login.value?.token ?? "" });
      return answer.value?.count ?? 0;
    };
    const [minute, hours, day] = [await count("1m"), await count(" 4h "), await count("1d")];
    // The rows of the start are nearly three hours old; the log-in of each question is new, and so is, by the clock of the machine,
    // the row of the command that made the administrator.
    expect([minute, hours - minute > 1, day - hours]).toEqual([2, true, 2]);
    await later.stop();
  });
  const BAD: ApiParams[] = [
    { timelimit: "1y" },
    { timelimit: "-1d" },
    { timelimit: "d" },
    { timelimit: "99999999999d" },
    { page: 0 },
    { page: "x" },
    { page_size: 0 },
    { page_size: 1e9 },
    { sortorder: "up" },
    { user: "x".repeat(501) },
    { number: "one" },
  ];
  test.each(BAD)("refused with 400/905: %j", async (params) => {
    const { status, error } = await app.api("GET", "/audit/", params);
    expect([status, error?.code]).toEqual([400, 905]);
  });
  test("needs somebody who logged in", async () => {
    expect((await app.api("GET", "/audit/", {}, { token: "" })).error?.code).toBe(4033);
  });

  test("a user sees the rows about himself, whatever he asks for (1.5)", async () => {
    const own = await list({ page_size: 1000 }, userToken);
    expect(own.count).toBeGreaterThan(2);
    expect(new Set(own.auditdata.map(({ user, realm }) => `${user}@${realm}`))).toEqual(new Set(["alice@home"]));
    for (const filter of [{ user: "bob" }, { user: "*", realm: "*", resolver: "*" }]) {
      const seen = await list({ ...filter, page_size: 1000 }, userToken);
      expect(new Set(seen.auditdata.map(({ user }) => user))).toEqual(new Set(["alice"]));
    }
    expect((await list({ serial: "HA2" }, userToken)).count).toBe(0);
  });
  test("a user whose name is a pattern sees nobody else's rows", async () => {
    const caller = {
      role: "user",
      username: "*",
      realm: "home",
      generation: 0,
      user: { login: "*", resolver: "home", realm: "home" },
    };
    const { value } = await invoke(app.engine, caller as unknown as Parameters<typeof invoke>[1], "auditList", {});
    expect((value as Page).auditdata.filter(({ user }) => user !== "*")).toEqual([]);
  });
  test("5 item 53: the serial of a row about several tokens is a comma list", async () => {
    for (const serial of ["TWO1", "TWO2"]) await enrol(app, { serial, user: "bob", type: "spass", pin: "both" });
    await check(app, { user: "bob", pass: "both" });
    const found = await list({ user: "bob", serial: "*TWO1*", action: "POST /validate/check" });
    expect(found.auditdata.map(({ serial }) => String(serial).split(",").sort())).toEqual([["TWO1", "TWO2"]]);
  });
  test("AU-08, AU-09: a text is kept up to 2000 characters and cut beyond; there are no lengths to set", async () => {
    const user = "é".repeat(1999);
    const audit = {
      startedAt: app.engine.now(),
      duration: 1,
      action: "LONG",
      success: true,
      serial: null,
      tokenType: null,
      user: `${user}ab`,
      realm: null,
      resolver: null,
      administrator: null,
      actionDetail: null,
      info: "x".repeat(5000),
      client: null,
      policies: null,
    };
    await app.engine.store.commit({ kind: "write", statements: [], touches: [], audit });
    const [entry] = (await list({ action: "LONG" })).auditdata;
    expect([entry?.user, String(entry?.info).length, entry?.sig_check]).toEqual([`${user}a`, 2000, "OK"]);
  });
});

describe("sig_check and missing_line", () => {
  const verdict = async (number: number): Promise<[unknown, unknown]> => {
    const [entry] = (await list({ number })).auditdata;
    return [entry?.sig_check, entry?.missing_line];
  };
  /** Changes the database behind the server's back, looks, and puts it back. */
  async function tamper(change: string, undo: string, look: () => Promise<unknown>): Promise<unknown> {
    db.run(change);
    const seen = await look();
    db.run(undo);
    return seen;
  }
  const row = (where: string) =>
    db.query<{ id: number }, []>(`SELECT id FROM audit WHERE ${where} ORDER BY id LIMIT 1`).get()?.id ?? 0;

  test("rows that were signed, and young ones that will be soon: OK", async () => {
    const all = await list({ page_size: 1000 });
    expect(all.auditdata.filter(({ sig_check, missing_line }) => sig_check !== "OK" || missing_line !== "OK")).toEqual([]);
  });
  test("a changed row: FAIL, and so is every row before it that has no signature of its own", async () => {
    const id = row("serial = 'HA1' AND success = 0");
    const seen = await tamper(
      `UPDATE audit SET success = 1 WHERE id = ${id}`,
      `UPDATE audit SET success = 0 WHERE id = ${id}`,
      () => verdict(id),
    );
    expect(seen).toEqual(["FAIL", "OK"]);
    expect(await verdict(id)).toEqual(["OK", "OK"]);
  });
  test("a changed row with its hash made anew is found by the next row", async () => {
    const { linkAuditRow } = await import("../engine/core/audit-chain.ts");
    const { toWalkedRow } = await import("../engine/audit/rows.ts");
    const id = row("serial = 'HA1' AND success = 0");
    const read = (at: number) =>
      db.query<never, [number]>("SELECT * FROM audit WHERE id = ?").get(at) as never as Parameters<typeof toWalkedRow>[0];
    const { seq, entry, hash } = toWalkedRow(read(id));
    const forged = linkAuditRow(read(id - 1).hash, seq, { ...entry, success: true });
    db.query("UPDATE audit SET success = 1, hash = ? WHERE id = ?").run(forged, id);
    expect([await verdict(id), await verdict(id + 1)]).toEqual([
      ["FAIL", "OK"],
      ["FAIL", "OK"],
    ]);
    db.query("UPDATE audit SET success = 0, hash = ? WHERE id = ?").run(hash, id);
    expect(await verdict(id)).toEqual(["OK", "OK"]);
  });
  test("a row that was removed: missing_line of both neighbours is FAIL", async () => {
    const id = row("serial = 'HA1' AND success = 0");
    db.run(`CREATE TABLE kept AS SELECT * FROM audit WHERE id = ${id}`);
    db.run(`DELETE FROM audit WHERE id = ${id}`);
    const seen = [await verdict(id - 1), await verdict(id + 1)];
    db.run("INSERT INTO audit SELECT * FROM kept");
    db.run("DROP TABLE kept");
    expect(seen.map(([, missing]) => missing)).toEqual(["FAIL", "FAIL"]);
    expect(await verdict(id + 1)).toEqual(["OK", "OK"]);
  });
  test("Z09: a row that is old and has no signature shows FAIL", async () => {
    const unsigned = await startApp({ "audit.checkpoint_seconds": "86400" });
    const first = await unsigned.api<Page>("GET", "/audit/");
    expect(first.value?.auditdata[0]).toMatchObject({ sig_check: "OK" });
    unsigned.advance(4 * 86_400_000);
    const login = await unsigned.api<{ token: string }>("POST", "/auth", {
      username: "admin",
      password: "correct horse battery staple",
    });
    const later = await unsigned.api<Page>("GET", "/audit/", { action: "POST /resolver" }, { token: login.value?.token ?? "" });
    const old = await unsigned.api<Page>("GET", "/audit/", { action: "GET /audit/" }, { token: login.value?.token ?? "" });
    expect([later.value?.count, old.value?.auditdata.at(-1)?.sig_check]).toEqual([0, "FAIL"]);
    await unsigned.stop();
  });
});

describe("GET /audit/(csvfile)", () => {
  const csv = async (params: ApiParams = {}, name = "audit.csv") => app.api("GET", `/audit/${name}`, params);
  const lines = ({ text }: { text: string }) => text.split("\n").slice(0, -1);

  test("5 item 59: no heading, each value in single quotes, commas between, every column, as an attachment", async () => {
    const answer = await csv({ serial: "HA1", success: "1", action: "POST /validate/check" });
    expect([answer.status, answer.headers.get("content-type"), answer.headers.get("content-disposition")]).toEqual([
      200,
      "text/csv",
      "attachment; filename=audit.csv",
    ]);
    expect(lines(answer).length).toBe(1);
    const [line = ""] = lines(answer);
    const [entry = {}] = (await list({ serial: "HA1", success: "1", action: "POST /validate/check" })).auditdata;
    expect(line).toBe(auditColumns.map((column) => `'${entry[column]}'`).join(","));
  });
  test("AU-17: filters and order apply (the reference ignores them), and own columns", async () => {
    const answer = await csv({ user: "alice", columns: "number,user,action", sortorder: "asc", action: "POST /validate/check" });
    const page = await list({ user: "alice", action: "POST /validate/check", sortorder: "asc" });
    expect(lines(answer)).toEqual(page.auditdata.map(({ number }) => `'${number}','alice','POST /validate/check'`));
    expect(lines(await csv({ timelimit: "1m", user: "nobody" }))).toEqual([]);
  });
  test("a trail longer than a slice, in both orders, without what is written meanwhile", async () => {
    const entry = { startedAt: app.engine.now(), duration: 1, action: "TEST", success: true, serial: null, tokenType: null };
    const rest = {
      user: null,
      realm: null,
      resolver: null,
      administrator: null,
      actionDetail: null,
      client: null,
      policies: null,
    };
    const bulk = Array.from({ length: 1203 }, (_, at) => ({ ...entry, ...rest, info: `bulk ${at}` }));
    await Promise.all(bulk.map((audit) => app.engine.store.commit({ kind: "write", statements: [], touches: [], audit })));
    for (const sortorder of ["asc", "desc"]) {
      const seen = lines(await csv({ columns: "number", sortorder })).map((line) => Number(line.slice(1, -1)));
      const highest = Math.max(...seen);
      const all = Array.from({ length: highest }, (_, at) => at + 1);
      expect(seen).toEqual(sortorder === "asc" ? all : all.reverse());
    }
    expect(lines(await csv({ columns: "info", action: "TEST", info: "bulk 11*" })).length).toBe(111 + 1 - 1);
  });
  test("CWE-1236: a value that a spreadsheet would run gets an apostrophe; line ends and quotes do not break a line", async () => {
    const hostile = `=HYPERLINK("http://x")\n'; drop`;
    await check(app, { user: hostile, pass: "0" });
    const [line] = lines(await csv({ user: "=HYPER*", columns: "user,action" }));
    expect(line).toBe(`'''=HYPERLINK("http://x") ''; drop','POST /validate/check'`);
  });
  test("the file name comes from the path and can not break the header", async () => {
    const answer = await csv({ user: "nobody" }, encodeURIComponent('a"\r\nx: y.csv'));
    expect(answer.headers.get("content-disposition")).toBe("attachment; filename=a___x__y.csv");
  });
  test("unknown columns are refused, users may not download", async () => {
    const bad = await csv({ columns: "user,hash" });
    expect([bad.status, bad.error?.code, bad.error?.message]).toEqual([400, 905, expect.stringContaining("'columns'")]);
    expect((await app.api("GET", "/audit/audit.csv", {}, { token: userToken })).error?.code).toBe(4306);
    expect((await app.api("GET", "/audit/audit.csv", {}, { token: "" })).error?.code).toBe(4033);
  });
});
