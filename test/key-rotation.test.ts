// Rotation of the seal keys (architecture.md 3, C01, B01, Z11): every kind of sealed value, races, crashes at any moment, a server
// beside it.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addKey, dropKey, KeyInUseError, readKeyStatus, rotateKeys } from "../engine/services/key-rotation.ts";
import { sealedColumns } from "../engine/services/sealed-columns.ts";
import type { Vault } from "../engine/vault/vault.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, type TestToken } from "./kit/tokens.ts";

const inRing = { where: "same", label: "" } as const;
const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (fault: unknown) => fault,
  );
const text = (value: string) => new TextEncoder().encode(value);

/** Tokens straight into the tables: enrolling thousands over the API would take longer than the test. */
async function fillTokens({ engine }: TestApp, count: number, prefix: string): Promise<void> {
  const { store, vault } = engine;
  for (let from = 0; from < count; from += 100) {
    const statements = await Promise.all(
      Array.from({ length: Math.min(100, count - from) }, async (_, index) => {
        const serial = `${prefix}${String(from + index).padStart(6, "0")}`;
        const key_sealed = await vault.seal(text(`seed of ${serial}`), `token|${serial}|key`);
        return { query: store.sql.insertInto("token").values({ serial, type: "hotp", key_sealed, created_at: 1 }).compile() };
      }),
    );
    await store.commit({ kind: "write", statements, touches: ["none"] });
  }
}

/** Lets `key drop` believe that the keys were retired long ago. */
function ageRing(dataDir: string): void {
  const path = join(dataDir, "keys", "keyring.json");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(/"retired": "[^"]+"/g, '"retired": "2020-01-01T00:00:00.000Z"'));
}

