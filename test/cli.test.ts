// The command line, each command in a process of its own: what it makes, what it prints, what it refuses, and its exit code
// (0 done, 1 it failed, 2 called in a wrong way). A refusal is for people: words, no stack.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "./kit/data-dir.ts";
import { type CommandOutcome, runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const env = { PATH: process.env.PATH ?? "", ...QUICK_ENV };

const run = (args: string[], input = "", more: Record<string, string> = {}) =>
  runOstiary(args, { input, env: { ...env, ...more } });
const init = (dataDir: string, input = `${adminPassword}\n`) =>
  run(["init", "--data", dataDir, "--admin", adminName, "--password-stdin"], input);

/** It failed, said why on the error stream, and did not fall over. */
function expectRefusal({ code, stderr }: CommandOutcome, wanted: number, ...words: string[]): void {
  expect([code, stderr]).toEqual([wanted, expect.stringMatching(/^ostiary/)]);
  expect(stderr).not.toMatch(/\n\s+at |node_modules|\.ts:\d/);
  for (const word of words) expect(stderr).toContain(word);
}

/** Every file below a directory with its mode. */
function modesOf(directory: string): [name: string, mode: string][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [string, string] => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), (statSync(path).mode & 0o777).toString(8)];
    });
}

describe("--help and exit codes", () => {
  test("ostiary, --help and help list the commands", async () => {
    for (const args of [[], ["--help"]]) {
      const { code, stdout, stderr } = await run(args);
      expect([code, stderr]).toEqual([0, ""]);
      for (const name of ["serve", "init", "admin add", "admin list", "audit verify", "otp"]) expect(stdout).toContain(name);
    }
  });

  test("each command explains itself, also where it could not run", async () => {
    const names = ["serve", "init", "admin add", "audit verify", "otp"];
    await Promise.all(
      names.map(async (name) => {
        const { code, stdout, stderr } = await run([...name.split(" "), "--data", "/nonexistent", "--help"]);
        expect([name, code, stderr]).toEqual([name, 0, ""]);
        expect(stdout).toStartWith(`ostiary ${name}`);
      }),
    );
  });

  test("2 for what it does not understand", async () => {
    const rows: [args: string[], word: string][] = [
      [["nonsense"], "no command"],
      [["serve", "--nonsense"], "--nonsense"],
      [["serve", "now"], '"now"'],
      [["init", "--password-stdin"], "--admin"],
      [["init", "--admin", "admin"], "--password-stdin"],
      [["admin", "add", "--password-stdin"], "name"],
      [["admin", "delete", "one", "two"], '"two"'],
    ];
    await Promise.all(rows.map(async ([args, word]) => expectRefusal(await run(args), 2, word)));
  });
});

describe("init", () => {
  test("makes keys, database and administrator, readable by their owner only; never a second time", async () => {
    const dataDir = join(makeDataDir(), "deep", "data");
    const { code, stdout, stderr } = await init(dataDir);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("ostiary serve");
    expect(stdout).not.toContain(adminPassword);
    const modes = modesOf(dataDir);
    expect(modes.map(([name]) => name)).toContain("ostiary.db");
    expect(modes.map(([name]) => name)).toContain(join("keys", "keyring.json"));
    expect(modes.filter(([, mode]) => mode !== "600")).toEqual([]);
    expectRefusal(await init(dataDir), 1, dataDir, "never overwrites");
    expect(modesOf(dataDir)).toEqual(modes);
  });

  test.each([
    ["a short password", "1234567\n", "at least 8"],
    ["a very long password", `${"x".repeat(1025)}\n`, "at most 1024"],
  ])("%s: refused, nothing is made", async (_name, input, word) => {
    const dataDir = join(makeDataDir(), "data");
    expectRefusal(await init(dataDir, input), 1, word);
    expect(existsSync(dataDir)).toBe(false);
  });

  test("a directory that can not be made", async () => {
    expectRefusal(await init("/proc/none"), 1, "/proc/none");
  });
});

