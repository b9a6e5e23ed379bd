// Realms, user sources and system settings from the command line, beside a running server that has each change in force at once
// (config-and-tokens.md B16, F, G). Every command has --help and --json; exit codes 0 done, 1 it failed, 2 called in a wrong way.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandOutcome, runOstiary } from "./kit/run-ostiary.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";
import { passwdLine, readAudit } from "./kit/tokens.ts";

// Processes: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

let server: TestServer;
const file = (name: string) => join(server.dataDir, "users", name);
const run = (command: string, args: string[] = [], input = "") =>
  runOstiary([...command.split(" "), ...args, "--data", server.dataDir], { input });
const json = async (command: string, args: string[] = []) => JSON.parse((await run(command, [...args, "--json"])).stdout);

function expectRefusal({ code, stderr }: CommandOutcome, wanted: number, word: string): void {
  expect([code, stderr]).toEqual([wanted, expect.stringContaining(word) as never]);
  expect(stderr).not.toMatch(/\n\s+at |node_modules|\.ts:\d/);
}

beforeAll(async () => {
  server = await startServer({ env: { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1" } });
  writeFileSync(file("people"), `${passwdLine("alice", 1)}\n`);
  writeFileSync(file("guests"), `${passwdLine("greta", 1)}\n${passwdLine("gil", 2)}\n`);
});
afterAll(() => server.stop());

test("each explains itself with an exit code 0; without what it needs it is 2", async () => {
  const names = [
    ...["list", "create", "delete", "default"].map((name) => `realm ${name}`),
    ...["list", "show", "create", "delete", "test"].map((name) => `resolver ${name}`),
    ...["list", "get", "set", "delete"].map((name) => `config ${name}`),
  ];
  for (const name of names) {
    const { code, stdout } = await run(name, ["--help"]);
    expect([name, code, stdout]).toEqual([name, 0, expect.stringMatching(new RegExp(`^ostiary ${name}`)) as never]);
    expect(stdout).toContain("--json");
  }
  for (const name of [
    "realm create",
    "realm delete",
    "resolver show",
    "resolver create",
    "config get",
    "config set",
    "config delete",
  ])
    expect([name, (await run(name)).code]).toEqual([name, 2]);
});

describe("resolver", () => {
  test("create, list, show, test; the server knows it at once", async () => {
    expectRefusal(await run("resolver create", ["people", `Filename=${file("people")}`]), 2, "--type is missing");
    expect(await run("resolver create", ["people", "--type", "passwdresolver", `Filename=${file("people")}`])).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect((await server.api("GET", "/resolver/people")).value).toMatchObject({ people: { data: { Filename: file("people") } } });
    expect(await json("resolver list")).toMatchObject({ people: { type: "passwdresolver" } });
    expect(await json("resolver show", ["people"])).toMatchObject({ resolvername: "people" });
    expect(await json("resolver test", ["people"])).toEqual({
      works: true,
      description: "Resolver config seems OK. 1 Users found.",
    });
  });
  test("a change needs no type; what is not given stays", async () => {
    expect((await run("resolver create", ["people", `Filename=${file("guests")}`])).code).toBe(0);
    expect((await json("resolver show", ["people"])).data.Filename).toBe(file("guests"));
    expect((await run("resolver create", ["people", `Filename=${file("people")}`])).code).toBe(0);
  });
  test("what does not work is said in words, and nothing is stored", async () => {
    const outside = await run("resolver test", ["--type", "passwdresolver", "Filename=/etc/shadow"]);
    expect([outside.code, outside.stdout]).toEqual([1, expect.stringMatching(/^the file lies outside/) as never]);
    expectRefusal(await run("resolver create", ["x", "--type", "passwdresolver", "Filename=/etc/shadow"]), 1, "lies outside");
    expectRefusal(await run("resolver create", ["x", "--type", "pigeon"]), 2, "passwdresolver");
    expectRefusal(await run("resolver create", ["x", "--type", "passwdresolver", "Colour=red"]), 2, "Filename");
    expectRefusal(await run("resolver create", ["x", "--type", "passwdresolver", "Filename"]), 2, "Filename=VALUE");
    expectRefusal(await run("resolver show", ["x"]), 1, "no user source");
    expectRefusal(await run("resolver delete", ["x"]), 1, "no user source");
    expectRefusal(await run("resolver create", ["a b", "--type", "passwdresolver", `Filename=${file("people")}`]), 1, "letters");
  });
});

describe("realm", () => {
  test("B16 create with priorities, list, default, delete", async () => {
    await run("resolver create", ["guests", "--type", "passwdresolver", `Filename=${file("guests")}`]);
    expect(await json("realm create", ["home", "people:2", "guests:1"])).toEqual({ added: ["people", "guests"], failed: [] });
    expect((await run("realm list")).stdout).toBe("realm  default  user sources\nhome   yes      guests:1 people:2\n");
    expect((await run("realm create", ["away", "guests"])).stdout).toBe("away: guests\n");
    expect((await run("realm default")).stdout).toBe("home\n");
    expect((await run("realm default", ["away"])).stdout).toBe("away\n");
    expect(Object.keys((await server.api<object>("GET", "/defaultrealm")).value ?? {})).toEqual(["away"]);
    expect(await json("realm default", ["--none"])).toEqual({});
    expectRefusal(await run("realm default", ["away", "--none"]), 2, "not both");
    expectRefusal(await run("realm default", ["moon"]), 1, "realm");
    expectRefusal(await run("resolver delete", ["guests"]), 1, "part of a realm");
    expect(await json("realm delete", ["away"])).toEqual({ deleted: "away" });
    expectRefusal(await run("realm delete", ["away"]), 1, "could not be found");
  });
  test("a source that does not exist, a priority that is none: nothing is changed", async () => {
    const before = await json("realm list");
    expectRefusal(await run("realm create", ["home", "people", "moon"]), 1, "moon");
    expectRefusal(await run("realm create", ["home", "people:1000"]), 1, "999");
    expectRefusal(await run("realm create", ["home", "people:1:2"]), 2, "NAME:PRIORITY");
    expect(await json("realm list")).toEqual(before);
  });
  test("the audit trail says who it was, and that it came from the command line", () => {
    const [row] = readAudit(server.dataDir, "action = 'POST /realm' AND realm = 'home'");
    expect(row).toMatchObject({ success: 1, administrator: expect.stringMatching(/^command line \(.+\)$/), client: null });
  });
});

describe("config", () => {
  test("set, get, list, delete; the server has it in force at once", async () => {
    expect(await json("config set", ["DefaultOtpLen", "8"])).toEqual({ DefaultOtpLen: "insert" });
    expect((await server.api("GET", "/system/DefaultOtpLen")).value).toBe("8");
    expect((await server.api("POST", "/token/init", { type: "hotp", genkey: 1 })).status).toBe(200);
    expect((await run("config get", ["defaultotplen"])).stdout).toBe("8\n");
    const listed = await json("config list");
    expect(listed.find(({ key }: { key: string }) => key === "DefaultOtpLen")).toMatchObject({ value: "8", stored: true });
    expect(listed.find(({ key }: { key: string }) => key === "splitAtSign")).toMatchObject({ value: "True", stored: false });
    expect(await json("config delete", ["DefaultOtpLen"])).toEqual({ deleted: "DefaultOtpLen" });
    expect((await run("config get", ["DefaultOtpLen"])).stdout).toBe("6\n");
    expectRefusal(await run("config delete", ["DefaultOtpLen"]), 1, "could not be found");
  });
  test("public ones, and secrets, whose values come from standard input and are never shown", async () => {
    await run("config set", ["greeting", "hello", "--public", "--description", "for the site"]);
    expect((await run("config set", ["mail.secret", "--secret"], "top secret words\n")).code).toBe(0);
    expect((await run("config get", ["mail.secret"])).stdout).toBe("__CENSORED__\n");
    const listed = await json("config list");
    expect(listed.filter(({ key }: { key: string }) => ["greeting", "mail.secret"].includes(key))).toMatchObject([
      { value: "hello", type: "public" },
      { value: "__CENSORED__", type: "password" },
    ]);
    expect(JSON.stringify(readAudit(server.dataDir))).not.toContain("top secret");
    expectRefusal(await run("config set", ["mail.secret", "in the open", "--secret"]), 2, "standard input");
    expectRefusal(await run("config set", ["mail.secret"]), 2, "give a value");
  });
  test("a value the setting can not have; a name nobody knows", async () => {
    expectRefusal(await run("config set", ["DefaultOtpLen", "80"]), 1, "from 4 to 10");
    expectRefusal(await run("config get", ["moon"]), 1, "moon");
  });
});

test("a data directory that is not there: said in words by every command", async () => {
  for (const command of ["realm list", "resolver list", "config list"])
    expectRefusal(await runOstiary([...command.split(" "), "--data", "/nonexistent"]), 1, "--data");
});
