// ostiary audit rotate and audit checkpoint, and the settings by which a server keeps to them itself (AU-01..AU-07, B09..B11).
import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditReport } from "../engine/audit/problems.ts";
import { auditRotate } from "../engine/cli/audit-rotate.ts";
import { parseCommandLine } from "../engine/cli/command.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp } from "./kit/start-app.ts";
import { readAudit } from "./kit/tokens.ts";

setDefaultTimeout(60_000);

const DAY = 86_400_000;
const passphrase = "correct horse battery staple";

/** A data directory with `rows` rows of the node, one a day, the newest today. */
async function makeTrail(dataDir: string, rows: number, init: readonly string[] = [], input = ""): Promise<string> {
  const made = await runOstiary(["init", "--data", dataDir, "--admin", "admin", "--password-stdin", ...init], {
    input: `${passphrase}\n${input}`,
  });
  if (made.code !== 0) throw new Error(made.stderr);
  const { openStore } = await import("../engine/store/sqlite-store.ts");
  const store = openStore({ path: join(dataDir, "ostiary.db"), node: "node1", exclusive: true, now: Date.now });
  const nobody = { serial: null, tokenType: null, realm: null, resolver: null, administrator: null, actionDetail: null };
  for (let at = rows - 1; at >= 0; at -= 1) {
    const audit = {
      ...nobody,
      startedAt: Date.now() - at * DAY - 3_600_000,
      duration: 1,
      action: at % 2 === 0 ? "POST /validate/check" : "GET /token/",
      success: true,
      user: at % 3 === 0 ? "nagios" : "alice",
      info: null,
      client: null,
      policies: null,
    };
    await store.commit({ kind: "write", statements: [], touches: [], audit });
  }
  await store.close();
  return dataDir;
}

let original: string;
beforeAll(async () => {
  original = await makeTrail(makeDataDir(), 40);
});

function copy(): string {
  const dataDir = makeDataDir();
  cpSync(original, dataDir, { recursive: true });
  return dataDir;
}

const rotate = (dataDir: string, ...args: string[]) => runOstiary(["audit", "rotate", "--data", dataDir, ...args]);
const rest = (dataDir: string) => readAudit(dataDir, "action <> 'audit rotate'").length;
async function verify(dataDir: string): Promise<AuditReport> {
  return JSON.parse((await runOstiary(["audit", "verify", "--json", "--data", dataDir])).stdout) as AuditReport;
}

describe("ostiary audit rotate", () => {
  test("AU-04, B10 --age: what is older goes, --json says how much, verify proves the rest and names what went", async () => {
    const dataDir = copy();
    const { code, stdout } = await rotate(dataDir, "--age", "30", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([0, { removed: 10, complete: true, dryRun: false }]);
    // 40 rows, one of the command that made the directory.
    expect(rest(dataDir)).toBe(41 - 10);
    const report = await verify(dataDir);
    expect([report.problems, report.removedCount]).toEqual([[], 10]);
    expect(report.removed).toEqual([expect.objectContaining({ firstSeq: 1, lastSeq: 10 })]);
    const text = await runOstiary(["audit", "verify", "--data", dataDir]);
    expect(text.stdout).toContain("rows 1 to 10 were removed by rotation");
    const trail = readAudit(dataDir, "action = 'audit rotate'");
    expect(trail.map(({ info, administrator }) => [info, administrator])).toEqual([
      ["begun", expect.stringContaining("command line")],
      ["ended: 10 rows removed", expect.stringContaining("command line")],
    ]);
  });
  test("AU-03, B09 watermarks: above the high one, only so many as the low one stay", async () => {
    const dataDir = copy();
    expect(JSON.parse((await rotate(dataDir, "--highwatermark", "41", "--lowwatermark", "20", "--json")).stdout).removed).toBe(0);
    expect(JSON.parse((await rotate(dataDir, "--highwatermark", "40", "--lowwatermark", "20", "--json")).stdout).removed).toBe(
      21,
    );
    expect(rest(dataDir)).toBe(20);
    expect((await verify(dataDir)).problems).toEqual([]);
  });
  test("B10 age takes precedence over the watermarks", async () => {
    const { stdout } = await rotate(copy(), "--age", "39", "--highwatermark", "1", "--lowwatermark", "0", "--json");
    expect(JSON.parse(stdout).removed).toBe(1);
  });
  test("AU-05, AU-06, B11 --rules: the file in privacyIDEA's form", async () => {
    const dataDir = copy();
    const file = join(dataDir, "audit.yaml");
    writeFileSync(
      file,
      "# probes at once\n- rotate: 0\n  user: nagios\n  action: POST /validate/check.*\n- rotate: 35\n  action: .*\n",
    );
    const expected = readAudit(dataDir).filter(
      ({ user, action, started_at, id }) =>
        id !== 41 && ((user === "nagios" && action.startsWith("POST /validate/check")) || started_at < Date.now() - 35 * DAY),
    ).length;
    expect(JSON.parse((await rotate(dataDir, "--rules", file, "--json")).stdout)).toEqual({
      removed: expected,
      complete: true,
      dryRun: false,
    });
    expect((await verify(dataDir)).problems).toEqual([]);
  });
  test("--dry-run removes nothing and says so", async () => {
    const dataDir = copy();
    const { code, stdout } = await rotate(dataDir, "--age", "30", "--dry-run");
    expect([code, stdout.trim(), rest(dataDir)]).toEqual([0, "10 rows would be removed", 41]);
  });
  test("AU-07: without the key nothing can be signed, so nothing is removed; a sealed ring is opened by a line of standard input", async () => {
    const dataDir = await makeTrail(makeDataDir(), 5, ["--seal"], "sesame in the rain\n").catch(() => null);
    if (dataDir === null) throw new Error("init can not seal");
    const shut = await rotate(dataDir, "--age", "2");
    expect([shut.code, shut.stdout, rest(dataDir)]).toEqual([1, "", 6]);
    const opened = await runOstiary(["audit", "rotate", "--age", "2", "--data", dataDir], { input: "sesame in the rain\n" });
    expect([opened.code, opened.stdout.trim()]).toEqual([0, "3 rows removed"]);
  });
  const refusalOf = (args: string[]) =>
    Promise.resolve()
      .then(() => auditRotate.run(parseCommandLine([...args, "--data", original], auditRotate)))
      .then(
        () => null,
        (fault: Error) => fault.name,
      );
  test.each([
    [["--age", "-1"], "UsageError"],
    [["--age", "old"], "UsageError"],
    [[], "UsageError"],
    [["--highwatermark", "5"], "UsageError"],
    [["--highwatermark", "5", "--lowwatermark", "6"], "UsageError"],
    [["--rules", "x.yaml", "--age", "5"], "UsageError"],
    [["--rules", "/nonexistent.yaml"], "CommandError"],
    [["--rules", "/etc/hostname"], "CommandError"],
  ])("%j: %s, nothing removed", async (args, fault) => {
    expect([await refusalOf(args), rest(original)]).toEqual([fault, 41]);
  });
});

describe("ostiary audit checkpoint", () => {
  test("prints the newest signature of each chain, which proves that the end was not cut off", async () => {
    const app = await startApp();
    const { dataDir } = app;
    await app.api("GET", "/token/");
    await app.engine.audit.close();
    const { code, stdout, stderr } = await runOstiary(["audit", "checkpoint", "--wait", "0", "--data", dataDir]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { node: string; seq: number });
    expect([code, stderr, lines.map(({ node }) => node)]).toEqual([0, "", ["node1-cli", "node1"]]);
    const kept = join(makeDataDir(), "kept.jsonl");
    writeFileSync(kept, stdout);
    const db = new Database(join(dataDir, "ostiary.db"));
    db.run("DELETE FROM audit WHERE chain = 2 AND seq > 1");
    db.run("DELETE FROM audit_batch WHERE chain = 2");
    db.run("UPDATE audit_chain SET head_seq = 1, head_hash = (SELECT hash FROM audit WHERE chain = 2) WHERE id = 2");
    db.close();
    writeFileSync(join(dataDir, "audit-checkpoints.jsonl"), "");
    expect((await verify(dataDir)).problems).toEqual([]);
    const report = await runOstiary(["audit", "verify", "--json", "--data", dataDir, "--checkpoints", kept]);
    expect((JSON.parse(report.stdout) as AuditReport).problems.map(({ kind }) => kind)).toEqual(["cut-off"]);
    await app.stop();
  });
  test("rows that nobody signs: exit code 1, and it says which", async () => {
    const { code, stderr } = await runOstiary(["audit", "checkpoint", "--wait", "0", "--data", original]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("node node1, epoch 1: rows 1 to 40 are not signed")]);
  });
});

