// Each test writes a log through the real store, signs it, tampers with the file as somebody with a SQL shell would, and
// asks verification what it sees.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync, sign } from "node:crypto";
import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AuditEntry, encodeAuditStatement, linkAuditRow } from "../core/audit-chain.ts";
import { makeAuditEntry, makeScratchDirectory } from "../store/scratch-store.ts";
import { openStore } from "../store/sqlite-store.ts";
import type { AuditProblem, AuditReport } from "./problems.ts";
import { readSlice, toWalkedRow } from "./rows.ts";
import { startAuditSigner } from "./signer.ts";
import { verifyAudit } from "./verify.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
const vaultSign = async (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey));
const directory = makeScratchDirectory();
const original = { database: join(directory, "original.db"), checkpoints: join(directory, "original.jsonl") };
afterAll(() => rmSync(directory, { recursive: true }));

function openLog(path: string, checkpointFile: string, options: { newEpoch?: boolean } = {}) {
  const store = openStore({ path, node: "n1", exclusive: true, now: () => 1000, ...options });
  const signer = startAuditSigner({
    store,
    vaultSign,
    ready: () => true,
    checkpointFile,
    everySeconds: 3600,
    now: () => 2000,
    onError: (error) => {
      throw error;
    },
  });
  async function append(count: number, change: Partial<AuditEntry> = {}): Promise<void> {
    for (let left = count; left > 0; left -= 1) await store.commit({ kind: "login", effects: [], audit: makeAuditEntry(change) });
  }
  return { store, signer, append };
}

// 30 rows of one node over two runs, signed at 10, 20 and 25; rows 26 to 30 are written and not signed.
beforeAll(async () => {
  const first = openLog(original.database, original.checkpoints);
  await first.append(10);
  await first.signer.sign();
  await first.append(10, { success: false, user: "bob" });
  await first.signer.stop();
  await first.store.close();
  const second = openLog(original.database, original.checkpoints);
  await second.append(5, { info: "é\u0000😀\ufeff", user: "x".repeat(5000) });
  await second.signer.sign();
  await second.append(5);
  await second.store.close();
});

let copies = 0;

/** Copies the log, lets `tamper` at it, and verifies. */
async function verifyAfter(tamper: (db: Database, checkpointFile: string) => void): Promise<AuditReport> {
  copies += 1;
  const databasePath = join(directory, `copy-${copies}.db`);
  const checkpointFile = join(directory, `copy-${copies}.jsonl`);
  copyFileSync(original.database, databasePath);
  copyFileSync(original.checkpoints, checkpointFile);
  const db = new Database(databasePath);
  db.run("PRAGMA ignore_check_constraints = ON");
  tamper(db, checkpointFile);
  db.close();
  return verifyAudit({ databasePath, publicKeyPem, checkpointFile });
}

function summarise({ problems }: AuditReport): [AuditProblem["kind"], number][] {
  return problems.map(({ kind, seq }) => [kind, seq]);
}

/** Changes row `seq` and makes every later link fit again, as somebody without the key can. */
function forgeFrom(db: Database, seq: number): void {
  db.run("UPDATE audit SET \"user\" = 'mallory' WHERE seq = ?", [seq]);
  let previous = new Uint8Array(0) as Uint8Array;
  for (const row of readSlice(db, 0, 1000)) {
    if (row.seq >= seq) {
      const hash = linkAuditRow(previous, row.seq, toWalkedRow(row).entry);
      db.run("UPDATE audit SET hash = ? WHERE id = ?", [hash, row.id]);
      db.run("UPDATE audit_chain SET head_hash = ?", [hash]);
      previous = hash;
    } else previous = row.hash;
  }
}

