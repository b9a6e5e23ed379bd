// `ostiary token …` and `user list`, beside a running server that notices at once (events-and-tools.md 10; B, L980). Thin: the rules
// are those of the endpoints, and their tests are elsewhere.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hotpValue } from "../engine/core/hotp.ts";
import { parseKeyUri } from "../engine/core/key-uri.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, passwdLine, readAudit } from "./kit/tokens.ts";

setDefaultTimeout(60_000);

let server: TestServer;
let serial = "";
let value: (counter: number) => string;

const run = (args: string[], input = "") =>
  runOstiary([...args, "--data", server.dataDir], { input, env: { PATH: process.env.PATH ?? "", ...QUICK_ENV } });
const logIn = async (pass: string) => (await check(server, { user: "alice", pass })).accepted;

beforeAll(async () => {
  server = await startServer({ env: QUICK_ENV });
  const file = join(server.dataDir, "users", "home");
  writeFileSync(file, `${passwdLine("alice", 1001)}\n${passwdLine("bob", 1002)}\n`);
  await server.api("POST", "/resolver/home", { type: "passwdresolver", Filename: file });
  await server.api("POST", "/realm/home", { resolvers: "home" });
});
afterAll(() => server.stop());

test("init: the PIN comes from standard input, the seed is shown only where it is asked for", async () => {
  const hidden = await run(["token", "init", "--type", "hotp", "--genkey"]);
  expect([hidden.code, hidden.stdout]).toEqual([2, ""]);
  expect(hidden.stderr).toContain("--show");
  const made = await run(
    ["token", "init", "--user", "alice", "--realm", "home", "--genkey", "--show", "--pin-stdin"],
    "geheim\n",
  );
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const [first = "", address = ""] = made.stdout.split("\n");
  serial = first;
  const { secret } = parseKeyUri(address);
  value = (counter) => hotpValue("sha1", secret, counter, 6);
  expect(await logIn(`geheim${value(1)}`)).toBe(true);
  const seedless = await run(["token", "init", "--type", "totp", "--user", "alice", "--realm", "home"]);
  expect([seedless.code, seedless.stdout]).toEqual([2, ""]);
  expect(seedless.stderr).toContain("--otpkey-stdin");
  const json = await run(["token", "init", "--type", "spass", "--json"]);
  expect(Object.keys(JSON.parse(json.stdout))).toEqual(["serial"]);
});

test("list and info: tables for people, one JSON document for scripts, filters by the names of the REST API", async () => {
  const [table, json, none, info, absent] = await Promise.all([
    run(["token", "list", "--user", "ali*", "--realm", "home"]),
    run(["token", "list", "--type", "hotp", "--json"]),
    run(["token", "list", "--user", "bob", "--realm", "home"]),
    run(["token", "info", serial]),
    run(["token", "info", "NONE1"]),
  ]);
  expect(table.stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ["serial", "type", "user"],
    [serial, "hotp", "alice@home"],
    [""],
  ]);
  expect(JSON.parse(json.stdout)).toMatchObject({ count: 1, tokens: [{ serial }] });
  expect(none.stdout.trim().split("\n")).toHaveLength(1);
  expect(info.stdout).toMatch(/^username +alice$/m);
  expect([absent.code, absent.stderr]).toEqual([1, "ostiary token info: there is no such token\n"]);
});

test("disable and enable take effect at once and are audited as an administrator at the command line", async () => {
  expect((await run(["token", "disable", serial])).stdout).toBe("1\n");
  expect(await logIn(`geheim${value(2)}`)).toBe(false);
  const again = await run(["token", "disable", serial]);
  expect([again.code, again.stderr]).toEqual([1, "ostiary token disable: nothing was changed\n"]);
  expect((await run(["token", "enable", "--user", "alice", "--realm", "home"])).stdout).toBe("1\n");
  expect(await logIn(`geheim${value(3)}`)).toBe(true);
  const [row] = readAudit(server.dataDir, "action = 'POST /token/disable'");
  expect(row?.administrator).toMatch(/^command line \(/);
  const listed = await run(["audit", "list", "--action", "*disable", "--success", "1"]);
  expect([listed.code, listed.stderr]).toEqual([0, ""]);
  expect(listed.stdout.split("\n").map((line) => line.split(/ {2,}/).slice(2, 5))).toEqual([
    ["action", "done", "user"],
    ["POST /token/disable", "yes", serial],
    ["POST /token/disable", "yes", serial],
    [],
  ]);
  const paged = await run(["audit", "list", "--page_size", "1", "--json"]);
  expect(JSON.parse(paged.stdout).auditdata).toHaveLength(1);
  const nobody = await run(["token", "disable"]);
  expect([nobody.code, nobody.stdout]).toEqual([2, ""]);
});

test("setpin and resync read what is secret from standard input; a resync that finds nothing is exit code 1", async () => {
  expect((await run(["token", "setpin", serial, "--otppin-stdin"], "neu\n")).code).toBe(0);
  expect(await logIn(`neu${value(4)}`)).toBe(true);
  const wrong = await run(["token", "resync", serial], `${value(60)}\n${value(62)}\n`);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("not two values in a row")]);
  expect((await run(["token", "resync", serial], `${value(60)}\n${value(61)}\n`)).code).toBe(0);
  expect(await logIn(`neu${value(62)}`)).toBe(true);
  const argument = await run(["token", "setpin", serial, "--otppin", "neu"]);
  expect(argument.code).toBe(2);
});

test("list as CSV, groups, information, a lost token, and the token of a value", async () => {
  expect((await run(["tokengroup", "set", "spare", "--description", "in the drawer"])).code).toBe(0);
  expect((await run(["token", "group", serial, "--groups", "spare"])).code).toBe(0);
  expect((await run(["tokengroup", "list"])).stdout).toMatch(/^spare +in the drawer$/m);
  expect((await run(["token", "setinfo", serial, "place"], "drawer 4\n")).code).toBe(0);
  expect((await run(["token", "info", serial])).stdout).toMatch(/^place +drawer 4$/m);
  const csv = await run(["token", "list", "--tokengroup", "spare", "--outform", "csv"]);
  expect(csv.stdout.split("\n")[1]).toContain(serial);
  expect((await run(["token", "getserial"], `${value(63)}\n`)).stdout).toBe(`${serial}\n`);
  const nobody = await run(["token", "getserial"], "000000\n");
  expect([nobody.code, nobody.stdout]).toEqual([1, ""]);
  expect(nobody.stderr).toContain("shows this value");
  const absent = await run(["token", "setinfo", "NONE1", "place"], "drawer 4\n");
  expect([absent.code, absent.stdout]).toEqual([1, ""]);
  const [lost = "", password = ""] = (await run(["token", "lost", serial])).stdout.split("\n");
  expect(await logIn(`neu${password}`)).toBe(true);
  expect((await run(["token", "delete", lost])).code).toBe(0);
});

test("unassign, assign, delete; user list", async () => {
  expect((await run(["token", "unassign", serial])).code).toBe(0);
  expect((await run(["token", "assign", serial, "--user", "bob", "--realm", "home"])).code).toBe(0);
  expect((await run(["token", "list", "--user", "bob", "--realm", "home"])).stdout).toContain(serial);
  expect((await run(["token", "delete", serial])).stdout).toBe("1\n");
  const gone = await run(["token", "delete", serial]);
  expect([gone.code, gone.stdout]).toEqual([1, ""]);
  expect(gone.stderr).not.toContain("ERR");
  const users = await run(["user", "list", "--realm", "home", "--username", "b*"]);
  expect(users.stdout.split("\n")[1]).toMatch(/^bob +1002 +home/);
});
