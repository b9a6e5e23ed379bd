// ostiary doctor as an operator meets it: a command in a process of its own, on installations that have one thing wrong each.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../engine/cli/command.ts";
import { doctor } from "../engine/cli/doctor.ts";
import { openSite } from "../engine/cli/doctor-site.ts";
import { oldCommands } from "../engine/cli/pi-manage.ts";
import { examine as runChecks } from "../engine/services/doctor/check.ts";
import { checks } from "../engine/services/doctor/registry.ts";
import { registry } from "../engine/settings.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, startServer, type TestServer } from "./kit/start-server.ts";
import { enrol, passwdLine } from "./kit/tokens.ts";

// Processes: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const env = { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1" };
let server: TestServer;
/** A stopped installation with everything in order; tests damage copies of it. */
let sound: string;

/** The same checks inside this process, which is quicker. */
async function look(dataDir: string, ...args: string[]): Promise<Report> {
  const { site, has, close } = await openSite(parseCommandLine(["--data", dataDir, ...args], doctor));
  try {
    const examined = await runChecks(site, checks, has);
    const findings = examined.flatMap(({ check, findings: found }) => found.map((finding) => ({ check, ...finding })));
    return { checks: examined.length, findings };
  } finally {
    await close();
  }
}

interface Report {
  checks: number;
  findings: { check: string; severity: string; what: string; meaning: string; advice: string }[];
}

async function examine(dataDir: string, ...args: string[]): Promise<Report & { code: number }> {
  const { code, stdout, stderr } = await runOstiary(["doctor", "--json", "--data", dataDir, ...args]);
  expect(stderr).toBe("");
  return { code, ...(JSON.parse(stdout) as Report) };
}
const grave = ({ findings }: Report) =>
  findings.filter(({ severity }) => severity !== "note").map(({ check, severity }) => [check, severity]);

/** Everything below a directory with its times, so that a change shows. */
function photograph(directory: string): unknown[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => !/-(?:shm|wal)$/.test(name))
    .sort()
    .map((name) => {
      const { mtimeMs, size, mode } = statSync(join(directory, name));
      return [name, mtimeMs, size, mode];
    });
}

beforeAll(async () => {
  server = await startServer({ env });
  writeFileSync(join(server.dataDir, "users", "people"), `${passwdLine("alice", 1)}\n${passwdLine("bob", 2)}\n`, { mode: 0o600 });
  await server.api("POST", "/resolver/people", { type: "passwdresolver", Filename: join(server.dataDir, "users", "people") });
  await server.api("POST", "/realm/home", { resolvers: "people" });
  await enrol(server, { user: "alice", serial: "ALICE" });
  await enrol(server, { user: "bob", serial: "BOB" });
});
afterAll(() => rmSync(sound, { recursive: true, force: true }));

describe("an installation in order", () => {
  test("beside a running server and after it: nothing found but notes, exit code 0, nothing changed", async () => {
    const running = await examine(server.dataDir);
    expect([running.code, grave(running), running.checks]).toEqual([0, [], expect.any(Number) as never]);
    expect(running.checks).toBeGreaterThan(15);
    sound = server.dataDir;
    expect(await server.stop({ keep: true })).toBe(0);
    const before = photograph(sound);
    const stopped = await examine(sound);
    expect([stopped.code, grave(stopped)]).toEqual([0, []]);
    expect(photograph(sound)).toEqual(before);
  });
  test("a directory without anything: one finding that says what to do", async () => {
    const { code, findings } = await examine(makeDataDir());
    expect(code).toBe(1);
    expect(findings.filter(({ severity }) => severity === "problem").map(({ what, advice }) => [what, advice])).toEqual([
      [expect.stringContaining("neither keys nor a database"), expect.stringContaining("ostiary init")],
    ] as never);
  });
  test("for people: what, meaning and what to do, and a sum", async () => {
    const { code, stdout } = await runOstiary(["doctor", "--data", sound]);
    expect(code).toBe(0);
    expect(stdout).toContain("NOTE  key ring: The key ring is not sealed.");
    expect(stdout).toMatch(/To do: .+\n/);
    expect(stdout).toMatch(/\d+ checks: 0 problems, 0 warnings, \d notes?\n$/);
  });
});