describe("serve", () => {
  let server: TestServer;

  test("the first start makes everything and prints the password once; the second start does not", async () => {
    const dataDir = makeDataDir();
    // startServer wants to log in as its own administrator: this one has the password that is printed.
    server = await startServer({ dataDir, env: QUICK_ENV, waitReady: false });
    const [, password = ""] = /password {2,}(\S+)/.exec(server.output()) ?? [];
    expect(password.length).toBeGreaterThanOrEqual(20);
    const logIn = () => server.api("POST", "/auth", { username: "admin", password });
    expect((await logIn()).status).toBe(200);
    // The lock holds nothing.
    expect(modesOf(dataDir).filter(([name, mode]) => mode !== "600" && !name.startsWith("engine.lock"))).toEqual([]);
    expect(await server.stop({ keep: true })).toBe(0);
    server = await startServer({ dataDir, env: QUICK_ENV, waitReady: false });
    expect(server.output()).not.toMatch(/^ *password /m);
    expect((await logIn()).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  describe("beside a running engine", () => {
    beforeAll(async () => {
      server = await startServer({ env: QUICK_ENV });
    });
    afterAll(() => server.stop());
    const serve = (dataDir: string, more: string[] = []) => run(["serve", "--data", dataDir, "--listen", "127.0.0.1:0", ...more]);

    test("two engines on one data directory: the second is refused, the first goes on", async () => {
      expectRefusal(await serve(server.dataDir), 1, "another engine is running", "engine.lock");
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    });

    test("a port that is taken", async () => {
      const dataDir = makeDataDir();
      await init(dataDir);
      const outcome = await run(["serve", "--data", dataDir, "--listen", `127.0.0.1:${server.port}`]);
      expectRefusal(outcome, 1, `127.0.0.1:${server.port}`);
    });

    test("admin add, password, delete and list take effect at once: sessions of the old password are dead", async () => {
      const admin = (args: string[], input = "") => run(["admin", ...args, "--data", server.dataDir], input);
      const logIn = async (password: string) => {
        const answer = await server.api<{ token: string }>("POST", "/auth", { username: "root", password }, { token: "" });
        return answer.value?.token ?? "";
      };
      const works = async (token: string) => (await server.api("GET", "/system/", {}, { token })).status;

      expect(await admin(["add", "root", "--password-stdin", "--email", "root@example.com"], "first password\n")).toMatchObject({
        code: 0,
        stderr: "",
      });
      const first = await logIn("first password");
      expect(await works(first)).toBe(200);
      expectRefusal(await admin(["add", "root", "--password-stdin"], "other password\n"), 1, "already");
      expect(JSON.parse((await admin(["list", "--json"])).stdout)).toEqual([
        { username: adminName, email: "" },
        { username: "root", email: "root@example.com" },
      ]);
      expect((await admin(["list"])).stdout).toBe(`name   email\n${adminName}\nroot   root@example.com\n`);

      expect((await admin(["password", "root", "--password-stdin"], "second password\n")).code).toBe(0);
      expect(await works(first)).toBe(401);
      expect(await logIn("first password")).toBe("");
      const second = await logIn("second password");
      expect(await works(second)).toBe(200);
      expect(await works(server.adminToken)).toBe(200);

      expect((await admin(["delete", "root"])).code).toBe(0);
      expect(await works(second)).toBe(401);
      expect(await logIn("second password")).toBe("");
      expectRefusal(await admin(["delete", "root"]), 1, "no administrator");
      expectRefusal(await admin(["password", "root", "--password-stdin"], "third password\n"), 1, "no administrator");
    });

    test("admin: a name or password that will not do", async () => {
      const add = (name: string, input: string) =>
        run(["admin", "add", name, "--password-stdin", "--data", server.dataDir], input);
      expectRefusal(await add("root", "short\n"), 1, "at least 8");
      expectRefusal(await add(" root", "long enough\n"), 1, "blanks");
      expectRefusal(await run(["admin", "list", "--data", makeDataDir()]), 1, "holds no keys");
    });
  });

  describe("keys and database that do not belong together", () => {
    let dataDir: string;
    beforeAll(async () => {
      const used = await startServer({ env: QUICK_ENV });
      dataDir = used.dataDir;
      const { serial, value } = await enrol(used, {});
      await check(used, { serial, pass: value(0) });
      await used.stop({ keep: true });
    });
    afterAll(() => rmSync(dataDir, { recursive: true }));
    const copy = () => {
      const target = makeDataDir();
      cpSync(dataDir, target, { recursive: true });
      return target;
    };
    const serve = (at: string) => run(["serve", "--data", at, "--listen", "127.0.0.1:0"]);

    test("a database without keys: refused, and no new keys are made", async () => {
      const target = copy();
      rmSync(join(target, "keys"), { recursive: true });
      expectRefusal(await serve(target), 1, "keys", "restore");
      expect(existsSync(join(target, "keys"))).toBe(false);
    });

    test("keys without a database: refused, and no new database is made", async () => {
      const target = copy();
      for (const name of ["ostiary.db", "ostiary.db-wal", "ostiary.db-shm"]) rmSync(join(target, name), { force: true });
      expectRefusal(await serve(target), 1, "ostiary.db", "restore");
      expect(existsSync(join(target, "ostiary.db"))).toBe(false);
    });

    test("keys of another server, plain or sealed", async () => {
      for (const seal of [[], ["--seal"]]) {
        const [target, other] = [copy(), makeDataDir()];
        const args = ["init", "--data", other, "--admin", adminName, "--password-stdin", ...seal];
        await run(args, `${adminPassword}\nlong passphrase\n`);
        rmSync(join(target, "keys"), { recursive: true });
        cpSync(join(other, "keys"), join(target, "keys"), { recursive: true });
        expectRefusal(await serve(target), 1, "keys of another server", target);
      }
    });

    test("a key file that is missing, damaged, or open to others", async () => {
      const ring = (at: string) => join(at, "keys", "keyring.json");
      const missing = copy();
      rmSync(ring(missing));
      expectRefusal(await serve(missing), 1, "keyring.json is missing");
      const damaged = copy();
      writeFileSync(ring(damaged), "{");
      expectRefusal(await serve(damaged), 1, "keyring.json is damaged");
      const open = copy();
      writeFileSync(join(open, "keys", "copy"), "");
      rmSync(ring(open));
      cpSync(ring(dataDir), ring(open));
      Bun.spawnSync(["chmod", "644", ring(open)]);
      expectRefusal(await serve(open), 1, "chmod 600");
    });
  });
});

describe("settings that are wrong stop the start and name the key", () => {
  const dataDir = makeDataDir();
  mkdirSync(dataDir, { recursive: true });
  const ROWS: [from: string, args: string[], variables: Record<string, string>, toml: string, words: string[]][] = [
    ["flag", ["--set", "guard.usr=5/60"], {}, "", ["guard.usr", "guard.user"]],
    ["flag", ["--set", "guard.user=many"], {}, "", ["guard.user", "attempts/seconds"]],
    ["environment", [], { OSTIARY_GAURD_USER: "off" }, "", ["OSTIARY_GAURD_USER", "OSTIARY_GUARD_USER"]],
    ["environment", [], { OSTIARY_HASH_ITERATIONS: "-1" }, "", ["OSTIARY_HASH_ITERATIONS", "hash.iterations"]],
    ["toml", [], {}, '[pin]\nreject_flor = "true"\n', ["ostiary.toml", "pin.reject_flor", "pin.reject_floor"]],
    ["toml", [], {}, '[log]\nlevel = "loud"\n', ["ostiary.toml", "log.level", "debug"]],
    ["a file that is not there", ["--config", "/nonexistent.toml"], {}, "", ["/nonexistent.toml"]],
    ["two at once", ["--set", "log.level=loud"], { OSTIARY_GUARD_AUTH: "x" }, "", ["log.level", "guard.auth", "2 faults"]],
  ];
  test.each(ROWS)("%s: %j %j %j", async (_from, args, variables, toml, words) => {
    const file = join(dataDir, "ostiary.toml");
    if (toml === "") rmSync(file, { force: true });
    else writeFileSync(file, toml);
    expectRefusal(await run(["serve", "--data", dataDir, ...args], "", variables), 1, ...words);
    // Nothing was begun.
    expect(readdirSync(dataDir).filter((name) => name !== "ostiary.toml")).toEqual([]);
  });

  test("a wrong value is not repeated: it may be a secret", async () => {
    rmSync(join(dataDir, "ostiary.toml"), { force: true });
    const { stderr } = await run(["serve", "--data", dataDir, "--set", "log.level=hunter2"], "", {
      OSTIARY_GUARD_USER: "hunter3",
    });
    expect(stderr).toContain("log.level");
    expect(stderr).not.toMatch(/hunter[23]/);
  });
});

describe("otp", () => {
  const KEY = "3132333435363738393031323334353637383930";
  const B32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  const ROWS: [name: string, args: string[], input: string, printed: string][] = [
    ["RFC 4226 appendix D", ["--count", "3"], KEY, "755224\n287082\n359152\n"],
    ["RFC 4226 appendix D, from 9", ["--counter", "9"], KEY, "520489\n"],
    ["a base32 key", ["--base32", "--counter", "1"], B32, "287082\n"],
    ["RFC 6238 appendix B, SHA-1", ["--totp", "--time", "59", "--digits", "8"], KEY, "94287082\n"],
    [
      "RFC 6238 appendix B, SHA-256",
      ["--totp", "--time", "1111111109", "--digits", "8", "--algorithm", "sha256"],
      `${KEY}313233343536373839303132`,
      "68084774\n",
    ],
    ["an otpauth address, hotp", [], `otpauth://hotp/x?secret=${B32}&counter=2`, "359152\n"],
    ["an otpauth address, totp", ["--time", "59"], `otpauth://totp/x?secret=${B32}&digits=8`, "94287082\n"],
    ["--json", ["--json", "--counter", "1"], KEY, '[{"counter":1,"value":"287082"}]\n'],
  ];
  test("values of the RFCs, from a key and from an address", async () => {
    await Promise.all(
      ROWS.map(async ([name, args, input, printed]) => {
        expect([name, await run(["otp", ...args], `${input}\n`)]).toEqual([name, { code: 0, stdout: printed, stderr: "" }]);
      }),
    );
  });

  test("the address of an enrolment gives the value that logs in", async () => {
    const server = await startServer({ env: QUICK_ENV });
    const made = await server.api("POST", "/token/init", { type: "totp", genkey: 1 });
    const uri = made.detail?.googleurl as { value: string } | undefined;
    const { stdout } = await run(["otp"], `${uri?.value}\n`);
    expect((await check(server, { serial: made.detail?.serial, pass: stdout.trim() })).accepted).toBe(true);
    await server.stop();
  });

  test("2 for what is no key, and the key is not repeated", async () => {
    const rows: [args: string[], input: string][] = [
      [[], ""],
      [[], "not hexadecimal"],
      [["--base32"], "not base32!"],
      [[], "otpauth://hotp/x?secret=!"],
      [["--digits", "3"], KEY],
      [["--count", "x"], KEY],
      [["--algorithm", "md5"], KEY],
    ];
    await Promise.all(
      rows.map(async ([args, input]) => {
        const outcome = await run(["otp", ...args], `${input}\n`);
        expectRefusal(outcome, 2);
        // The example in the help has the key of the RFC.
        if (input !== "") expect(outcome.stderr.split("\n")[0]).not.toContain(input);
      }),
    );
  });
});