describe("an untouched log", () => {
  test("has no problems; the unsigned tail is information", async () => {
    const report = await verifyAfter(() => {});
    expect(report).toEqual({
      rows: 30,
      removed: [],
      removedCount: 0,
      problems: [],
      problemCount: 0,
      chains: [{ chain: 1, node: "n1", epoch: 1, rows: 30, lastSeq: 30, signedTo: 25, removed: 0 }],
    });
  });

  test("verifies without a checkpoint file and tells its progress", async () => {
    const progress: number[] = [];
    const report = await verifyAudit({ databasePath: original.database, publicKeyPem, progress: (rows) => progress.push(rows) });
    expect(report.problemCount).toBe(0);
    expect(progress).toEqual([30]);
  });

  test("verifies while the engine writes, over more than one slice", async () => {
    const path = join(directory, "running.db");
    const { store, signer } = openLog(path, join(directory, "running.jsonl"));
    const write = () =>
      Promise.all(Array.from({ length: 500 }, () => store.commit({ kind: "login", effects: [], audit: makeAuditEntry() })));
    for (let round = 0; round < 5; round += 1) await write();
    await signer.sign();
    const [report] = await Promise.all([
      verifyAudit({ databasePath: path, publicKeyPem, checkpointFile: join(directory, "running.jsonl") }),
      write(),
      signer.sign(),
      write(),
    ]);
    expect(report.problems).toEqual([]);
    expect(report.rows).toBeGreaterThanOrEqual(2500);
    await store.close();
  });

  test("a new epoch is a chain of its own", async () => {
    const path = join(directory, "epochs.db");
    const file = join(directory, "epochs.jsonl");
    const before = openLog(path, file);
    await before.append(3);
    await before.signer.stop();
    await before.store.close();
    const after = openLog(path, file, { newEpoch: true });
    await after.append(2);
    await after.signer.stop();
    await after.store.close();
    const report = await verifyAudit({ databasePath: path, publicKeyPem, checkpointFile: file });
    expect(report.problems).toEqual([]);
    expect(report.chains.map(({ epoch, rows, signedTo }) => [epoch, rows, signedTo])).toEqual([
      [1, 3, 3],
      [2, 2, 2],
    ]);
  });
});

describe("a changed column is seen at its row", () => {
  const changes: [string, string | number | Uint8Array | null][] = [
    ["started_at", 5],
    ["duration", 5],
    ["action", "GET /"],
    ["success", 0],
    ["success", 2],
    ["serial", "X"],
    ["token_type", "hotp"],
    ["user", "mallory"],
    ["realm", ""],
    ["resolver", null],
    ["administrator", "root"],
    ["action_detail", "none"],
    ["info", "more"],
    ["client", "10.0.0.1"],
    ["policies", null],
  ];
  test.each(changes)("%s = %p", async (column, value) => {
    const report = await verifyAfter((db) => db.run(`UPDATE audit SET "${column}" = ? WHERE seq = 5`, [value]));
    expect(summarise(report)).toEqual([["changed", 5]]);
  });

  test("a failed row made to look successful by a value that is neither", async () => {
    expect(summarise(await verifyAfter((db) => db.run("UPDATE audit SET success = 2 WHERE seq = 15")))).toEqual([
      ["changed", 15],
    ]);
  });

  test.each([32, 64, 300_000])("hash of %d bytes", async (length) => {
    const report = await verifyAfter((db) => db.run("UPDATE audit SET hash = zeroblob(?) WHERE seq = 5", [length]));
    expect(summarise(report)).toEqual([
      ["changed", 5],
      ["changed", 6],
    ]);
  });

  test("the last, unsigned row", async () => {
    expect(summarise(await verifyAfter((db) => db.run("UPDATE audit SET info = '' WHERE seq = 30")))).toEqual([["changed", 30]]);
  });
});

describe("rows removed, moved, added", () => {
  const cases: [string, (db: Database) => void, [AuditProblem["kind"], number][]][] = [
    ["one row deleted", (db) => db.run("DELETE FROM audit WHERE seq = 7"), [["missing", 7]]],
    ["the first row deleted", (db) => db.run("DELETE FROM audit WHERE seq = 1"), [["missing", 1]]],
    ["a signed row deleted", (db) => db.run("DELETE FROM audit WHERE seq = 10"), [["missing", 10]]],
    ["a range deleted", (db) => db.run("DELETE FROM audit WHERE seq BETWEEN 7 AND 12"), [["missing", 7]]],
    [
      "two rows swapped",
      (db) => {
        db.run("UPDATE audit SET id = -1 WHERE id = 5");
        db.run("UPDATE audit SET id = 5 WHERE id = 6");
        db.run("UPDATE audit SET id = 6 WHERE id = -1");
      },
      [["reordered", 5]],
    ],
    [
      "a row copied",
      (db) => {
        db.run("CREATE TEMP TABLE copy AS SELECT * FROM audit WHERE seq = 5");
        db.run("UPDATE copy SET id = 99");
        db.run("INSERT INTO audit SELECT * FROM copy");
      },
      [["reordered", 5]],
    ],
    [
      "a row given to a chain that is none",
      (db) => db.run("UPDATE audit SET chain = 9 WHERE seq = 5"),
      [
        ["unknown-chain", 5],
        ["missing", 5],
      ],
    ],
    ["unsigned rows cut off", (db) => db.run("DELETE FROM audit WHERE seq > 28"), [["cut-off", 29]]],
    ["signed rows cut off", (db) => db.run("DELETE FROM audit WHERE seq > 22"), [["cut-off", 23]]],
    ["all rows deleted", (db) => db.run("DELETE FROM audit"), [["cut-off", 1]]],
    [
      "the chain deleted",
      (db) => db.run("DELETE FROM audit_chain; DELETE FROM audit; DELETE FROM audit_batch"),
      [["cut-off", 1]],
    ],
  ];
  test.each(cases)("%s", async (_, tamper, expected) => {
    expect(summarise(await verifyAfter(tamper))).toEqual(expected);
  });
});