describe("every kind of sealed value", () => {
  let app: TestApp;
  let token: TestToken;
  let first: string;
  let second: string;
  beforeAll(async () => {
    app = await startApp();
    await app.addRealm("home", ["alice:x:1001:100:Alice:/:"]);
    token = await enrol(app, { user: "alice", pin: "secret" });
    const { serial } = token;
    await app.api("POST", `/token/setpin/${serial}`, { userpin: "1234", sopin: "5678" });
    await app.api("POST", `/token/info/${serial}/hidden`, { value: "info secret" });
    await app.api("POST", "/system/setConfig", { "my.secret": "config secret", "my.secret.type": "password" });
    const { store, vault } = app.engine;
    // No resolver type has a secret yet, and no call makes an info one after enrolment.
    const [resolver] = await store.point(store.sql.selectFrom("resolver").select("id").compile());
    const [row] = await store.point(store.sql.selectFrom("token").select("id").compile());
    const seal = async (value: string, context: string) => (await vault.seal(text(value), context)).toBase64();
    await store.commit({
      kind: "write",
      statements: [
        {
          query: store.sql
            .insertInto("resolver_config")
            .values({
              resolver_id: resolver?.id ?? 0,
              key: "BINDPW",
              value: await seal("bind secret", "resolver_config|home|BINDPW"),
              type: "password",
            })
            .compile(),
        },
        {
          query: store.sql
            .insertInto("token_info")
            .values({
              token_id: row?.id ?? 0,
              key: "sealed",
              value: await seal("info secret", `token_info|${serial}|sealed`),
              type: "password",
            })
            .compile(),
        },
      ],
      touches: ["none"],
    });
  });
  afterAll(() => app.stop());

  test("the counts name each value's key; each listed column has a value here", async () => {
    const status = await readKeyStatus(app.engine);
    first = status.active ?? "";
    expect(status).toMatchObject({ form: "plain", open: true, reason: null, left: 0, sealed: { [first]: 6 } });
    expect(sealedColumns).toHaveLength(6);
  });

  test("a new key seals what is new; the rest keeps its key and opens", async () => {
    second = (await addKey(app.engine, inRing, "test")).active ?? "";
    expect(second).not.toBe(first);
    await enrol(app, { user: "alice", pin: "new" });
    expect((await readKeyStatus(app.engine)).sealed).toEqual({ [first]: 6, [second]: 1 });
    expect((await check(app, { serial: token.serial, pass: `secret${token.value(0)}` })).accepted).toBe(true);
  });

  test("a key in use, the active one and one that was just retired are not dropped", async () => {
    expect(String(await faultOf(dropKey(app.engine, second, "test")))).toContain("active key");
    expect(String(await faultOf(dropKey(app.engine, first, "test")))).toContain("until a moment ago");
    ageRing(app.dataDir);
    const fault = await faultOf(dropKey(app.engine, first, "test"));
    expect(fault).toBeInstanceOf(KeyInUseError);
    expect(String(fault)).toContain("6 values");
  });

  test("rotation takes an unfinished one up without another key; then the old key goes, and everything still opens", async () => {
    const seen: number[] = [];
    const done = await rotateKeys(app.engine, inRing, "test", {
      ...quiet(),
      progress: (count, total) => seen.push(count, total),
    });
    expect(done).toEqual({ active: second, isNew: false, resealed: 6, broken: 0, left: 0 });
    expect(seen.slice(-2)).toEqual([6, 6]);
    expect((await readKeyStatus(app.engine)).sealed).toEqual({ [second]: 7 });
    expect((await dropKey(app.engine, first, "test")).keys.map(({ id }) => id)).toEqual([second]);
    const { vault, store } = app.engine;
    const open = async (sealed: Uint8Array | string | null | undefined, context: string) =>
      new TextDecoder().decode(
        await vault.unseal(typeof sealed === "string" ? Uint8Array.fromBase64(sealed) : (sealed ?? new Uint8Array()), context),
      );
    const { serial } = token;
    const [row] = await store.point(store.sql.selectFrom("token").selectAll().where("serial", "=", serial).compile());
    const infos = await store.point(store.sql.selectFrom("token_info").selectAll().where("key", "=", "sealed").compile());
    const config = await store.point(store.sql.selectFrom("config").selectAll().where("key", "=", "my.secret").compile());
    const bind = await store.point(store.sql.selectFrom("resolver_config").selectAll().where("key", "=", "BINDPW").compile());
    expect([
      await open(row?.user_pin_sealed, `token|${serial}|user_pin`),
      await open(row?.so_pin_sealed, `token|${serial}|so_pin`),
      await open(infos[0]?.value, `token_info|${serial}|sealed`),
      await open(config[0]?.value, "config|my.secret|value"),
      await open(bind[0]?.value, "resolver_config|home|BINDPW"),
    ]).toEqual(["1234", "5678", "info secret", "config secret", "bind secret"]);
    expect((await check(app, { serial, pass: `secret${token.value(1)}` })).accepted).toBe(true);
  });

  test("a rotation when nothing is left makes a new key", async () => {
    const done = await rotateKeys(app.engine, inRing, "test", quiet());
    expect(done).toMatchObject({ isNew: true, resealed: 7, left: 0 });
    expect(done.active).not.toBe(second);
  });

  test("a value that changes between read and write is not overwritten: the new seed stays, under the new key", async () => {
    const { engine } = app;
    const seed = "3132333435363738393031323334353637383930";
    const reseal: Vault["reseal"] = async (values) => {
      const sealed = await engine.vault.reseal(values);
      if (values.some(({ context }) => context === `token|${token.serial}|key`)) {
        const again = await app.api("POST", "/token/init", { serial: token.serial, type: "hotp", otpkey: seed, pin: "secret" });
        expect(again.value).toBe(true);
      }
      return sealed;
    };
    const host = { ...engine, vault: Object.create(engine.vault, { reseal: { value: reseal } }) as Vault };
    const done = await rotateKeys(host, inRing, "test", quiet());
    // Enrolling anew took the token's infos away: of seven values its seed and its info are not among those sealed anew.
    expect(done).toMatchObject({ resealed: 5, left: 0 });
    // RFC 4226 appendix D, counter 0
    expect((await check(app, { serial: token.serial, pass: "secret755224" })).accepted).toBe(true);
  });

  test("a value no key opens is passed over, counted and left as it is; the others are done", async () => {
    await fillTokens(app, 120, "BROKEN");
    const { store } = app.engine;
    const spoil = store.sql.updateTable("token").set({ serial: "MOVED" }).where("serial", "=", "BROKEN000060").compile();
    await store.commit({ kind: "write", statements: [{ query: spoil, expect: 1 }], touches: ["all-tokens"] });
    await addKey(app.engine, inRing, "test");
    const done = await rotateKeys(app.engine, inRing, "test", quiet());
    expect(done).toMatchObject({ isNew: false, resealed: 125, broken: 1, left: 1 });
    const gone = store.sql.deleteFrom("token").where("serial", "=", "MOVED").compile();
    await store.commit({ kind: "write", statements: [{ query: gone, expect: 1 }], touches: ["all-tokens"] });
  });

  test("stopped, it ends after its slice and says what is left; it is refused while another one runs", async () => {
    await addKey(app.engine, inRing, "test");
    const stop = new AbortController();
    const first = rotateKeys(app.engine, inRing, "test", { signal: stop.signal, progress: () => stop.abort() });
    const second = await faultOf(rotateKeys(app.engine, inRing, "test", quiet()));
    expect(String(second)).toContain("being changed or rotated by another command");
    const done = await first;
    expect([done.resealed, done.left]).toEqual([50, 75]);
    expect((await rotateKeys(app.engine, inRing, "test", quiet())).left).toBe(0);
  });

  test("GET /system/keys, POST /system/keys/rotate: a job; administrators only", async () => {
    const before = await app.api<{ active: string; left: number; keys: unknown[] }>("GET", "/system/keys");
    expect(before.value).toMatchObject({ form: "plain", open: true, reason: null, left: 0 });
    const { value } = await app.api<{ job: string }>("POST", "/system/keys/rotate");
    let job = await app.api<{ state: string; result: unknown }>("GET", `/job/${value?.job}`);
    while (job.value?.state === "running") job = await app.api("GET", `/job/${value?.job}`);
    const after = await app.api<{ active: string; left: number }>("GET", "/system/keys");
    expect(job.value).toMatchObject({ state: "done", result: { active: after.value?.active, isNew: true, left: 0 } });
    expect(after.value?.active).not.toBe(before.value?.active);
    for (const [method, path] of [
      ["GET", "/system/keys"],
      ["POST", "/system/keys/rotate"],
    ] as const)
      expect((await app.api(method, path, {}, { token: "" })).status).toBe(401);
  });

  test("POST /system/keys/rotate into a module that is not configured: the job says which setting is missing", async () => {
    const { value } = await app.api<{ job: string }>("POST", "/system/keys/rotate", { where: "module" });
    let job = await app.api<{ state: string; error: string }>("GET", `/job/${value?.job}`);
    while (job.value?.state === "running") job = await app.api("GET", `/job/${value?.job}`);
    expect(job.value).toMatchObject({ state: "failed", error: expect.stringContaining("keys.pkcs11_module") });
  });

  test("who changed the ring stands in the trail, no key does", async () => {
    const db = new Database(join(app.dataDir, "ostiary.db"), { readonly: true });
    const rows = db
      .query<{ action: string; administrator: string; info: string }, []>("SELECT * FROM audit WHERE action LIKE 'key %'")
      .all();
    db.close();
    expect(new Set(rows.map(({ action }) => action))).toEqual(new Set(["key create", "key rotate", "key drop"]));
    expect(new Set(rows.map(({ administrator }) => administrator))).toEqual(new Set(["test", "admin"]));
    const ring = JSON.parse(readFileSync(join(app.dataDir, "keys", "keyring.json"), "utf8")) as { sealKeys: { key: string }[] };
    for (const { key } of ring.sealKeys) expect(JSON.stringify(rows)).not.toContain(key.slice(0, 12));
  });

  test("the ring file keeps its mode, and nothing half written lies beside it", () => {
    expect(statSync(join(app.dataDir, "keys", "keyring.json")).mode & 0o777).toBe(0o600);
  });
});