describe("one thing wrong", () => {
  const sql = (statement: string) => (dataDir: string) => {
    const db = new Database(join(dataDir, "ostiary.db"), { readwrite: true });
    db.run("PRAGMA foreign_keys = ON");
    db.run(statement);
    db.close();
  };
  const settings =
    (toml: string, mode = 0o600) =>
    (dataDir: string) =>
      writeFileSync(join(dataDir, "ostiary.toml"), toml, { mode });
  const ROWS: [what: string, damage: (dataDir: string) => void, findings: [string, string][], args?: string[]][] = [
    [
      "a key file for all",
      (d) => chmodSync(join(d, "keys", "keyring.json"), 0o644),
      [
        ["access to files", "problem"],
        ["key ring", "problem"],
      ],
    ],
    ["a database for all", (d) => chmodSync(join(d, "ostiary.db"), 0o644), [["access to files", "problem"]]],
    ["a directory of users for all", (d) => chmodSync(join(d, "users"), 0o777), [["directories of passwd files", "problem"]]],
    ["a damaged key ring", (d) => writeFileSync(join(d, "keys", "keyring.json"), "{"), [["key ring", "problem"]]],
    ["no keys", (d) => rmSync(join(d, "keys"), { recursive: true }), [["data directory", "problem"]]],
    ["no database", (d) => rmSync(join(d, "ostiary.db")), [["data directory", "problem"]]],
    ["an empty database", (d) => writeFileSync(join(d, "ostiary.db"), ""), [["data directory", "problem"]]],
    [
      "keys of another server",
      (d) => {
        rmSync(join(d, "keys"), { recursive: true });
        cpSync(join(other, "keys"), join(d, "keys"), { recursive: true });
      },
      [["keys and database", "problem"]],
    ],
    [
      "a page of the database overwritten",
      (d) => {
        const path = join(d, "ostiary.db");
        const bytes = readFileSync(path);
        // An inner page: the first ones hold the schema.
        bytes.fill(0xff, bytes.length - 6144, bytes.length - 4096);
        writeFileSync(path, bytes);
      },
      [["integrity of the database", "problem"]],
    ],
    ["a newer database", sql("INSERT INTO migration VALUES (999, 'later', 'x', 0)"), [["schema of the database", "problem"]]],
    ["an altered migration", sql("UPDATE migration SET hash = 'x' WHERE id = 1"), [["schema of the database", "problem"]]],
    ["an audit trail from the future", sql("UPDATE audit SET started_at = started_at + 86400000"), [["clock", "problem"]]],
    ["no administrator", sql("DELETE FROM admin"), [["administrators", "problem"]]],
    [
      "a chain of proxies that is none (G20)",
      sql("INSERT INTO config (key, value, type) VALUES ('OverrideAuthorizationClient', '10.0.0.1, proxy', '')"),
      [["proxies", "problem"]],
    ],
    [
      "proxies everywhere",
      sql("INSERT INTO config (key, value, type) VALUES ('OverrideAuthorizationClient', '0.0.0.0/0', '')"),
      [["proxies", "problem"]],
    ],
    [
      "web servers everywhere",
      settings('[auth]\nremote_user = "X-User"\nremote_user_from = ["::/0"]\n'),
      [["proxies", "problem"]],
    ],
    ["no default realm", sql("UPDATE realm SET is_default = 0"), [["realms", "warning"]]],
    [
      "a user who is gone",
      (d) => writeFileSync(join(d, "users", "people"), `${passwdLine("alice", 1)}\n`),
      [["owners of tokens", "warning"]],
    ],
    [
      "a source that is gone",
      sql("UPDATE token_owner SET resolver = 'gone' WHERE user_id = '1'"),
      [["owners of tokens", "warning"]],
    ],
    ["a file of users that is gone", (d) => rmSync(join(d, "users", "people")), [["user sources", "problem"]]],
    [
      "a setting mistyped",
      sql("INSERT INTO config (key, value) VALUES ('DefaultOtpLenn', '8')"),
      [["system settings", "warning"]],
    ],
    [
      "a setting with a wrong value",
      sql("INSERT INTO config (key, value) VALUES ('DefaultOtpLen', 'six')"),
      [["system settings", "warning"]],
    ],
    ["an unknown key in ostiary.toml", settings('[log]\nlevl = "info"\n'), [["settings", "problem"]]],
    ["ostiary.toml for all to read", settings('[log]\nlevel = "info"\n', 0o644), [["settings file", "warning"]]],
    [
      "ostiary.toml for all to write",
      (d) => {
        settings("")(d);
        chmodSync(join(d, "ostiary.toml"), 0o666);
      },
      [["settings file", "problem"]],
    ],
    [
      "a checkpoint file that can not be written",
      (d) => mkdirSync(join(d, "none")),
      [["checkpoints of the audit trail", "problem"]],
      ["--set", "audit.checkpoint_file=/proc/none/file"],
    ],
    ["weak hashes", () => {}, [["wisdom of settings", "warning"]], ["--set", "hash.memory_kib=8"]],
    ["all addresses without TLS", () => {}, [["wisdom of settings", "warning"]], ["--listen", "0.0.0.0:8080"]],
    [
      "administrators of a realm that is not there",
      () => {},
      [["administrators", "warning"]],
      ["--set", "auth.superuser_realms=moon"],
    ],
    ["the debug log", () => {}, [["wisdom of settings", "warning"]], ["--set", "log.level=debug"]],
    ["no budget of guesses", () => {}, [["wisdom of settings", "warning"]], ["--set", "guard.user=off"]],
  ];
  let other: string;
  beforeAll(async () => {
    other = makeDataDir();
    await runOstiary(["init", "--data", other, "--admin", adminName, "--password-stdin"], { input: `${adminPassword}\n` });
  });

  test.each(ROWS)("%s", async (_what, damage, expected, args = []) => {
    const dataDir = makeDataDir();
    cpSync(sound, dataDir, { recursive: true });
    // The source of the copy is the file of the copy.
    sql(`UPDATE resolver_config SET value = '${join(dataDir, "users", "people")}'`)(dataDir);
    damage(dataDir);
    const report = await look(dataDir, ...args);
    expect(grave(report) as never).toEqual(expect.arrayContaining(expected) as never);
    expect(grave(report).length).toBe(expected.length);
    for (const { meaning, advice } of report.findings) expect([meaning.length > 5, advice.length > 4]).toEqual([true, true]);
  });

  test("a problem makes the exit code 1", async () => {
    const dataDir = makeDataDir();
    cpSync(sound, dataDir, { recursive: true });
    chmodSync(join(dataDir, "ostiary.db"), 0o644);
    expect((await examine(dataDir)).code).toBe(1);
  });
  test("--strict: a warning makes the exit code 1", async () => {
    expect((await examine(sound, "--set", "log.level=debug")).code).toBe(0);
    expect((await examine(sound, "--set", "log.level=debug", "--strict")).code).toBe(1);
  });

  test("a sealed key ring: what can not be tried is said, and is no problem", async () => {
    const dataDir = makeDataDir();
    await runOstiary(["init", "--data", dataDir, "--admin", "a", "--password-stdin", "--seal"], {
      input: `${adminPassword}\nlong passphrase\n`,
    });
    const report = await examine(dataDir);
    expect([report.code, grave(report)]).toEqual([0, []]);
    expect(report.findings.find(({ check }) => check === "key ring")?.what).toContain("sealed by a passphrase");
  });
});

