// Rotation over a real store with two chains, and what verification and the verdicts of a page say afterwards: everything that is
// left is proven, what rotation removed is named, and nobody without the key can remove rows in its name.
import { Database } from "bun:sqlite";
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type AuditEntry, linkAuditRow } from "../core/audit-chain.ts";
import { makeAuditEntry, makeScratchDirectory } from "../store/scratch-store.ts";
import { openStore } from "../store/sqlite-store.ts";
import { createRowChecker } from "./check-rows.ts";
import { type RotationOptions, rotateAudit } from "./rotate.ts";
import type { RotationPlan } from "./rotation-select.ts";
import { type AuditRow, toWalkedRow } from "./rows.ts";
import { startAuditSigner } from "./signer.ts";
import { openUpkeepPool } from "./upkeep-pool.ts";
import { verifyAudit } from "./verify.ts";

setDefaultTimeout(30_000);

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
const rawKey = Uint8Array.fromBase64(String(publicKey.export({ format: "jwk" }).x), { alphabet: "base64url" });
const vaultSign = async (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey));
const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

/** Day of a row; the clock of the log stands at day 100. */
const day = (number: number) => number * 86_400_000;

/** A log of a server and of a command beside it, whose rows alternate; signed in between and at the end. */
async function makeLog(days: readonly number[], change: (at: number) => Partial<AuditEntry> = () => ({})) {
  const directory = makeScratchDirectory();
  directories.push(directory);
  const path = join(directory, "ostiary.db");
  const checkpointFile = join(directory, "checkpoints.jsonl");
  const open = (node: string, exclusive: boolean) => {
    const store = openStore({ path, node, exclusive, now: () => day(100) });
    const options = { store, vaultSign, ready: () => true, checkpointFile, everySeconds: 3600, now: () => day(100) };
    return { store, signer: startAuditSigner({ ...options, onError: () => {} }) };
  };
  const server = open("n1", true);
  const command = open("n1-cli", false);
  const append = async (from: { store: typeof server.store }, audit: Partial<AuditEntry>) =>
    from.store.commit({ kind: "write", statements: [], touches: [], audit: makeAuditEntry(audit) });
  for (const [at, number] of days.entries()) {
    await append(at % 7 === 3 ? command : server, { startedAt: day(number), ...change(at) });
    if (at % 10 === 9) await server.signer.sign();
  }
  await command.signer.stop();
  await command.store.close();
  await server.signer.sign();
  const pool = openUpkeepPool({ databasePath: path, publicKey: rawKey, feeds: false, sinks: [] });
  const db = new Database(path);
  db.run("PRAGMA busy_timeout = 2000");
  const { store, signer } = server;
  const count = (sql: string) => db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${sql}`).get()?.n ?? 0;

  return {
    db,
    store,
    append: (audit: Partial<AuditEntry>) => append(server, audit),
    rotate: (plan: RotationPlan, options: Partial<RotationOptions> = {}) =>
      rotateAudit({
        store,
        pool,
        vaultSign,
        plan,
        why: "a test",
        by: "tester",
        dryRun: false,
        rest: 0,
        signal: new AbortController().signal,
        progress: () => {},
        now: () => day(100),
        ...options,
      }),
    async verify() {
      await signer.sign();
      const report = await verifyAudit({ databasePath: path, publicKeyPem, checkpointFile });
      return { ...report, kinds: [...new Set(report.problems.map(({ kind }) => kind))] };
    },
    /** Verdicts of a page over all rows. */
    checkAll() {
      const rows = db.query<AuditRow, []>("SELECT * FROM audit ORDER BY id").all();
      const checker = createRowChecker(db, createPublicKey(publicKeyPem));
      return checker.check(rows, null, { now: day(100), graceMs: 60_000, budget: 100_000 });
    },
    count,
    ids: () =>
      db
        .query<{ id: number }, []>("SELECT id FROM audit ORDER BY id")
        .all()
        .map(({ id }) => id),
    async close() {
      await pool.close();
      db.close();
      await signer.stop();
      await store.close();
    },
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe("AU-04 by age", () => {
  test("what is older goes, and what is left is proven; a second run adds to the same gaps", async () => {
    const log = await makeLog(range(1, 60));
    expect(await log.rotate({ kind: "age", before: day(21) })).toEqual({ removed: 20, complete: true });
    expect(log.ids().slice(0, 2)).toEqual([21, 22]);
    const first = await log.verify();
    expect([first.problems, first.removedCount, first.removed.length]).toEqual([[], 20, 2]);
    expect(log.checkAll().filter(({ signed, linked }) => !signed || !linked)).toEqual([]);

    expect(await log.rotate({ kind: "age", before: day(41) })).toEqual({ removed: 20, complete: true });
    const second = await log.verify();
    expect([second.problems, second.removedCount, log.count("audit_gap")]).toEqual([[], 40, 2]);
    expect(second.removed).toEqual([
      { chain: 1, firstSeq: 1, lastSeq: 34, removedAt: day(100) },
      { chain: 2, firstSeq: 1, lastSeq: 6, removedAt: day(100) },
    ]);
    await log.close();
  });
  test("rows whose clock went back are found too, and leave a gap of their own that is filled later", async () => {
    const log = await makeLog([1, 2, 3, 50, 4, 5, 51, 52]);
    expect((await log.rotate({ kind: "age", before: day(10) })).removed).toBe(5);
    const { problems, removedCount } = await log.verify();
    expect([problems, removedCount]).toEqual([[], 5]);
    expect((await log.rotate({ kind: "age", before: day(60) })).removed).toBe(3);
    expect([(await log.verify()).problems, log.count("audit_gap")]).toEqual([[], 2]);
    await log.close();
  });
  test("the trail says who removed what, in the transaction of the first rows and at the end; nothing to do leaves no row", async () => {
    const log = await makeLog(range(1, 30));
    await log.rotate({ kind: "age", before: day(11) });
    const rows = log.db.query<AuditRow, []>("SELECT * FROM audit WHERE action = 'audit rotate' ORDER BY id").all();
    expect(rows.map(({ administrator, action_detail, info }) => [administrator, action_detail, info])).toEqual([
      ["tester", "a test", "begun"],
      ["tester", "a test", "ended: 10 rows removed"],
    ]);
    expect(await log.rotate({ kind: "age", before: day(11) })).toEqual({ removed: 0, complete: true });
    expect(log.count("audit WHERE action = 'audit rotate'")).toBe(2);
    await log.close();
  });
  test("--dry-run counts and changes nothing", async () => {
    const log = await makeLog(range(1, 30));
    expect(await log.rotate({ kind: "age", before: day(11) }, { dryRun: true })).toEqual({ removed: 10, complete: true });
    expect([log.ids().length, log.count("audit_gap")]).toEqual([30, 0]);
    await log.close();
  });
});

describe("AU-03 by count", () => {
  test("the oldest up to a row go; the newest row stays, because the next one takes its number from it", async () => {
    const log = await makeLog(range(1, 30));
    expect((await log.rotate({ kind: "count", upTo: 12 })).removed).toBe(12);
    expect(log.ids()[0]).toBe(13);
    expect((await log.rotate({ kind: "count", upTo: 1_000 })).removed).toBe(19);
    expect(log.ids()).toEqual([32, 33, 34]);
    expect((await log.verify()).problems).toEqual([]);
    await log.close();
  });
});

describe("AU-05 by rules", () => {
  const text = "- {rotate: 50, user: alice}\n- {rotate: 0, user: probe}\n- {rotate: 90, action: .*}";
  const users = (at: number) => ({ user: ["alice", "bob", "probe"][at % 3] ?? null });
  test("the first rule that matches counts; the gaps between the rows that stay are signed one by one", async () => {
    const log = await makeLog(range(41, 99), users);
    const rules: RotationPlan = { kind: "rules", text, now: day(100) };
    expect(await log.rotate(rules)).toEqual({ removed: 19 + 4, complete: true });
    const left = log.db.query<AuditRow, []>("SELECT * FROM audit WHERE action <> 'audit rotate'").all();
    expect(left.every(({ user, started_at }) => user === "bob" || (user === "alice" && started_at > day(50)))).toBe(true);
    const first = await log.verify();
    expect([first.problems, first.removedCount]).toEqual([[], 23]);
    expect(log.checkAll().filter(({ signed, linked }) => !signed || !linked)).toEqual([]);
    // Once the rows between are gone too, one gap is left of each chain.
    expect((await log.rotate({ kind: "age", before: day(99) + 1 })).removed).toBe(59 - 23);
    expect([(await log.verify()).problems, log.count("audit_gap")]).toEqual([[], 2]);
    await log.close();
  });
  test("a file that is no list of rules removes nothing", async () => {
    const log = await makeLog(range(1, 5));
    const fault = await log.rotate({ kind: "rules", text: "- {rotate: 0, usr: x}", now: day(100) }).then(
      () => null,
      (error: unknown) => error as Error,
    );
    expect([fault?.name, fault?.message, log.ids().length]).toEqual(["RulesFileError", expect.stringContaining('"usr"'), 5]);
    await log.close();
  });
});

describe("stopped, disturbed, beside others", () => {
  test("stopped between two slices it is whole, says so, and the next run goes on", async () => {
    const log = await makeLog(range(1, 40).flatMap((number) => Array.from({ length: 30 }, () => number)));
    const stop = new AbortController();
    const first = await log.rotate({ kind: "age", before: day(35) }, { signal: stop.signal, progress: () => stop.abort() });
    expect(first.complete).toBe(false);
    expect(first.removed).toBeGreaterThan(0);
    expect(first.removed).toBeLessThan(34 * 30);
    expect((await log.verify()).problems).toEqual([]);
    const second = await log.rotate({ kind: "age", before: day(35) });
    expect([first.removed + second.removed, second.complete]).toEqual([34 * 30, true]);
    const { problems, removedCount } = await log.verify();
    expect([problems, removedCount, log.count("audit_gap")]).toEqual([[], 34 * 30, 2]);
    expect(log.db.query("SELECT info FROM audit WHERE action = 'audit rotate' AND info LIKE 'stopped%'").all().length).toBe(1);
    await log.close();
  });
  test("beside a server that writes: every row is there or signed for", async () => {
    const log = await makeLog(range(1, 1500).map(() => 5));
    let writing = true;
    const writer = (async () => {
      for (let at = 0; writing; at += 1) await log.append({ startedAt: day(90), info: `live ${at}` });
    })();
    await log.rotate({ kind: "age", before: day(50) });
    writing = false;
    await writer;
    const { problems, removedCount } = await log.verify();
    expect([problems, removedCount]).toEqual([[], 1500]);
    await log.close();
  });
  test("two rotations at once: none removes what the other did, and nothing is lost", async () => {
    const log = await makeLog(range(1, 1200).map(() => 5));
    const both = await Promise.all([log.rotate({ kind: "age", before: day(50) }), log.rotate({ kind: "age", before: day(50) })]);
    expect(both.reduce((sum, { removed }) => sum + removed, 0)).toBe(1200);
    expect((await log.verify()).problems).toEqual([]);
    await log.close();
  });
  test("a removal that is signed and then refused by the database leaves all as it was", async () => {
    const log = await makeLog(range(1, 20));
    log.db.run("CREATE TRIGGER refuse BEFORE DELETE ON audit WHEN old.id = 5 BEGIN SELECT raise(ABORT, 'no'); END");
    expect(
      await log.rotate({ kind: "age", before: day(10) }).then(
        () => null,
        (error: Error) => error.name,
      ),
    ).toBe("ConstraintError");
    expect([log.ids().length, log.count("audit_gap"), (await log.verify()).problems]).toEqual([20, 0, []]);
    await log.close();
  });
});

describe("attack: rows removed in the name of rotation, and rotation over rows that were changed before", () => {
  /** Removes row 20 of the server's chain and states a gap without the key. */
  function forgeGap(db: Database): void {
    const pick = (seq: number) => db.query<AuditRow, [number]>("SELECT * FROM audit WHERE chain = 1 AND seq = ?").get(seq);
    const [before, gone] = [pick(19), pick(20)];
    db.run("DELETE FROM audit WHERE chain = 1 AND seq = 20");
    db.query(
      "INSERT INTO audit_gap (chain, first_seq, before_hash, last_seq, last_hash, removed_at, signature) VALUES (1, 20, ?, 20, ?, 1, ?)",
    ).run(before?.hash ?? null, gone?.hash ?? null, new Uint8Array(64));
  }
  test("a gap that is not signed is no excuse", async () => {
    const log = await makeLog(range(1, 40));
    forgeGap(log.db);
    expect((await log.verify()).kinds.sort()).toEqual(["bad-signature", "missing"]);
    expect(log.checkAll().filter(({ linked }) => !linked).length).toBe(2);
    await log.close();
  });
  test("a signed gap can not be stretched, moved to another chain, or taken away", async () => {
    for (const change of [
      "UPDATE audit_gap SET last_seq = last_seq + 1 WHERE chain = 1",
      "UPDATE audit_gap SET before_hash = zeroblob(32) WHERE chain = 1",
      "DELETE FROM audit_gap WHERE chain = 1",
    ]) {
      const log = await makeLog(range(1, 40));
      await log.rotate({ kind: "age", before: day(11) });
      log.db.run(change);
      expect([change, (await log.verify()).problemCount > 0]).toEqual([change, true]);
      await log.close();
    }
  });
  test("a row that rotation removed and that is back is found", async () => {
    const log = await makeLog(range(1, 40));
    log.db.run("CREATE TABLE kept AS SELECT * FROM audit WHERE chain = 1 AND seq = 5");
    await log.rotate({ kind: "age", before: day(11) });
    log.db.run("INSERT INTO audit SELECT * FROM kept");
    const { problems } = await log.verify();
    expect(problems.map(({ kind, text }) => [kind, text])).toEqual([["reordered", expect.stringContaining("is back")]]);
    await log.close();
  });
  test("a row changed before a gap, its hash made anew: the gap states the hash it hung on", async () => {
    const log = await makeLog(range(1, 40), (at) => ({ user: at >= 20 && at < 25 ? "gone" : "stays" }));
    await log.rotate({ kind: "rules", text: "- {rotate: 0, user: gone}", now: day(100) });
    // The newest row of the server's chain before the gap.
    const row = log.db.query<AuditRow, []>("SELECT * FROM audit WHERE chain = 1 AND id < 21 ORDER BY id DESC LIMIT 1").get();
    const before = log.db.query<AuditRow, [number]>("SELECT * FROM audit WHERE chain = 1 AND seq = ?").get((row?.seq ?? 0) - 1);
    if (row === null || before === null) throw new Error("no such row");
    const { seq, entry } = toWalkedRow(row);
    const forged = linkAuditRow(before.hash, seq, { ...entry, user: "forged" });
    log.db.query("UPDATE audit SET user = 'forged', hash = ? WHERE id = ?").run(forged, row.id);
    expect((await log.verify()).kinds).toContain("changed");
    const verdicts = log.checkAll();
    const at = log.ids().indexOf(row.id);
    expect(verdicts[at]?.signed).toBe(false);
    await log.close();
  });
  test("rotation does not wash a change clean: the break between two removed rows stays to be seen", async () => {
    const log = await makeLog(range(1, 40));
    log.db.run("UPDATE audit SET user = 'forged' WHERE chain = 1 AND seq = 5");
    expect((await log.rotate({ kind: "age", before: day(21) })).removed).toBe(20);
    const { kinds, problems, removedCount } = await log.verify();
    expect([kinds, problems.length, removedCount]).toEqual([["changed"], 1, 20]);
    expect(log.count("audit_gap WHERE chain = 1")).toBe(2);
    await log.close();
  });
  test("rows that were missing before rotation are missing after it", async () => {
    const log = await makeLog(range(1, 40));
    log.db.run("DELETE FROM audit WHERE chain = 1 AND seq BETWEEN 5 AND 6");
    await log.rotate({ kind: "age", before: day(21) });
    const { problems } = await log.verify();
    expect(problems.map(({ kind, seq }) => [kind, seq])).toContainEqual(["missing", 5]);
    await log.close();
  });
});