describe("forgery by somebody who knows how the chain is made", () => {
  test("cut off to an older state, head and signatures included: only the outside checkpoint shows it", async () => {
    const cut = (db: Database) => {
      db.run("DELETE FROM audit WHERE seq > 20");
      db.run("DELETE FROM audit_batch WHERE seq > 20");
      db.run("UPDATE audit_chain SET head_seq = 20, head_hash = (SELECT hash FROM audit WHERE seq = 20)");
    };
    expect(summarise(await verifyAfter(cut))).toEqual([["cut-off", 21]]);
    const unseen = await verifyAfter((db, file) => {
      cut(db);
      writeFileSync(file, readFileSync(file, "utf8").split("\n").slice(0, 2).join("\n"));
    });
    expect(summarise(unseen)).toEqual([]);
  });

  test("a signed row rewritten and all links renewed: the signatures do not follow", async () => {
    const report = await verifyAfter((db) => forgeFrom(db, 12));
    expect(new Set(summarise(report).map(([kind, seq]) => `${kind} ${seq}`))).toEqual(
      new Set(["bad-signature 20", "bad-signature 25"]),
    );
    expect(report.chains[0]?.signedTo).toBe(10);
  });

  test("the same with the signed hashes renewed: the signatures are not made by the key", async () => {
    const report = await verifyAfter((db, file) => {
      forgeFrom(db, 12);
      db.run("UPDATE audit_batch SET hash = (SELECT hash FROM audit WHERE audit.seq = audit_batch.seq)");
      writeFileSync(file, "");
    });
    expect(summarise(report)).toEqual([
      ["bad-signature", 20],
      ["bad-signature", 25],
    ]);
  });

  test("all signatures removed: the outside checkpoints still show it", async () => {
    const report = await verifyAfter((db) => {
      forgeFrom(db, 12);
      db.run("DELETE FROM audit_batch");
    });
    expect(summarise(report)).toEqual([
      ["bad-signature", 20],
      ["bad-signature", 25],
    ]);
  });

  test("rows appended behind the server's back", async () => {
    const report = await verifyAfter((db) => {
      const last = readSlice(db, 0, 1000).at(-1);
      if (last === undefined) return;
      const hash = linkAuditRow(last.hash, 31, toWalkedRow(last).entry);
      db.run("CREATE TEMP TABLE copy AS SELECT * FROM audit WHERE seq = 30");
      db.run("UPDATE copy SET id = 99, seq = 31, hash = ?", [hash]);
      db.run("INSERT INTO audit SELECT * FROM copy");
    });
    expect(summarise(report)).toEqual([["changed", 31]]);
  });
});

describe("the checkpoint file", () => {
  test("a half line at the end is what a crash leaves", async () => {
    const report = await verifyAfter((_, file) => appendFileSync(file, '{"node":"n1","ep'));
    expect(report.problems).toEqual([]);
  });

  test.each([
    "nonsense",
    '{"node":"n1"}',
    "null",
    "[]",
    '{"node":"n1","epoch":1,"chain":1,"seq":40,"hash":"00","at":1,"signature":"00"}',
  ])("a line that is not signed is reported: %s", async (line) => {
    const report = await verifyAfter((_, file) => writeFileSync(file, `${line}\n${readFileSync(file, "utf8")}`));
    expect(summarise(report)).toEqual([["bad-checkpoint", 0]]);
  });

  test("two signed lines about one row with different hashes: two histories", async () => {
    const hash = new Uint8Array(32);
    const statement = { node: "n1", epoch: 1, chain: 1, seq: 20, at: 9 };
    const signature = Buffer.from(await vaultSign(encodeAuditStatement({ ...statement, hash }))).toString("hex");
    const line = JSON.stringify({ ...statement, hash: Buffer.from(hash).toString("hex"), signature });
    const report = await verifyAfter((_, file) => appendFileSync(file, `${line}\n`));
    expect(summarise(report)).toEqual([["bad-checkpoint", 20]]);
  });
});