describe("beside a running server", () => {
  let server: TestServer;
  let dataDir: string;
  let early: TestToken;
  const COUNT = 1500;
  const statusOf = async () => JSON.parse((await runOstiary(["key", "status", "--json", "--data", dataDir])).stdout);

  beforeAll(async () => {
    const app = await startApp();
    await fillTokens(app, COUNT, "FILL");
    dataDir = join(makeDataDir(), "data");
    new Database(join(app.dataDir, "ostiary.db")).run("PRAGMA wal_checkpoint(TRUNCATE)");
    cpSync(app.dataDir, dataDir, { recursive: true });
    await app.stop();
    server = await startServer({ dataDir, args: ["--set", "guard.user=off"] });
    early = await enrol(server, { pin: "secret" });
  });
  afterAll(async () => {
    await server.stop();
  });

  test("killed in the middle (kill -9), then taken up: no stale lock (C18), same key, nothing lost; log-ins and enrolments go on all the time", async () => {
    const before = await statusOf();
    const main = join(import.meta.dir, "..", "engine", "main.ts");
    const child = Bun.spawn([process.execPath, main, "key", "rotate", "--data", dataDir], { stdout: "ignore", stderr: "ignore" });
    const db = new Database(join(dataDir, "ostiary.db"), { readonly: true });
    const old = Uint8Array.fromHex(`01${before.active}`);
    const countOld = () =>
      db.query<{ n: number }, [Uint8Array]>("SELECT count(*) AS n FROM token WHERE substr(key_sealed, 1, 5) = ?").get(old)?.n ??
      0;
    let counter = 0;
    const logIn = async () =>
      expect((await check(server, { serial: early.serial, pass: `secret${early.value(counter++)}` })).accepted).toBe(true);
    while (countOld() === COUNT + 1) await logIn();
    child.kill("SIGKILL");
    await child.exited;
    const half = await statusOf();
    expect(half.left).toBeGreaterThan(0);
    expect(half.left).toBeLessThan(COUNT + 1);
    expect(half.active).not.toBe(before.active);
    // Both halves open in the server, which was told nothing; what is enrolled now is under the new key.
    await logIn();
    const late = await enrol(server, { pin: "late" });
    expect((await statusOf()).sealed[half.active]).toBe(COUNT + 2 - half.left);
    expect((await check(server, { serial: late.serial, pass: `late${late.value(0)}` })).accepted).toBe(true);

    const again = runOstiary(["key", "rotate", "--json", "--data", dataDir]);
    let ended = false;
    void again.then(() => {
      ended = true;
    });
    while (!ended) await logIn();
    const { code, stdout } = await again;
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { active: half.active, isNew: false, resealed: half.left, broken: 0, left: 0 },
    ]);
    expect((await statusOf()).sealed).toEqual({ [half.active]: COUNT + 2 });
    await logIn();
    db.close();
  });

  test("the old key dropped by a command: the server goes on, also after a restart; every value opens", async () => {
    const { keys, active } = await statusOf();
    ageRing(dataDir);
    for (const { id } of keys) {
      if (id !== active) expect((await runOstiary(["key", "drop", id, "--data", dataDir])).code).toBe(0);
    }
    const late = await enrol(server, { pin: "x" });
    expect((await check(server, { serial: late.serial, pass: `x${late.value(0)}` })).accepted).toBe(true);
    await server.stop({ keep: true });
    server = await startServer({ dataDir, args: ["--set", "guard.user=off"] });
    expect((await check(server, { serial: early.serial, pass: `secret${early.value(900)}` })).answer.status).toBe(200);
    expect((await check(server, { serial: late.serial, pass: `x${late.value(1)}` })).accepted).toBe(true);
  });

  test("sealed by a passphrase beside the server, then rotated: what is under the new key waits for the passphrase, the rest goes on", async () => {
    const passphrase = "a passphrase that is long";
    const seal = await runOstiary(["key", "encrypt", "--json", "--data", dataDir], { input: `${passphrase}\n` });
    expect([seal.code, JSON.parse(seal.stdout)]).toEqual([0, { form: "passphrase" }]);
    const log = async (token: TestToken, pin: string, counter: number) =>
      (await check(server, { serial: token.serial, pass: `${pin}${token.value(counter)}` })).answer;
    const token = await enrol(server, { pin: "y" });
    expect((await log(token, "y", 0)).value).toBe(true);
    expect((await runOstiary(["key", "rotate", "--data", dataDir], { input: "not it\n" })).stderr).toContain("wrong");
    expect((await runOstiary(["key", "rotate", "--data", dataDir], { input: `${passphrase}\n` })).code).toBe(0);
    const refused = await log(token, "y", 1);
    expect([refused.status, refused.error?.code]).toEqual([503, 707]);
    let ready = await fetch(`${server.url}/readyz`);
    while (ready.status === 200) ready = await fetch(`${server.url}/readyz`);
    expect(await ready.text()).toContain("POST /system/hsm");
    expect((await server.api("POST", "/system/hsm", { password: "not it" })).error?.message).toContain("wrong");
    expect((await server.api("POST", "/system/hsm", { password: passphrase })).value).toEqual({ is_ready: true });
    expect((await log(token, "y", 1)).value).toBe(true);
  });
});

