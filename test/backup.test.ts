// `ostiary backup` and `ostiary restore` as an operator uses them (config-and-tokens.md B08): beside a server under load, killed in
// the middle, with keys sealed, apart or left out.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDataDir } from "./kit/data-dir.ts";
import { type CommandOutcome, runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, passwdLine, readAudit, type TestToken } from "./kit/tokens.ts";

setDefaultTimeout(120_000);

const env = { PATH: process.env.PATH ?? "", ...QUICK_ENV, OSTIARY_GUARD_USER: "off" };
const PASSPHRASE = "a long passphrase";
const mainFile = join(import.meta.dir, "..", "engine", "main.ts");

const run = (args: string[], input = "") => runOstiary(args, { input, env });

let server: TestServer;
let tokens: TestToken[];

beforeAll(async () => {
  server = await startServer({ env });
  writeFileSync(join(server.dataDir, "users", "passwd"), `${passwdLine("alice", 1001)}\n`);
  tokens = [];
  for (let i = 0; i < 8; i += 1) tokens.push(await enrol(server, {}));
});
afterAll(() => server.stop());

const backUp = (args: string[], input = "") => run(["backup", "--data", server.dataDir, ...args], input);

/** A backup with its keys apart. */
async function backUpApart(): Promise<{ archive: string; keys: string; report: { counts: { tokens: number } } }> {
  const [archive, keys] = [join(makeDataDir(), "backup.tar.gz"), join(makeDataDir(), "keys.json")];
  const { code, stdout, stderr } = await backUp(["--to", archive, "--keys-to", keys, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return { archive, keys, report: JSON.parse(stdout) };
}

/** Milliseconds that something takes undisturbed: the moments at which it is killed are parts of it, on any machine. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const tick = performance.now();
  await run();
  return performance.now() - tick;
}

function expectRefusal({ code, stdout, stderr }: CommandOutcome, wanted: number, ...words: string[]): void {
  expect([code, stdout]).toEqual([wanted, ""]);
  expect(stderr).not.toMatch(/\n\s+at |node_modules|\.ts:\d/);
  for (const word of words) expect(stderr).toContain(word);
}

describe("where the keys go", () => {
  test("nothing is said about the keys, or two things that contradict: exit code 2", async () => {
    const rows: [args: string[], input: string, words: string[]][] = [
      [["--to", "/tmp"], "", ["--passphrase-stdin", "--keys-to", "--without-keys"]],
      [["--to", "/tmp", "--without-keys", "--keys-to", "/tmp/x"], "", ["what happens to the keys"]],
      [["--without-keys"], "", ["--to is missing"]],
      [["--to", "/tmp", "--passphrase-stdin"], "short\n", ["12 characters"]],
    ];
    await Promise.all(rows.map(async ([args, input, words]) => expectRefusal(await backUp(args, input), 2, ...words)));
  });

  test("keys in the clear in the directory of the archive, above it, below it, or behind a link to it: refused", async () => {
    const [room, other] = [makeDataDir(), makeDataDir()];
    mkdirSync(join(room, "in", "deep"), { recursive: true });
    symlinkSync(join(room, "in"), join(other, "link"));
    const archive = join(room, "in", "backup.tar.gz");
    const places = [join(room, "in", "k"), join(room, "k"), join(room, "in", "deep", "k"), join(other, "link", "k")];
    await Promise.all(
      places.map(async (keys) => expectRefusal(await backUp(["--to", archive, "--keys-to", keys]), 1, "in one place")),
    );
    expect(readdirSync(room, { recursive: true }).sort()).toEqual(["in", join("in", "deep")]);
    // Sealed they may lie beside it.
    const sealed = await backUp(["--to", archive, "--keys-to", join(room, "in", "k"), "--passphrase-stdin"], `${PASSPHRASE}\n`);
    expect(sealed.code).toBe(0);
    expect(readFileSync(join(room, "in", "k"), "utf8")).toContain('"sealed"');
  });

  test("a backup inside the data directory, over another file, or into no directory: refused", async () => {
    expectRefusal(await backUp(["--to", join(server.dataDir, "b.tar.gz"), "--without-keys"]), 1, "inside the data directory");
    const there = join(makeDataDir(), "there");
    writeFileSync(there, "precious");
    expectRefusal(await backUp(["--to", there, "--without-keys"]), 1, "never overwrites");
    expect(readFileSync(there, "utf8")).toBe("precious");
    expectRefusal(await backUp(["--to", join(there, "b"), "--without-keys"]), 1, "no directory");
    expectRefusal(await run(["backup", "--data", makeDataDir(), "--to", "/tmp", "--without-keys"]), 1, "no database");
  });
});

describe("a round", () => {
  test("sealed keys inside, a name with node and time, mode 0600, audited; restored under the passphrase only", async () => {
    const room = makeDataDir();
    const { code, stdout } = await backUp(["--to", room, "--passphrase-stdin"], `${PASSPHRASE}\n`);
    expect(code).toBe(0);
    const [name = "", ...others] = readdirSync(room);
    expect(others).toEqual([]);
    expect(name).toMatch(/^ostiary-node1-\d{8}T\d{6}Z\.tar\.gz$/);
    expect(stdout).toContain(name);
    expect((statSync(join(room, name)).mode & 0o777).toString(8)).toBe("600");
    expect(readAudit(server.dataDir, "action = 'backup'").at(-1)).toMatchObject({ success: 1, info: join(room, name) });

    const dataDir = join(makeDataDir(), "restored");
    const restore = (input: string, ...more: string[]) =>
      run(["restore", "--from", join(room, name), "--data", dataDir, "--passphrase-stdin", ...more], input);
    expectRefusal(await restore("another passphrase\n"), 1, "passphrase is wrong");
    expectRefusal(await run(["restore", "--from", join(room, name), "--data", dataDir]), 1, "--passphrase-stdin");
    expect(existsSync(dataDir)).toBe(false);
    const dry = await restore(`${PASSPHRASE}\n`, "--dry-run");
    expect([dry.code, existsSync(dataDir)]).toEqual([0, false]);
    expect(dry.stdout).toContain("could be restored");

    const done = await restore(`${PASSPHRASE}\n`);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/COUNTERS MOVED BACK: 8 counting tokens/);
    expect(done.stdout).toContain("ostiary serve");
    const again = await startServer({ dataDir, env });
    expect((await again.api("GET", "/system/", {}, { token: server.adminToken })).status).toBe(401);
    const login = await again.api("POST", "/auth", { username: adminName, password: adminPassword });
    expect(login.status).toBe(200);
    await again.stop({ keep: true });
    const verified = await run(["audit", "verify", "--data", dataDir, "--json"]);
    expect([verified.code, JSON.parse(verified.stdout).problemCount]).toEqual([0, 0]);
    expectRefusal(await restore(`${PASSPHRASE}\n`), 1, "is not empty");
  });

  test("the keys that are written elsewhere are those of the data directory and nothing else", async () => {
    mkdirSync(join(server.dataDir, "gpg"));
    writeFileSync(join(server.dataDir, "gpg", "vendor.asc"), "key");
    writeFileSync(join(server.dataDir, "tls.key"), "key");
    const settings = join(server.dataDir, "ostiary.toml");
    writeFileSync(settings, '[tls]\ncertificate_file = "tls.crt"\nkey_file = "tls.key"\n', { mode: 0o600 });
    const { keys, archive } = await backUpApart();
    rmSync(settings);
    expect((statSync(keys).mode & 0o777).toString(8)).toBe("600");
    const names = ["audit.pub", "keyring.json", "response.pub", "session.json"].map((name) => `keys/${name}`);
    expect(Object.keys(JSON.parse(readFileSync(keys, "utf8")).files)).toEqual([...names, "gpg/vendor.asc", "tls.key"]);
    const dataDir = join(makeDataDir(), "restored");
    expect((await run(["restore", "--from", archive, "--keys", keys, "--data", dataDir])).code).toBe(0);
    expect(readFileSync(join(dataDir, "gpg", "vendor.asc"), "utf8")).toBe("key");
  });

  test("with the server stopped; keys left out and given as a copied directory; everything of the data directory comes back", async () => {
    const dataDir = makeDataDir();
    await run(["init", "--data", dataDir, "--admin", adminName, "--password-stdin"], `${adminPassword}\n`);
    writeFileSync(join(dataDir, "ostiary.toml"), '[log]\nlevel = "warning"\n');
    mkdirSync(join(dataDir, "templates", "mail"), { recursive: true });
    writeFileSync(join(dataDir, "templates", "mail", "token.txt"), "hello");
    symlinkSync("/etc/hostname", join(dataDir, "link"));
    writeFileSync(join(dataDir, "audit-index.db"), "made anew from the trail");
    const archive = join(makeDataDir(), "b.tar.gz");
    const { code, stdout } = await run(["backup", "--data", dataDir, "--to", archive, "--without-keys", "--json"]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ keysInside: false, leftOut: ["link"], counts: { administrators: 1 } });
    // No lock, no index, nothing of the live database, no key.
    expect(report.parts.map(({ name }: { name: string }) => name)).toEqual([
      "files/audit-checkpoints.jsonl",
      "files/ostiary.toml",
      "files/templates/mail/token.txt",
      "ostiary.db",
    ]);

    const target = join(makeDataDir(), "new");
    expectRefusal(await run(["restore", "--from", archive, "--data", target]), 1, "--keys");
    const done = await run(["restore", "--from", archive, "--data", target, "--keys", join(dataDir, "keys"), "--json"]);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(JSON.parse(done.stdout)).toMatchObject({ dataDir: target, lost: 0, dryRun: false });
    for (const path of ["ostiary.toml", join("templates", "mail", "token.txt"), join("keys", "keyring.json")])
      expect(readFileSync(join(target, path))).toEqual(readFileSync(join(dataDir, path)));
    expect(existsSync(join(target, "link"))).toBe(false);
  });

  test("a key ring that is sealed itself: backed up while locked; its seeds are tried if its passphrase is given", async () => {
    const dataDir = makeDataDir();
    const ring = "passphrase of the ring";
    await run(["init", "--data", dataDir, "--admin", adminName, "--password-stdin", "--seal"], `${adminPassword}\n${ring}\n`);
    const locked = await startServer({ dataDir, env, waitReady: false });
    const login = await locked.api<{ token: string }>("POST", "/auth", { username: adminName, password: adminPassword });
    const token = login.value?.token ?? "";
    await locked.api("POST", "/system/hsm", { password: ring }, { token });
    await locked.api("POST", "/token/init", { type: "hotp", genkey: 1 }, { token });
    await locked.stop({ keep: true });
    const archive = join(makeDataDir(), "b.tar.gz");
    expect((await run(["backup", "--data", dataDir, "--to", archive, "--without-keys"])).code).toBe(0);
    const restore = async (input: string, ...more: string[]) => {
      const args = ["restore", "--from", archive, "--data", join(makeDataDir(), "x"), "--dry-run", "--json"];
      return run([...args, "--keys", join(dataDir, "keys"), ...more], input);
    };
    const untried = JSON.parse((await restore("")).stdout);
    expect(untried).toMatchObject({ seedsOpened: null, warnings: expect.arrayContaining([expect.stringContaining("sealed")]) });
    const tried = await restore(`${ring}\n`, "--ring-passphrase-stdin");
    expect(JSON.parse(tried.stdout).seedsOpened).toBeGreaterThan(0);
    expectRefusal(await restore("wrong\n", "--ring-passphrase-stdin"), 1, "passphrase of the key ring is wrong");
  });

  test("a server does not start, and init does not begin, where a restore was interrupted", async () => {
    const dataDir = makeDataDir();
    mkdirSync(join(dataDir, ".restoring"));
    expectRefusal(await run(["serve", "--data", dataDir, "--listen", "127.0.0.1:0"]), 1, "interrupted");
    const init = await run(["init", "--data", dataDir, "--admin", adminName, "--password-stdin"], `${adminPassword}\n`);
    expectRefusal(init, 1, "interrupted");
    expect(readdirSync(dataDir)).toEqual([".restoring"]);
  });
});

describe("under load", () => {
  test("every log-in that was answered before the backup began is in the copy, and the copy fits together", async () => {
    const next = tokens.map(() => 0);
    let running = true;
    let refused = 0;
    const worker = async (index: number) => {
      const token = tokens[index];
      while (running && token) {
        const answer = await check(server, { serial: token.serial, pass: token.value(next[index] ?? 0) });
        if (answer.accepted) next[index] = (next[index] ?? 0) + 1;
        else refused += 1;
      }
    };
    const workers = tokens.map((_, index) => worker(index));
    while (next.some((count) => count < 20)) await Bun.sleep(5);
    const answered = [...next];
    const { archive, keys } = await backUpApart();
    const after = [...next];
    running = false;
    await Promise.all(workers);
    expect(refused).toBe(0);
    // It was under load indeed.
    expect(Math.min(...after.map((count, index) => count - (answered[index] ?? 0)))).toBeGreaterThan(0);

    const dataDir = join(makeDataDir(), "restored");
    expect((await run(["restore", "--from", archive, "--data", dataDir, "--keys", keys])).code).toBe(0);
    const again = await startServer({ dataDir, env });
    for (const [index, token] of tokens.entries()) {
      const counter = (answered[index] ?? 1) - 1;
      const list = await again.api<{ tokens: { count: number }[] }>("GET", "/token/", { serial: token.serial });
      expect(list.value?.tokens[0]?.count).toBeGreaterThan(counter);
      expect((await check(again, { serial: token.serial, pass: token.value(counter) })).accepted).toBe(false);
    }
    await again.stop({ keep: true });
    const verified = await run(["audit", "verify", "--data", dataDir, "--json"]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ problemCount: 0 });
    rmSync(dirname(dataDir), { recursive: true });
  });

  test("kill -9 at any moment of a backup leaves no file with the archive's name, or a whole one", async () => {
    let whole = 0;
    const took = await timeOf(() => backUpApart());
    for (const part of [0.2, 0.5, 0.7, 0.9]) {
      const [archive, keys] = [join(makeDataDir(), "backup.tar.gz"), join(makeDataDir(), "keys.json")];
      const args = ["backup", "--data", server.dataDir, "--to", archive, "--keys-to", keys];
      const child = Bun.spawn([process.execPath, mainFile, ...args], { env, stdout: "ignore", stderr: "ignore" });
      await Bun.sleep(part * took);
      child.kill("SIGKILL");
      await child.exited;
      if (!existsSync(archive)) continue;
      whole += 1;
      const source = existsSync(keys) ? keys : join(server.dataDir, "keys");
      const dry = await run(["restore", "--from", archive, "--data", join(makeDataDir(), "x"), "--keys", source, "--dry-run"]);
      expect([part, dry.code, dry.stderr]).toEqual([part, 0, expect.any(String)]);
    }
    expect(whole).toBeLessThan(4);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("a signal that can be heard leaves nothing at all", async () => {
    const room = makeDataDir();
    const args = ["backup", "--data", server.dataDir, "--to", join(room, "backup.tar.gz"), "--without-keys"];
    const child = Bun.spawn([process.execPath, mainFile, ...args], { env, stdout: "ignore", stderr: "ignore" });
    while (readdirSync(room).length === 0 && child.exitCode === null) await Bun.sleep(1);
    child.kill("SIGINT");
    await child.exited;
    expect(readdirSync(room).filter((name) => name !== "backup.tar.gz")).toEqual([]);
  });

  test("kill -9 at any moment of a restore leaves nothing a server would start on, or all of it", async () => {
    const { archive, keys } = await backUpApart();
    let whole = 0;
    const undisturbed = join(makeDataDir(), "restored");
    const took = await timeOf(() => run(["restore", "--from", archive, "--data", undisturbed, "--keys", keys]));
    for (const part of [0.2, 0.5, 0.7, 0.9]) {
      const dataDir = join(makeDataDir(), "restored");
      const args = ["restore", "--from", archive, "--data", dataDir, "--keys", keys];
      const child = Bun.spawn([process.execPath, mainFile, ...args], { env, stdout: "ignore", stderr: "ignore" });
      await Bun.sleep(part * took);
      child.kill("SIGKILL");
      await child.exited;
      const database = existsSync(join(dataDir, "ostiary.db"));
      whole += database ? 1 : 0;
      if (database || !existsSync(join(dataDir, ".restoring"))) continue;
      expectRefusal(await run(["serve", "--data", dataDir, "--listen", "127.0.0.1:0"]), 1, "interrupted");
      if (existsSync(join(dataDir, "keys"))) continue;
      // What is left does not stand in the way of the next one.
      expect((await run(["restore", "--from", archive, "--data", dataDir, "--keys", keys])).code).toBe(0);
    }
    expect(whole).toBeLessThan(4);
  });
});
