// A hardware key store through PKCS#11, with SoftHSM2 as the hardware (config-and-tokens.md C01-C20, A42-A56; rest-api.md 2.5):
// keys that stay in the module, a ring that the module seals, PINs, and a token that is pulled out.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "./kit/data-dir.ts";
import { type CommandOutcome, runOstiary } from "./kit/run-ostiary.ts";
import { makeSoftHsm, type SoftHsm, softHsmLibrary } from "./kit/soft-hsm.ts";
import { adminName, adminPassword, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, type TestToken } from "./kit/tokens.ts";

const skip = softHsmLibrary === null;
if (skip) console.warn("softhsm2 is not installed: tests of the hardware key store are skipped");

interface Site {
  hsm: SoftHsm;
  dataDir: string;
  run(words: string[], input?: string): Promise<CommandOutcome>;
  /** Starts a server; `locked`: without waiting for readiness. */
  start(locked?: boolean): Promise<TestServer>;
  /** Writes ostiary.toml anew. */
  configure(change?: Record<string, string | number>): void;
}

function makeSite(): Site {
  const hsm = makeSoftHsm();
  const dataDir = makeDataDir();
  const configure = (change = {}) => writeFileSync(join(dataDir, "ostiary.toml"), hsm.toml(change));
  configure();
  return {
    hsm,
    dataDir,
    configure,
    run: (words, input = "") =>
      runOstiary([...words, "--data", dataDir], { input, env: { PATH: process.env.PATH ?? "", ...hsm.env } }),
    start: (locked = false) => startServer({ dataDir, env: hsm.env, waitReady: !locked }),
  };
}

