// The hardened preset, and what a start refuses or warns of (docs/settings.md, docs/threat-model.md).
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSettings, SettingsError } from "../engine/config.ts";
import { registry, type SettingKey } from "../engine/settings.ts";
import { hardened } from "../engine/settings-hardened.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { startServer } from "./kit/start-server.ts";
import { check, enrol, passwdLine, readAudit } from "./kit/tokens.ts";

setDefaultTimeout(60_000);

const load = (values: Record<string, string>) =>
  loadSettings({
    dataDir: "/nowhere",
    env: {},
    flags: Object.entries(values).map(([key, text]) => ({ key, text, from: "test" })),
  });
const faultsOf = (values: Record<string, string>): readonly string[] => {
  try {
    load(values);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults;
  }
};

describe("the preset as settings", () => {
  test("each of its values can be set, differs from the default, and is in force with the preset alone", () => {
    const settings = load({ preset: "hardened" });
    const usual = load({});
    for (const [key, { value }] of Object.entries(hardened) as [SettingKey, { value: unknown }][]) {
      expect([key, settings[key]]).toEqual([key, registry[key].kind.parse(value) as never]);
      expect([key, settings[key]]).not.toEqual([key, usual[key]]);
    }
  });
  test("what is set explicitly wins, in any order and from any source", () => {
    expect(load({ "hash.iterations": "2", preset: "hardened" })["hash.iterations"]).toBe(2);
    const settings = loadSettings({
      dataDir: "/nowhere",
      env: { OSTIARY_PRESET: "hardened" },
      flags: [{ key: "server.docs", text: "true", from: "test" }],
    });
    expect([settings["server.docs"], settings["tls.minimum_version"]]).toEqual([true, "1.3"]);
  });
  test("plain HTTP beyond this machine is refused with it, unless TLS or an explicit word is there", () => {
    const open = { preset: "hardened", "server.listen": "0.0.0.0:8080" };
    expect(faultsOf(open)).toEqual([expect.stringContaining("plain HTTP beyond this machine") as never]);
    expect(faultsOf({ ...open, "tls.certificate_file": "a", "tls.key_file": "b" })).toEqual([]);
    expect(faultsOf({ ...open, "server.plain_http": "anywhere" })).toEqual([]);
    expect(faultsOf({ preset: "hardened" })).toEqual([]);
    expect(faultsOf({ "server.listen": "0.0.0.0:8080" })).toEqual([]);
  });
  const TLS = { "tls.certificate_file": "a", "tls.key_file": "b" };
  const HALF: [values: Record<string, string>, word: string][] = [
    [{ "tls.certificate_file": "a" }, "belong together"],
    [{ "tls.key_file": "b" }, "belong together"],
    [{ "tls.passphrase_file": "c" }, "tls.key_file is missing"],
    [{ "tls.client_certificates": "required" }, "tls.certificate_file is missing"],
    [{ ...TLS, "tls.client_certificates": "required" }, "tls.client_ca_file"],
    [{ ...TLS, "tls.client_allow": "radius1" }, "nobody is asked"],
    [{ "server.listen_plain": "0.0.0.0:80" }, "this machine alone"],
  ];
  for (const [values, word] of HALF) {
    test(`half said: ${Object.keys(values).join(", ")}`, () => {
      expect(faultsOf(values).join("\n")).toContain(word);
    });
  }
});

describe("refusals that tell nothing (ASVS 5.0 6.3.8)", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ preset: "hardened" });
    await app.addRealm("home", [passwdLine("alice", 1), passwdLine("bob", 2), passwdLine("carl", 3), passwdLine("dora", 4)]);
    await enrol(app, { user: "alice", serial: "ALICE", pin: "pin" });
    await enrol(app, { user: "bob", serial: "BOB", pin: "pin" });
    await enrol(app, { user: "carl", serial: "CARL", type: "spass", pin: "sesame" });
    await app.api("POST", "/token/disable", { serial: "BOB" });
  });
  afterAll(() => app.stop());
  const plain = (text: string) => text.replace(/"time":[\d.]+/, "").replace(/"threadid":\d+/, "");

  test("unknown user, realm or serial, no token, disabled, wrong PIN, wrong value, nothing sent: one answer", async () => {
    const bodies = new Set<string>();
    const asked = [
      { user: "nobody", pass: "pin123456" },
      { user: "alice", realm: "nowhere", pass: "pin123456" },
      { user: "dora", pass: "pin123456" },
      { user: "bob", pass: "pin123456" },
      { user: "alice", pass: "nope123456" },
      { user: "alice", pass: "pin000000" },
      { serial: "NONE", pass: "pin123456" },
      { serial: "ALICE", user: "carl", pass: "pin123456" },
      { serial: "AL*", pass: "pin123456" },
      { pass: "pin123456" },
    ];
    for (const params of asked) {
      const { answer } = await check(app, params);
      expect([params, answer.status, answer.value]).toEqual([params, 200, false]);
      bodies.add(plain(answer.text));
    }
    expect([...bodies]).toHaveLength(1);
  });
  test("the audit trail has the reason, and who is right gets in as ever", async () => {
    await check(app, { user: "nobody", pass: "pin123456" });
    const row = readAudit(app.dataDir, "user = 'nobody'").at(-1);
    expect(row?.info).toContain("can not be found");
    expect((await check(app, { user: "carl", pass: "sesame" })).answer.value).toBe(true);
  });
});

