import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings, SettingsError, takeSettingFlags } from "./config.ts";
import { registry, startVariables, variableOf } from "./settings.ts";
import { pagePath, printSettingsPage } from "./settings-page.ts";

let dataDir = "";
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "ostiary-config-"));
});
afterAll(() => rmSync(dataDir, { recursive: true }));

/** Settings from a TOML text, variables and a command line. */
function load(toml?: string, env: Record<string, string> = {}, args: string[] = []) {
  const file = toml === undefined ? undefined : join(dataDir, "given.toml");
  if (file !== undefined) writeFileSync(file, toml ?? "");
  return loadSettings({ dataDir, file, env, flags: takeSettingFlags(args).flags });
}

/** The faults that a load reports. */
function faultsOf(...input: Parameters<typeof load>): readonly string[] {
  try {
    load(...input);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  throw new Error("no fault was reported");
}

describe("defaults", () => {
  test("every default passes its own kind, and the types are those of the kinds", () => {
    const settings = load();
    expect(settings["server.listen"]).toEqual({ host: "127.0.0.1", port: 8080 });
    expect(settings["server.body_limit"]).toBe(1024 ** 2);
    expect(settings["guard.user"]).toEqual({ attempts: 100, seconds: 1800 });
    expect(settings["guard.source"]).toBeNull();
    expect(settings["guard.auth"]).toEqual({ attempts: 20, seconds: 60 });
    expect(settings["guard.trusted"]).toEqual([]);
    expect(settings["response.signature"]).toBe("on-nonce");
    expect(settings["pin.memory"]).toBe(true);
  });
  test("<data> and relative paths lie in the data directory, absolute ones stay", () => {
    expect(load()["audit.checkpoint_file"]).toBe(join(dataDir, "audit-checkpoints.jsonl"));
    expect(load("[users]\npasswd_directories = ['/etc/x', 'more', '<data>']")["users.passwd_directories"]).toEqual([
      "/etc/x",
      join(dataDir, "more"),
      dataDir,
    ]);
  });
  test("no two settings share a variable, and none hides a start variable", () => {
    const names = [...Object.keys(registry).map(variableOf), ...Object.keys(startVariables)];
    expect(new Set(names).size).toBe(names.length);
  });
  test("settings cannot be changed afterwards", () => {
    expect(Object.isFrozen(load()) && Object.isFrozen(load()["metrics.allow"])).toBe(true);
  });
});

describe("sources in order: file, environment, flags", () => {
  const toml = "[log]\nlevel = 'debug'";
  const env = { OSTIARY_LOG_LEVEL: "warning" };
  test.each([
    ["file over default", toml, {}, [], "debug"],
    ["environment over file", toml, env, [], "warning"],
    ["flags over environment", toml, env, ["--set", "log.level=error"], "error"],
    ["the last flag wins", undefined, {}, ["--set=log.level=error", "--set=log.level=debug"], "debug"],
  ])("%s", (_name, file, variables, args, expected) => {
    expect(load(file, variables, args)["log.level"]).toBe(expected as "debug");
  });
  test("ostiary.toml of the data directory is read without being named", () => {
    writeFileSync(join(dataDir, "ostiary.toml"), "log.level = 'error'");
    expect(load()["log.level"]).toBe("error");
    rmSync(join(dataDir, "ostiary.toml"));
  });
  test("start variables and foreign variables are not settings", () => {
    expect(load(undefined, { OSTIARY_DATA: "/x", OSTIARY_CONFIG: "/y", PATH: "/bin" })["node.name"]).toBe("node1");
  });
});

describe("values", () => {
  test.each([
    ["OSTIARY_SERVER_LISTEN", "[::1]:0", "server.listen", { host: "::1", port: 0 }],
    ["OSTIARY_SERVER_LISTEN", ":443", "server.listen", { host: "0.0.0.0", port: 443 }],
    ["OSTIARY_SERVER_BODY_LIMIT", "2MiB", "server.body_limit", 2 * 1024 ** 2],
    ["OSTIARY_SERVER_BODY_LIMIT", "4096", "server.body_limit", 4096],
    ["OSTIARY_GUARD_USER", "off", "guard.user", null],
    [
      "OSTIARY_GUARD_TRUSTED",
      "10.0.0.0/8, 2001:db8::/32,192.0.2.7",
      "guard.trusted",
      ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"],
    ],
    ["OSTIARY_METRICS_ALLOW", "", "metrics.allow", []],
    ["OSTIARY_PIN_MEMORY", "off", "pin.memory", false],
  ] as const)("%s=%s", (name, text, key, expected) => {
    expect(load(undefined, { [name]: text })[key]).toEqual(expected as never);
  });
  test.each([
    ["server.listen", ["", "8080", "host:65536", "::1:80", "[127.0.0.1]:80", "a b:80", "host:"]],
    ["server.drain_seconds", ["", "-1", "601", "1.5", "1e2", "ten", "0x10"]],
    ["server.body_limit", ["1", "9GiB", "1MB", "KiB"]],
    ["guard.user", ["", "0/10", "10/0", "10", "10/10/10", "-1/5", "on"]],
    ["guard.trusted", ["10.0.0.0/33", "::/129", "host", "10.0.0.0/", "fe80::1%eth0", "1.2.3.4/8/8", "1.2.3.4,"]],
    ["response.signature", ["", "Always", "yes"]],
    ["pin.memory", ["", "2", "maybe", "constructor"]],
    ["node.name", ["", "a b", "x".repeat(65), "a\n"]],
  ])("%s refuses what it cannot mean", (key, texts) => {
    for (const text of texts) {
      const faults = faultsOf(undefined, { [variableOf(key)]: text });
      expect(faults.length).toBe(1);
      expect(faults[0]).toStartWith(`${variableOf(key)}: ${key} must be `);
    }
  });
});

describe("faults", () => {
  test("all sources are reported at once, each with its place", () => {
    const faults = faultsOf(
      "[server]\nlistne = 'x'\nlisten = 5\n[guard.user]\nattempts = 3",
      { OSTIARY_GUARD_USR: "1/1", OSTIARY_LOG_LEVEL: "loud" },
      ["--set", "pin.memry=1", "--listen=nowhere"],
    );
    const file = join(dataDir, "given.toml");
    expect(faults).toEqual([
      "OSTIARY_GUARD_USR is not a setting; did you mean OSTIARY_GUARD_USER?",
      `${file}: server.listne is not a setting; did you mean server.listen?`,
      `${file}: server.listen must be ${registry["server.listen"].kind.allowed}`,
      `${file}: guard.user must be ${registry["guard.user"].kind.allowed}`,
      "OSTIARY_LOG_LEVEL: log.level must be one of debug, info, warning, error",
      "--set: pin.memry is not a setting; did you mean pin.memory?",
      `--listen: server.listen must be ${registry["server.listen"].kind.allowed}`,
    ]);
  });
  test("the message lists every fault and repeats no value", () => {
    const error = new SettingsError(faultsOf(undefined, { OSTIARY_NODE_NAME: "hunter 2", OSTIARY_PIN_MEMORY: "hunter 2" }));
    expect(error.message).toStartWith("the settings have 2 faults:\n  OSTIARY_NODE_NAME");
    expect(error.message).not.toContain("hunter");
  });
  test("nothing near: no suggestion; names of objects are no settings", () => {
    expect(faultsOf("zzzzzzzzzz = 1")[0]).toEndWith("zzzzzzzzzz is not a setting");
    expect(faultsOf("[constructor]\nprototype = 1").length).toBe(1);
    expect(faultsOf("__proto__ = 1").length).toBe(1);
    expect(faultsOf(undefined, { [`OSTIARY_${"X".repeat(100_000)}`]: "1" }).length).toBe(1);
  });
  test("a file that is broken, or named and missing, is a fault", () => {
    expect(faultsOf("a = \n")[0]).toContain("given.toml: cannot be read");
    expect(() => loadSettings({ dataDir, file: join(dataDir, "none.toml"), env: {}, flags: [] })).toThrow(
      "none.toml: cannot be read",
    );
  });
  test("a flag without its value", () => {
    expect(() => takeSettingFlags(["serve", "--listen"])).toThrow(SettingsError);
    expect(() => takeSettingFlags(["--set", "=x"])).toThrow("--set key=value");
  });
  test("what is no setting flag is left to the command", () => {
    expect(takeSettingFlags(["serve", "--listen", ":1", "--data", "d", "--set=a=b=c"])).toEqual({
      flags: [
        { key: "server.listen", text: ":1", from: "--listen" },
        { key: "a", text: "b=c", from: "--set" },
      ],
      rest: ["serve", "--data", "d"],
    });
  });
});

test("docs/settings.md is in step with the registry (bun engine/settings-page.ts)", async () => {
  expect(await Bun.file(pagePath).text()).toBe(printSettingsPage());
});
