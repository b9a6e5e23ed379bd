// Commands beside a running engine: several processes append to one audit log, and the lock of a killed engine is free.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { verifyAudit } from "../engine/audit/verify.ts";
import { StoreInUseError } from "../engine/store/process-lock.ts";
import { makeAuditEntry, makeScratchDirectory } from "../engine/store/scratch-store.ts";
import { openStore } from "../engine/store/sqlite-store.ts";

const publicKeyPem = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();
const storeFile = join(import.meta.dir, "../engine/store/sqlite-store.ts");
const scratchFile = join(import.meta.dir, "../engine/store/scratch-store.ts");
let directory: string;
let path: string;
beforeEach(() => {
  directory = makeScratchDirectory();
  path = join(directory, "ostiary.db");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Starts bun, in a wrapper if given, on a few lines that see `store` and `entry`; its output is piped. */
function spawnStore(node: string, exclusive: boolean, lines: string, wrapper: string[] = []) {
  const script = `
    import { openStore } from ${JSON.stringify(storeFile)};
    import { makeAuditEntry } from ${JSON.stringify(scratchFile)};
    const entry = makeAuditEntry();
    const store = openStore({ path: ${JSON.stringify(path)}, node: "${node}", exclusive: ${exclusive}, now: Date.now });
    ${lines}`;
  return Bun.spawn([...wrapper, process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
}

test("two commands of one node and the engine append at once: three writers, two unbroken chains", async () => {
  const engine = openStore({ path, node: "engine", exclusive: true, now: Date.now });
  const append =
    'for (let i = 0; i < 20; i += 1) await store.commit({ kind: "login", effects: [], audit: entry }); await store.close();';
  const commands = [spawnStore("cli", false, append), spawnStore("cli", false, append)];
  let running = commands.length;
  for (const command of commands) void command.exited.then(() => running--);
  let own = 0;
  while (running > 0) {
    await engine.commit({ kind: "login", effects: [], audit: makeAuditEntry() });
    own += 1;
    // An engine serves requests between its commits; without any gap the others would starve.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const command of commands) {
    expect(await new Response(command.stderr).text()).toBe("");
    expect(command.exitCode).toBe(0);
  }
  const report = await verifyAudit({ databasePath: path, publicKeyPem });
  expect(report.problems).toEqual([]);
  expect(Object.fromEntries(report.chains.map(({ node, rows }) => [node, rows]))).toEqual({ engine: own, cli: 40 });
  await engine.close();
});

const strace = Bun.which("strace");
test.skipIf(strace === null)("decisions 2.5: every group is synced to disk before its answers (strace counts)", async () => {
  const lines = `
    const commit = (n) => Promise.all(Array.from({ length: n }, () => store.commit({ kind: "login", effects: [], audit: entry })));
    for (let i = 0; i < 50; i += 1) { await commit(10); console.log("answered"); }
    process.exit(0);`;
  const traced = spawnStore("engine", true, lines, [strace ?? "", "-f", "-e", "trace=fsync,fdatasync,write", "-s", "12"]);
  const log = await new Response(traced.stderr).text();
  expect(await traced.exited).toBe(0);
  // Between two answers there is at least one sync.
  const events = log.split("\n").filter((line) => /\bf(data)?sync\(|write\(1, "answered/.test(line));
  const answers = events.flatMap((line, index) => (line.includes("answered") ? [index] : []));
  expect(answers).toHaveLength(50);
  for (const index of answers) expect(events[index - 1]).toMatch(/f(data)?sync\(\d+\)\s+= 0/);
});

test("kill -9 frees the lock, keeps what was acknowledged, and the chain goes on", async () => {
  const lines = `
    for (let i = 0; i < 20; i += 1) await store.commit({ kind: "login", effects: [], audit: entry });
    console.log(store.auditHead().seq);
    setInterval(() => {}, 1000);`;
  const engine = spawnStore("engine", true, lines);
  const { value } = await engine.stdout.getReader().read();
  expect(new TextDecoder().decode(value).trim()).toBe("20");
  expect(() => openStore({ path, node: "engine", exclusive: true, now: Date.now })).toThrow(StoreInUseError);
  engine.kill("SIGKILL");
  await engine.exited;
  const next = openStore({ path, node: "engine", exclusive: true, now: Date.now });
  expect(next.auditHead()).toMatchObject({ epoch: 1, seq: 20 });
  await next.commit({ kind: "login", effects: [], audit: makeAuditEntry() });
  const report = await verifyAudit({ databasePath: path, publicKeyPem });
  expect(report.problems).toEqual([]);
  expect(report.rows).toBe(21);
  await next.close();
});