async function setUp(site: Site, create: string[]): Promise<void> {
  for (const [words, input] of [
    [["key", "create", ...create], ""],
    [["admin", "add", adminName, "--password-stdin"], `${adminPassword}\n`],
  ] as const) {
    const { code, stderr } = await site.run([...words], input);
    if (code !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
  }
}

const readReasons = async ({ url }: TestServer) =>
  ((await (await fetch(`${url}/readyz`)).json()) as { reasons: string[] }).reasons;
async function waitFor(server: TestServer, ready: boolean): Promise<void> {
  while ((await fetch(`${server.url}/readyz`)).ok !== ready) await Bun.sleep(20);
}
/** The session of an administrator of a server that started locked. */
const logInto = async (server: TestServer): Promise<string> =>
  (await server.api<{ token: string }>("POST", "/auth", { username: adminName, password: adminPassword }, { token: "" })).value
    ?.token ?? "";
const readRing = ({ dataDir }: Site) => readFileSync(join(dataDir, "keys", "keyring.json"), "utf8");

describe.skipIf(skip)("AES keys that never leave the module (C10)", () => {
  const site = skip ? (null as never) : makeSite();
  let server: TestServer;
  let token: TestToken;
  const logIn = async (counter: number) =>
    (await check(server, { serial: token.serial, pass: `secret${token.value(counter)}` })).answer;

  beforeAll(async () => {
    await setUp(site, ["--pkcs11"]);
    server = await site.start();
    token = await enrol(server, { pin: "secret" });
  });
  afterAll(() => server.stop());

  test("the ring holds a name and no key; tokens are sealed under it and log-ins work (A43, A45, A48, C16)", async () => {
    const { sealKeys } = JSON.parse(readRing(site)) as { sealKeys: Record<string, string>[] };
    expect(sealKeys).toEqual([
      { id: expect.any(String), created: expect.any(String), kind: "pkcs11", label: "ostiary", ckaId: expect.any(String) },
    ] as never);
    expect((await logIn(0)).value).toBe(true);
    expect((await logIn(0)).value).toBe(false);
    const status = JSON.parse((await site.run(["key", "status", "--json"])).stdout);
    expect(status).toMatchObject({ form: "plain", open: true, left: 0, keys: [{ kind: "pkcs11", label: "ostiary" }] });
    expect(status.sealed[status.active]).toBe(1);
    expect((await server.api("GET", "/system/hsm")).value).toEqual({ is_ready: true });
    const doctor = await site.run(["doctor"]);
    expect(doctor.stdout).toContain("The keys of the seeds are in a security module.");
    expect(doctor.stdout).not.toContain("who copies database and keys together has every seed");
  });

  test("the token pulled out: 503 that says so, nothing spent, a stop in time; put back: it goes on without a restart (C11)", async () => {
    site.hsm.takeOut();
    const answers = await Promise.all(Array.from({ length: 30 }, () => logIn(1)));
    for (const { status, error, headers } of answers) {
      expect([status, error?.code]).toEqual([503, 707]);
      expect(error?.message).toContain("security module");
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    await waitFor(server, false);
    expect((await readReasons(server)).join()).toContain("no token");
    expect((await server.api("GET", "/system/hsm")).value).toEqual({ is_ready: false });
    const made = await server.api("POST", "/token/init", { type: "hotp", genkey: 1 });
    expect([made.status, made.error?.code]).toEqual([503, 707]);
    site.hsm.putBack();
    await waitFor(server, true);
    expect((await logIn(1)).value).toBe(true);
    expect((await logIn(1)).value).toBe(false);
  });

  test("without the token the server starts, says what is missing, refuses log-ins, and opens by itself when it comes", async () => {
    await server.stop({ keep: true });
    site.hsm.takeOut();
    server = await site.start(true);
    expect((await readReasons(server)).join()).toContain('no token labelled "ostiary"');
    expect([(await logIn(2)).status, (await logIn(2)).error?.code]).toEqual([503, 707]);
    const started = performance.now();
    expect(await server.stop({ keep: true })).toBe(0);
    expect(performance.now() - started).toBeLessThan(8000);
    server = await site.start(true);
    site.hsm.putBack();
    await waitFor(server, true);
    expect((await logIn(2)).value).toBe(true);
  });

  test("a wrong PIN in the file: tried once, said in words; the right one by POST /system/hsm opens (A46)", async () => {
    await server.stop({ keep: true });
    const pinFile = join(site.dataDir, "pin");
    writeFileSync(pinFile, "not the pin\n", { mode: 0o600 });
    site.configure({ pkcs11_pin_file: pinFile });
    server = await site.start(true);
    expect((await readReasons(server)).join()).toContain("refused the PIN");
    expect((await logIn(3)).status).toBe(503);
    const token = await logInto(server);
    const send = (password: string) => server.api("POST", "/system/hsm", { password }, { token });
    const wrong = await send("1111");
    expect([wrong.status, wrong.error?.code, wrong.error?.message]).toEqual([
      400,
      707,
      "ERR707: The passphrase or PIN is wrong.",
    ]);
    expect((await send(site.hsm.pin)).value).toEqual({ is_ready: true });
    expect((await logIn(3)).value).toBe(true);
    expect(server.output()).not.toContain(site.hsm.pin);
    expect(server.output()).not.toContain("not the pin");
  });

  test("no PIN file: locked after each start, the PIN comes by POST /system/hsm and is forgotten by the next one (C04, Z12)", async () => {
    await server.stop({ keep: true });
    site.configure({ pkcs11_pin_file: "" });
    server = await site.start(true);
    expect((await readReasons(server)).join()).toContain("waits for its PIN");
    expect((await server.api("POST", "/system/hsm", { password: site.hsm.pin }, { token: await logInto(server) })).value).toEqual(
      {
        is_ready: true,
      },
    );
    expect((await logIn(4)).value).toBe(true);
    // A command reads it from standard input.
    expect((await site.run(["key", "rotate", "--pkcs11"], "wrong\n")).stderr).toContain("wrong");
    const { code, stderr } = await site.run(["key", "rotate"], `${site.hsm.pin}\n`);
    expect([code, stderr.includes(site.hsm.pin)]).toEqual([0, false]);
    // The running server meets the new key in the module and uses it.
    expect((await logIn(5)).value).toBe(true);
    // A key in the module is followed by another one there, unless somebody says otherwise.
    const { sealKeys } = JSON.parse(readRing(site)) as { sealKeys: { kind?: string }[] };
    expect(sealKeys.map(({ kind }) => kind)).toEqual(["pkcs11", "pkcs11"]);
  });

  test("a module that is not there or not configured any more: the server starts and says so; the settings file alone names it", async () => {
    await server.stop({ keep: true });
    site.configure({ pkcs11_module: "/nonexistent/lib.so" });
    server = await site.start(true);
    expect((await readReasons(server)).join()).toContain("/nonexistent/lib.so");
    await server.stop({ keep: true });
    writeFileSync(join(site.dataDir, "ostiary.toml"), "");
    server = await site.start(true);
    expect((await readReasons(server)).join()).toContain("keys.pkcs11_module");
    expect((await logIn(6)).status).toBe(503);
    const refused = await site.run(["key", "status", "--set", `keys.pkcs11_module=${site.hsm.library}`]);
    expect([refused.code, refused.stderr.includes("only stand in the settings file")]).toEqual([1, true]);
  });
});

describe.skipIf(skip)("a ring that the module seals (C15, C17, C20)", () => {
  const site = skip ? (null as never) : makeSite();
  let server: TestServer;
  let token: TestToken;
  const logIn = async (counter: number) =>
    (await check(server, { serial: token.serial, pass: `secret${token.value(counter)}` })).answer;

  beforeAll(async () => {
    await setUp(site, ["--pkcs11-ring"]);
    server = await site.start();
    token = await enrol(server, { pin: "secret" });
  });
  afterAll(() => server.stop());

  test("the file shows no key; opened at the start before the first request; without the token log-ins go on, keys are in memory", async () => {
    expect(readRing(site)).not.toMatch(/PRIVATE|sealKeys/);
    expect((await logIn(0)).value).toBe(true);
    site.hsm.takeOut();
    expect((await logIn(1)).value).toBe(true);
    expect(await readReasons(server)).toEqual([]);
    site.hsm.putBack();
  });

  test("started without the token: locked with the reason, opens by itself", async () => {
    await server.stop({ keep: true });
    site.hsm.takeOut();
    server = await site.start(true);
    expect((await readReasons(server)).join()).toContain("no token");
    expect((await logIn(2)).status).toBe(503);
    site.hsm.putBack();
    await waitFor(server, true);
    expect((await logIn(2)).value).toBe(true);
  });

  test("the seal is taken off and put on again, and keys move from the ring into the module: server and commands use it at once, no lock of ours is left behind (C18)", async () => {
    expect((await site.run(["key", "encrypt", "--remove"])).code).toBe(0);
    expect(readRing(site)).toContain("PRIVATE");
    const moved = await site.run(["key", "rotate", "--pkcs11", "--json"]);
    expect([moved.code, JSON.parse(moved.stdout)]).toMatchObject([0, { isNew: true, left: 0 }]);
    expect((await logIn(3)).value).toBe(true);
    expect((await site.run(["key", "encrypt", "--pkcs11"])).code).toBe(0);
    expect(readRing(site)).not.toContain("PRIVATE");
    expect((await logIn(4)).value).toBe(true);
    await server.stop({ keep: true });
    server = await site.start();
    expect((await logIn(5)).value).toBe(true);
  });

  test("another token of the same label has not the key: refused in words, nothing is made in its place", async () => {
    await server.stop({ keep: true });
    const before = readRing(site);
    const other = makeSoftHsm();
    server = await startServer({ dataDir: site.dataDir, env: other.env, waitReady: false });
    expect((await readReasons(server)).join()).toMatch(/the token has no key "ostiary-ring"|refused the PIN/);
    expect((await logIn(6)).status).toBe(503);
    expect(readRing(site)).toBe(before);
  });
});

// SoftHSM2 behind a gate: while the file `hang` is there, decrypting does not come back.
const HANGING = `
#include <dlfcn.h>
#include <unistd.h>
typedef unsigned long (*fn)();
static struct { long version; fn table[68]; } list;
static fn decrypt;
static unsigned long hang(unsigned long s, void *in, unsigned long n, void *out, void *m) {
  while (access(HANG_FILE, F_OK) == 0) usleep(20000);
  return decrypt(s, in, n, out, m);
}
unsigned long C_GetFunctionList(void **out) {
  void *real;
  fn get = (fn)dlsym(dlopen(REAL, RTLD_NOW), "C_GetFunctionList");
  unsigned long code = get(&real);
  if (code) return code;
  __builtin_memcpy(&list, real, sizeof list);
  decrypt = list.table[34];
  list.table[34] = (fn)hang;
  *out = &list;
  return 0;
}`;
const compiler = Bun.which("cc");
if (!skip && !compiler) console.warn("there is no C compiler: the test of a module that hangs is skipped");

test.skipIf(skip || compiler === null)(
  "a module that hangs: log-ins get a 503 after the timeout, a stop takes seconds",
  async () => {
    const site = makeSite();
    const folder = makeDataDir();
    const hang = join(folder, "hang");
    const library = join(folder, "hanging.so");
    const source = `#define REAL "${site.hsm.library}"\n#define HANG_FILE "${hang}"\n${HANGING}`;
    const built = Bun.spawnSync(["cc", "-w", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], { stdin: Buffer.from(source) });
    expect(built.stderr.toString()).toBe("");
    site.configure({ pkcs11_module: library, pkcs11_timeout_seconds: 1 });
    await setUp(site, ["--pkcs11"]);
    const server = await startServer({ dataDir: site.dataDir, env: site.hsm.env, args: ["--set", "server.drain_seconds=0"] });
    const token = await enrol(server, { pin: "secret" });
    const logIn = async () => (await check(server, { serial: token.serial, pass: `secret${token.value(0)}` })).answer;
    writeFileSync(hang, "");
    const refused = await logIn();
    expect([refused.status, refused.error?.code]).toEqual([503, 707]);
    rmSync(hang);
    // The value that was refused is good; what the module said too late counts for nothing.
    expect((await logIn()).value).toBe(true);
    writeFileSync(hang, "");
    const waiting = logIn().catch(() => null);
    await Bun.sleep(100);
    const started = performance.now();
    const code = await server.stop();
    expect(code).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    await waiting;
  },
);
