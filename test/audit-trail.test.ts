// The audit trail: one row for every call, and `ostiary audit verify` that finds whatever is done to the rows afterwards by
// somebody who can write the database but does not have the keys (AU-10, AU-11, AU-16).
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditReport } from "../engine/audit/problems.ts";
import { type AuditRow as StoredRow, toWalkedRow } from "../engine/audit/rows.ts";
import { linkAuditRow } from "../engine/core/audit-chain.ts";
import type { ApiOptions, ApiParams } from "./kit/call-api.ts";
import { makeDataDir, removeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { QUICK_ENV, startServer } from "./kit/start-server.ts";
import { type AuditRow, check, enrol, passwdLine, readAudit } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

describe("AU-10 a row for every call", () => {
  const PASSWORD = "wonderland";
  let app: TestApp;
  let userToken: string;
  beforeAll(async () => {
    app = await startApp();
    const hash = await Bun.password.hash(PASSWORD, { algorithm: "bcrypt", cost: 4 });
    await app.addRealm("home", [passwdLine("alice", 1000, hash)]);
    const login = await app.api<{ token: string }>("POST", "/auth", { username: "alice", password: PASSWORD }, { token: "" });
    userToken = login.value?.token ?? "";
    await enrol(app, { serial: "FIRST", user: "alice", otpkey: "3132333435363738393031323334353637383930" });
    await enrol(app, { serial: "SECOND" });
  });
  afterAll(() => app.stop());

  const last = (): AuditRow | undefined => readAudit(app.dataDir).at(-1);
  const nobody = { user: null, realm: null, resolver: null, administrator: null, serial: null };
  const alice = { user: "alice", realm: "home", resolver: "home" };
  const byAdmin = { ...nobody, administrator: "admin" };

  /** Calls in the order they are made; AU-11: the action is method and path without the values in it. */
  const ROWS: [method: string, path: string, ApiParams, Partial<Record<keyof AuditRow, unknown>>, ApiOptions][] = [
    ["POST", "/auth", { username: "admin", password: "correct horse battery staple" }, { success: 1, ...byAdmin }, { token: "" }],
    [
      "POST",
      "/auth",
      { username: "alice", password: "no" },
      { success: 0, user: "alice", administrator: null, info: "Authentication failure. Wrong credentials" },
      { token: "" },
    ],
    ["POST", "/auth", { username: "alice", password: PASSWORD }, { success: 1, user: "alice", realm: "home" }, { token: "" }],
    [
      "POST",
      "/validate/check",
      { user: "alice", pass: "755224" },
      { success: 1, ...alice, serial: "FIRST", token_type: "hotp", info: "matching 1 tokens", administrator: null },
      {},
    ],
    [
      "POST",
      "/validate/check",
      { user: "alice", pass: "755224" },
      { success: 0, ...alice, serial: "FIRST", token_type: "hotp", info: "wrong otp value. previous otp used again" },
      {},
    ],
    ["POST", "/validate/check", { serial: "FIRST", pass: "x1" }, { success: 0, ...alice, serial: "FIRST" }, {}],
    ["GET", "/validate/check", { serial: "SECOND", pass: "1" }, { success: 0, ...nobody, serial: "SECOND" }, {}],
    [
      "POST",
      "/validate/check",
      { user: "eve", pass: "1" },
      { success: 0, user: "eve", info: expect.stringContaining("ERR904") },
      {},
    ],
    ["POST", "/validate/check", { user: "alice" }, { success: 0, info: expect.stringContaining("'pass'") }, {}],
    ["POST", "/token/disable/SECOND", {}, { success: 1, ...byAdmin, serial: "SECOND", token_type: "hotp" }, {}],
    ["POST", "/token/init", { serial: "THIRD", genkey: 1, user: "alice" }, { ...alice, success: 1, serial: "THIRD" }, {}],
    [
      "POST",
      "/token/init",
      { type: "nonsense" },
      { success: 0, administrator: "admin", info: expect.stringContaining("ERR1610") },
      {},
    ],
    ["POST", "/token/resync", { serial: "THIRD", otp1: "000000", otp2: "000000" }, { success: 0, serial: "THIRD" }, {}],
    ["POST", "/token/setpin/THIRD", { otppin: "secret pin" }, { success: 1, serial: "THIRD", administrator: "admin" }, {}],
    ["GET", "/token/", {}, { success: 1, administrator: "admin" }, {}],
    ["DELETE", "/token/THIRD", {}, { success: 1, serial: "THIRD", administrator: "admin" }, {}],
    [
      "POST",
      "/system/setConfig",
      { AutoResync: "False" },
      { success: 1, ...byAdmin, info: expect.stringContaining("AutoResync") },
      {},
    ],
    ["GET", "/system/", {}, { success: 0, ...nobody, info: expect.stringContaining("Missing Authorization") }, { token: "" }],
    ["GET", "/system/", {}, { success: 0, ...nobody }, { token: "garbage" }],
  ];
  test.each(ROWS)("AU-11 %s %s %j", async (method, path, params, wanted, options) => {
    const before = readAudit(app.dataDir).length;
    const started = app.engine.now();
    await app.api(method, path, params, options);
    expect(readAudit(app.dataDir).length).toBe(before + 1);
    const action = `${method} ${path.replace(/\/(FIRST|SECOND|THIRD)$/, "").replace(/\/$/, "")}`;
    const row = last();
    expect(row).toMatchObject({ ...wanted, client: "127.0.0.1" });
    expect(row?.action.replace(/\/$/, "")).toBe(action);
    expect(row?.started_at).toBeGreaterThanOrEqual(started);
    expect(row?.duration).toBeGreaterThanOrEqual(0);
  });

  test("what a user does stands under his name", async () => {
    await app.api("GET", "/token/", {}, { token: userToken });
    expect(last()).toMatchObject({ action: "GET /token/", success: 1, ...alice, administrator: null });
    await app.api("POST", "/system/setConfig", { a: "b" }, { token: userToken });
    expect(last()).toMatchObject({ success: 0, administrator: null, info: expect.stringContaining("necessary role") });
  });

  test("what watches the server leaves no row", async () => {
    const before = readAudit(app.dataDir).length;
    for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json"]) await app.api("GET", path, {}, { token: "" });
    expect(readAudit(app.dataDir).length).toBe(before);
  });

  test("no row holds a PIN, a password, a one-time password or a token", async () => {
    await check(app, { user: "alice", pass: "topsecret999999" });
    const text = JSON.stringify(readAudit(app.dataDir));
    for (const secret of ["topsecret", "999999", "secret pin", PASSWORD, "battery staple", userToken, app.adminToken]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("AU-16 ostiary audit verify", () => {
  /** The data directory of a server that was stopped: every row is signed, the newest one in the checkpoint file too. */
  let original: string;
  beforeAll(async () => {
    let server = await startServer({ env: QUICK_ENV });
    original = server.dataDir;
    const { serial, value } = await enrol(server, { pin: "pin", description: "something" });
    for (let round = 0; round < 6; round++) await check(server, { serial, pass: `pin${value(Math.floor(round / 2))}` });
    await server.stop({ keep: true });
    server = await startServer({ dataDir: original, env: QUICK_ENV });
    await check(server, { serial, pass: `pin${value(9)}` });
    await server.stop({ keep: true });
  });
  afterAll(() => removeDataDir(original));

  interface Verdict {
    code: number;
    stdout: string;
    kinds: string[];
    report: AuditReport;
  }

  /** Copies the data directory, lets somebody at it, and verifies it. */
  async function verifyAfter(tamper: (dataDir: string, db: Database) => void, args: string[] = []): Promise<Verdict> {
    const dataDir = makeDataDir();
    cpSync(original, dataDir, { recursive: true });
    const db = new Database(join(dataDir, "ostiary.db"));
    tamper(dataDir, db);
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    const { code, stdout, stderr } = await runOstiary(["audit", "verify", "--json", "--data", dataDir, ...args]);
    removeDataDir(dataDir);
    if (stdout === "") throw new Error(stderr);
    const report = JSON.parse(stdout) as AuditReport;
    return { code, stdout, report, kinds: [...new Set(report.problems.map(({ kind }) => kind))] };
  }

  const lastSeq = (db: Database) => db.query<{ seq: number }, []>("SELECT max(seq) AS seq FROM audit").get()?.seq ?? 0;

  /** What somebody without the key can do at best: compute all hashes anew and set the head. */
  function rehash(db: Database): void {
    const rows = db
      .query<StoredRow, []>("SELECT * FROM audit WHERE chain = (SELECT id FROM audit_chain WHERE node = 'node1') ORDER BY id")
      .all();
    const chain = db.query<{ origin: Uint8Array }, []>("SELECT origin FROM audit_chain WHERE node = 'node1'").get();
    let previous = chain?.origin ?? new Uint8Array(32);
    rows.forEach((row, index) => {
      previous = linkAuditRow(previous, index + 1, toWalkedRow(row).entry);
      db.query("UPDATE audit SET seq = ?, hash = ? WHERE id = ?").run(index + 1, previous, row.id);
    });
    db.query("UPDATE audit_chain SET head_seq = ?, head_hash = ? WHERE node = 'node1'").run(rows.length, previous);
  }

  test("untouched: exit code 0, as text and as --json", async () => {
    const { code, report } = await verifyAfter(() => {});
    expect([code, report.problems, report.problemCount]).toEqual([0, [], 0]);
    expect(report.rows).toBeGreaterThan(8);
    // Beside it stands the chain of the command that made the data directory, with one row: its administrator.
    expect(report.chains.find(({ node }) => node === "node1")).toMatchObject({
      node: "node1",
      lastSeq: report.rows - 1,
      signedTo: report.rows - 1,
    });
    const plain = await runOstiary(["audit", "verify", "--data", original]);
    expect([plain.code, plain.stderr]).toEqual([0, ""]);
    expect(plain.stdout).toContain(`${report.rows} rows, nothing wrong`);
  });

  const COLUMNS: Record<string, string> = {
    started_at: "started_at + 1",
    duration: "duration + 1",
    action: "'GET /token'",
    success: "1 - success",
    serial: "'OTHER'",
    token_type: "'totp'",
    user: "'mallory'",
    realm: "'elsewhere'",
    resolver: "'other'",
    administrator: "'mallory'",
    action_detail: "'x'",
    info: "'nothing happened'",
    client: "'10.0.0.1'",
    policies: "'x'",
    hash: "zeroblob(32)",
  };
  test("a changed row is found, whichever column it is", async () => {
    const kinds = await Promise.all(
      Object.entries(COLUMNS).map(async ([column, value]) => {
        const {
          code,
          kinds: found,
          report,
        } = await verifyAfter((_dataDir, db) => {
          expect(db.query(`UPDATE audit SET "${column}" = ${value} WHERE seq = 5`).run().changes).toBe(1);
        });
        return [column, code, found.includes("changed"), report.problems.some(({ seq }) => seq === 5)];
      }),
    );
    expect(kinds).toEqual(Object.keys(COLUMNS).map((column) => [column, 1, true, true]));
  });

  const TAMPERINGS: [name: string, tamper: (dataDir: string, db: Database) => void, kind: string][] = [
    ["a row removed", (_, db) => db.run("DELETE FROM audit WHERE seq = 5"), "missing"],
    ["the first row removed", (_, db) => db.run("DELETE FROM audit WHERE seq = 1"), "missing"],
    [
      "two rows swapped",
      (_, db) => {
        db.run("UPDATE audit SET id = -1 WHERE seq = 5");
        db.run("UPDATE audit SET id = id - 1 WHERE seq = 6");
        db.run("UPDATE audit SET id = (SELECT id FROM audit WHERE seq = 6) + 1 WHERE id = -1");
      },
      "reordered",
    ],
    [
      "the contents of two rows swapped",
      (_, db) => {
        const pick = (seq: number) => db.query<StoredRow, [number]>("SELECT * FROM audit WHERE seq = ?").get(seq);
        const [one, two] = [pick(5), pick(8)];
        db.query("UPDATE audit SET started_at = ?, success = ?, info = ? WHERE seq = 5").run(
          two?.started_at ?? 0,
          two?.success ?? 0,
          two?.info ?? "",
        );
        db.query("UPDATE audit SET started_at = ?, success = ?, info = ? WHERE seq = 8").run(
          one?.started_at ?? 0,
          one?.success ?? 0,
          one?.info ?? "",
        );
      },
      "changed",
    ],
    ["the last row cut off", (_, db) => db.run(`DELETE FROM audit WHERE seq = ${lastSeq(db)}`), "cut-off"],
    [
      "the end cut off, and the head set back",
      (_, db) => {
        db.run(`DELETE FROM audit WHERE seq > ${lastSeq(db) - 3}`);
        rehash(db);
      },
      "cut-off",
    ],
    [
      "the end cut off, head and signatures with it: the checkpoint file still knows",
      (_, db) => {
        db.run(`DELETE FROM audit WHERE seq > ${lastSeq(db) - 3}`);
        db.run("DELETE FROM audit_batch WHERE seq > (SELECT max(seq) FROM audit)");
        rehash(db);
      },
      "cut-off",
    ],
    [
      "a forged rehash: every hash computed anew after a change",
      (_, db) => {
        db.run("UPDATE audit SET info = 'nothing happened' WHERE seq = 5");
        rehash(db);
      },
      "bad-signature",
    ],
    [
      "a forged rehash without signatures: the checkpoint file does not fit",
      (_, db) => {
        db.run("UPDATE audit SET info = 'nothing happened' WHERE seq = 5");
        rehash(db);
        db.run("DELETE FROM audit_batch");
      },
      "bad-signature",
    ],
    [
      "a row removed, the rest renumbered and rehashed",
      (_, db) => {
        db.run("DELETE FROM audit WHERE seq = 5");
        rehash(db);
      },
      "bad-signature",
    ],
    [
      "a signature moved to another row",
      (_, db) => db.run("UPDATE audit_batch SET seq = seq - 1 WHERE seq = (SELECT max(seq) FROM audit_batch)"),
      "bad-signature",
    ],
    ["a chain that is not there", (_, db) => db.run("UPDATE audit SET chain = 99 WHERE seq = 5"), "unknown-chain"],
    [
      "the whole trail removed",
      (_, db) => {
        for (const table of ["audit", "audit_batch", "audit_chain"]) db.run(`DELETE FROM ${table}`);
      },
      "cut-off",
    ],
    ["the checkpoint file removed", (dataDir) => rmSync(join(dataDir, "audit-checkpoints.jsonl")), "bad-checkpoint"],
    [
      "a line of the checkpoint file changed",
      (dataDir) => {
        const file = join(dataDir, "audit-checkpoints.jsonl");
        writeFileSync(file, readFileSync(file, "utf8").replace(/"seq":(\d)/, '"seq":2$1'));
      },
      "bad-checkpoint",
    ],
  ];
  test.each(TAMPERINGS)("found: %s", async (_name, tamper, kind) => {
    const { code, kinds } = await verifyAfter(tamper);
    expect(code).toBe(1);
    expect(kinds).toContain(kind);
  });

  test("a checkpoint file that was cut is no proof against a cut-off end; a copy from elsewhere is (--checkpoints)", async () => {
    const copy = join(makeDataDir(), "copy.jsonl");
    cpSync(join(original, "audit-checkpoints.jsonl"), copy);
    const cut = (dataDir: string, db: Database) => {
      truncateSync(join(dataDir, "audit-checkpoints.jsonl"), 0);
      db.run(`DELETE FROM audit WHERE seq > ${lastSeq(db) - 2}`);
      db.run("DELETE FROM audit_batch");
      rehash(db);
    };
    expect((await verifyAfter(cut)).code).toBe(0);
    const { code, kinds } = await verifyAfter(cut, ["--checkpoints", copy]);
    expect([code, kinds]).toEqual([1, ["cut-off"]]);
  });

  test("another server's key fits nothing (--public-key)", async () => {
    const other = makeDataDir();
    await runOstiary(["init", "--data", other, "--admin", "admin", "--password-stdin"], { input: "long enough\n" });
    const { code, kinds } = await verifyAfter(() => {}, ["--public-key", join(other, "keys", "audit.pub")]);
    expect([code, kinds.sort()]).toEqual([1, ["bad-checkpoint", "bad-signature"]]);
  });

  test.each([
    ["no data directory", ["--data", "/nonexistent"], "/nonexistent"],
    ["no key", ["--public-key", "/nonexistent.pub"], "/nonexistent.pub"],
    ["no key in the file", ["--public-key", "/etc/hostname"], "/etc/hostname"],
    ["no checkpoint file where one was named", ["--checkpoints", "/nonexistent.jsonl"], "/nonexistent.jsonl"],
  ])("%s: exit code 1 and one line that names the file", async (_name, args, word) => {
    const { code, stdout, stderr } = await runOstiary(["audit", "verify", "--data", original, ...args]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.trim().split("\n").length).toBe(1);
    expect(stderr).toContain(word);
  });
});