describe("the window of TOTP", () => {
  test("a wide one of the token is narrowed to a minute each way", async () => {
    // Early in a step: the window lies around the rounded time, its upper end excluded.
    const app = await startApp({ preset: "hardened" }, Date.UTC(2026, 6, 1, 12, 0, 2));
    const step = Date.UTC(2026, 6, 1, 12) / 30_000;
    const outcomes: [steps: number, accepted: boolean | undefined][] = [];
    for (const steps of [-4, -2, 0, 1, 4]) {
      const token = await enrol(app, { type: "totp", timeWindow: 600, pin: "" });
      outcomes.push([steps, (await check(app, { serial: token.serial, pass: token.value(step + steps) })).accepted]);
    }
    await app.stop();
    expect(outcomes).toEqual([
      [-4, false],
      [-2, true],
      [0, true],
      [1, true],
      [4, false],
    ]);
  });
});

describe("ostiary init --hardened", () => {
  test("writes the setting, hashes the password at its cost, and the doctor says so", async () => {
    const dataDir = join(makeDataDir(), "data");
    const init = ["init", "--data", dataDir, "--admin", "admin", "--password-stdin", "--hardened"];
    expect((await runOstiary(init, { input: "correct horse\n" })).code).toBe(0);
    expect(readFileSync(join(dataDir, "ostiary.toml"), "utf8")).toBe('preset = "hardened"\n');
    expect(statSync(join(dataDir, "ostiary.toml")).mode & 0o777).toBe(0o600);
    const { stdout } = await runOstiary([
      "doctor",
      "--data",
      dataDir,
      "--set",
      "hash.iterations=2",
      "--set",
      "hash.memory_kib=65536",
    ]);
    expect(stdout).toContain("The hardened preset is in force, without hash.iterations.");
    const again = await runOstiary(init, { input: "correct horse\n" });
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("is there already") as never]);
  });
});

describe("a start", () => {
  const env = { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1" };
  let sound: string;
  beforeAll(async () => {
    sound = join(makeDataDir(), "data");
    const args = ["init", "--data", sound, "--admin", "admin", "--password-stdin"];
    await runOstiary(args, { input: "correct horse\n", env: { ...env, PATH: process.env.PATH ?? "" } });
  });
  const ROWS: [what: string, damage: (dataDir: string) => void, says: RegExp][] = [
    [
      "settings that everybody can write",
      (d) => {
        writeFileSync(join(d, "ostiary.toml"), "");
        chmodSync(join(d, "ostiary.toml"), 0o666);
      },
      /ostiary\.toml has mode 666.*chmod 600/,
    ],
    ["a data directory that everybody can write", (d) => chmodSync(d, 0o777), /mode 777.*chmod o-w/],
    ["a database that everybody can write", (d) => chmodSync(join(d, "ostiary.db"), 0o606), /ostiary\.db has mode 606/],
    ["users that everybody can write", (d) => chmodSync(join(d, "users"), 0o777), /users has mode 777/],
    ["keys that everybody can read", (d) => chmodSync(join(d, "keys", "keyring.json"), 0o644), /keyring\.json has mode 644/],
  ];
  for (const [what, damage, says] of ROWS) {
    test(`is refused with ${what}`, async () => {
      const dataDir = join(makeDataDir(), "data");
      cpSync(sound, dataDir, { recursive: true });
      damage(dataDir);
      const { code, stdout, stderr } = await runOstiary(["serve", "--data", dataDir, "--listen", "127.0.0.1:0"], {
        env: { ...env, PATH: process.env.PATH ?? "" },
      });
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(says);
      expect(stderr).not.toMatch(/\n\s+at /);
      rmSync(dataDir, { recursive: true });
    });
  }
  test("warns of weak hashes, debug, open metrics, guards that are off and root, and goes on", async () => {
    const server = await startServer({
      env,
      args: ["--set", "log.level=debug", "--set", "metrics.allow=0.0.0.0/0", "--set", "guard.user=off"],
    });
    await server.api("GET", "/token/");
    for (const word of ["cheap to guess", "log.level is debug", "metrics.allow lists every", "guard.user is off"])
      expect(server.output()).toContain(word);
    expect(server.output().includes("runs as root")).toBe(process.getuid?.() === 0);
    expect(await server.stop()).toBe(0);
  });
});