describe("--pi-cfg", () => {
  const directory = makeDataDir();
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const MANUAL = `# The realm, where users are allowed to login as administrators
SUPERUSER_REALM = ['super', 'administrators']
SQLALCHEMY_DATABASE_URI = 'mysql://pi:hunter2@localhost/pi'
SECRET_KEY = 't0p s3cr3t'
PI_PEPPER = "Never know..."
PI_AUDIT_SQL_TRUNCATE = True
PI_LOGLEVEL = 30
PI_NODE = 'alpha'
`;

  test("for people, line by line, no secret; nothing of a data directory is needed", async () => {
    const { code, stdout, stderr } = await runOstiary(["doctor", "--pi-cfg", file("pi.cfg", MANUAL), "--data", "/nonexistent"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const line of [
      "line 2  SUPERUSER_REALM",
      "line 4  SECRET_KEY = [secret]",
      'line 7  PI_LOGLEVEL = 30\n    log.level = "warning"',
    ])
      expect(stdout).toContain(line);
    expect(stdout).not.toMatch(/hunter2|t0p|Never know/);
  });
  test("--toml is what a server starts with; --json has the same", async () => {
    const path = file("pi.cfg", MANUAL);
    const { stdout, stderr } = await runOstiary(["doctor", "--pi-cfg", path, "--toml"]);
    expect(stderr).toBe("");
    const doubtful = await runOstiary(["doctor", "--pi-cfg", file("odd.cfg", `${MANUAL}\nif x:\n    PI_NODE = 'b'\n`), "--toml"]);
    expect([doubtful.code, doubtful.stderr]).toEqual([1, expect.stringMatching(/not in it: line \d+ of odd\.cfg, line \d+/)]);
    const dataDir = makeDataDir();
    writeFileSync(join(dataDir, "ostiary.toml"), stdout, { mode: 0o600 });
    expect((await examine(dataDir)).findings.filter(({ check }) => check === "settings")).toEqual([]);
    const { lines, settings } = JSON.parse((await runOstiary(["doctor", "--pi-cfg", path, "--json"])).stdout);
    expect(lines.length).toBe(7);
    expect(settings.map(({ key }: { key: string }) => key)).toEqual(["node.name", "auth.superuser_realms", "log.level"]);
    for (const { key } of settings) expect(Object.keys(registry)).toContain(key);
  });
  test("Z01 a second file wins; a line for a person makes the exit code 1", async () => {
    const { stdout, code } = await runOstiary([
      "doctor",
      "--pi-cfg",
      file("pi.cfg", MANUAL),
      file("two.cfg", "PI_NODE = 'beta'"),
      "--toml",
    ]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('name = "beta"') as never]);
    expect((await runOstiary(["doctor", "--pi-cfg", file("code.cfg", "PI_NODE = call()")])).code).toBe(1);
  });
  test("a file that is not there, too large, or binary", async () => {
    for (const path of ["/nonexistent.cfg", directory, file("large", "#".repeat(300_000))]) {
      const { code, stderr } = await runOstiary(["doctor", "--pi-cfg", path]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("can not be read") as never]);
    }
    expect([0, 1]).toContain(
      (await runOstiary(["doctor", "--pi-cfg", process.execPath.replace(/.*/, file("binary", "\u0000\u0001\ufffd=[["))])).code,
    );
    expect((await runOstiary(["doctor", "pi.cfg"])).code).toBe(2);
    expect((await runOstiary(["doctor", "--toml"])).code).toBe(2);
  });
});

test("commands that the table of old names leads to exist", async () => {
  const { stdout } = await runOstiary(["--help"]);
  for (const { words, now } of oldCommands)
    if (typeof now === "object")
      expect([words, stdout]).toEqual([words, expect.stringMatching(new RegExp(`^ {2}${now.command} `, "m")) as never]);
});