describe("retention as a setting that runs by itself", () => {
  const metric = async (app: Awaited<ReturnType<typeof startApp>>, name: string) => {
    const text = await (await app.send(new Request("http://localhost/metrics"))).text();
    return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
  };
  test("audit.retention_days and audit.retention_rows: rows go, the trail and the metrics say so", async () => {
    const app = await startApp({ "audit.retention_days": "30", "audit.retention_rows": "6" });
    await Promise.all(Array.from({ length: 10 }, () => app.api("GET", "/realm/")));
    await app.engine.audit.upkeep?.retain();
    expect(readAudit(app.dataDir, "action <> 'audit rotate'").length).toBe(6);
    const [begun, ended] = readAudit(app.dataDir, "action = 'audit rotate'");
    expect([begun?.administrator, begun?.info, ended?.info]).toEqual([null, "begun", expect.stringContaining("rows removed")]);
    expect(await metric(app, "ostiary_audit_rows_removed_total")).toBeGreaterThan(4);
    app.advance(31 * DAY);
    await app.engine.audit.upkeep?.retain();
    // All but the newest, which stays for the next one to count from.
    expect(readAudit(app.dataDir, "action NOT LIKE 'audit rotate'").length).toBe(0);
    expect(await metric(app, "ostiary_audit_retention_done_seconds")).toBeCloseTo(app.engine.now() / 1000, -1);
    expect(await metric(app, "ostiary_audit_retention_faults_total")).toBe(0);
    expect((await verify(app.dataDir)).problems).toEqual([]);
    await app.stop();
  });
  test("audit.rules_file is read anew each time; a fault of it removes nothing and is counted", async () => {
    const file = join(makeDataDir(), "rules.yaml");
    const app = await startApp({ "audit.rules_file": file });
    await app.api("GET", "/realm/");
    await app.engine.audit.upkeep?.retain();
    expect(await metric(app, "ostiary_audit_retention_faults_total")).toBe(1);
    writeFileSync(file, "- {rotate: 0, action: POST /auth}");
    await app.engine.audit.upkeep?.retain();
    expect(readAudit(app.dataDir, "action = 'POST /auth'")).toEqual([]);
    expect(readAudit(app.dataDir, "action = 'GET /realm/'").length).toBe(1);
    expect(await metric(app, "ostiary_audit_retention_faults_total")).toBe(1);
    await app.stop();
  });
  test("AU-02: none set: nothing is ever removed, and never by the call that writes a row", async () => {
    const app = await startApp();
    app.advance(10_000 * DAY);
    await app.engine.audit.upkeep?.retain();
    expect(readAudit(app.dataDir, "action = 'audit rotate'")).toEqual([]);
    await app.stop();
  });
});