describe("key create and key encrypt", () => {
  test("Z11: the first ring is made once; another call adds a key and keeps the old one; nothing is ever overwritten", async () => {
    const dataDir = makeDataDir();
    const made = await runOstiary(["key", "create", "--data", dataDir]);
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const ring = readFileSync(join(dataDir, "keys", "keyring.json"), "utf8");
    // Without a database there is nothing to open; the ring stays as it is.
    const again = await runOstiary(["key", "create", "--data", dataDir]);
    expect(again.code).toBe(1);
    expect(readFileSync(join(dataDir, "keys", "keyring.json"), "utf8")).toBe(ring);
    await runOstiary(["admin", "add", "root", "--password-stdin", "--data", dataDir], { input: "a good password\n" });
    const added = await runOstiary(["key", "create", "--json", "--data", dataDir]);
    const { keys } = JSON.parse(added.stdout) as { keys: { id: string; retiredAt: number | null }[] };
    expect([keys.length, keys[0]?.retiredAt !== null, keys[1]?.retiredAt]).toEqual([2, true, null]);
    expect(keys[0]?.id).toBe(JSON.parse(ring).active);
    const stray = await runOstiary(["key", "create", "--seal", "--data", dataDir], { input: "long enough\n" });
    expect([stray.code, stray.stderr.includes("key encrypt")]).toEqual([2, true]);
  });

  test("keys that are gone while the database is there are not made anew", async () => {
    const dataDir = makeDataDir();
    writeFileSync(join(dataDir, "ostiary.db"), "x");
    const { code, stderr } = await runOstiary(["key", "create", "--data", dataDir]);
    expect([code, existsSync(join(dataDir, "keys"))]).toEqual([1, false]);
    expect(stderr).toContain("restore the keys from the backup");
  });

  test("B02, Z12: a passphrase put on, changed and taken off; the old one opens no more; no secret in any output", async () => {
    const dataDir = makeDataDir();
    const run = async (words: string[], input = "") => {
      const { code, stdout, stderr } = await runOstiary([...words, "--data", dataDir], { input });
      expect(stdout + stderr).not.toMatch(/first secret|second secret/);
      return { code, stderr };
    };
    await run(["init", "--admin", "root", "--password-stdin"], "a good password\n");
    expect((await run(["key", "encrypt"], "short\n")).stderr).toContain("at least 8");
    expect((await run(["key", "encrypt"], "first secret\n")).code).toBe(0);
    expect(readFileSync(join(dataDir, "keys", "keyring.json"), "utf8")).not.toContain("PRIVATE");
    expect((await run(["key", "encrypt"], "first secret\nsecond secret\n")).code).toBe(0);
    expect((await run(["key", "encrypt", "--remove"], "first secret\n")).stderr).toContain("wrong");
    expect((await run(["key", "encrypt", "--remove"], "second secret\n")).code).toBe(0);
    expect(readFileSync(join(dataDir, "keys", "keyring.json"), "utf8")).toContain("PRIVATE");
    expect((await run(["key", "encrypt", "--pkcs11"])).stderr).toContain("keys.pkcs11_module");
  });
});
