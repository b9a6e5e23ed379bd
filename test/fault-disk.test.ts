// A disk that gives back something else than was written: it is found, it is said with what to do, and it is not served.
// Above all no log-in is forgotten without a word, because its one-time value would be good again.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, cpSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isBrokenInside } from "../engine/store/damage.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, readAudit, type TestToken } from "./kit/tokens.ts";

// A process for each damage.
setDefaultTimeout(60_000);

const env = {
  ...QUICK_ENV,
  OSTIARY_AUDIT_CHECKPOINT_SECONDS: "1",
};
const USED = 5;
const PAGE = 2048;
const FRAME = 24 + PAGE;
/** Killed after log-ins with the values 0 to 4, so that they stand in the log alone. */
const killed = makeDataDir();
/** The same, stopped: all is in the one file. */
const stopped = makeDataDir();
let token: TestToken;

const databaseOf = (dataDir: string) => join(dataDir, "ostiary.db");
const logOf = (dataDir: string) => `${databaseOf(dataDir)}-wal`;
const copyOf = (dataDir: string): string => {
  const copy = makeDataDir();
  cpSync(dataDir, copy, { recursive: true });
  return copy;
};

/** Turns every bit of `length` bytes round, in the place. Twice is as before. */
function flip(path: string, at: number, length: number): void {
  const bytes = readFileSync(path).subarray(at, at + length);
  const file = openSync(path, "r+");
  writeSync(
    file,
    bytes.map((byte) => byte ^ 0xff),
    0,
    length,
    at,
  );
  closeSync(file);
}

/** The first page of a table or an index. */
function rootOf(dataDir: string, name: string): number {
  const db = new Database(databaseOf(dataDir), { readonly: true });
  const found = db.query<{ rootpage: number }, [string]>("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(name);
  db.close();
  if (!found) throw new Error(`no table ${name}`);
  return found.rootpage;
}

/** What the start says; it must end with 1. */
async function refusalOf(dataDir: string): Promise<string> {
  const outcome = await startServer({ dataDir, env, waitReady: false }).then(
    async (server) => `it started:\n${server.output()}${await server.stop()}`,
    (fault: unknown) => (fault as Error).message,
  );
  expect(outcome).toStartWith("the server ended with 1 before it was ready");
  expect(outcome).not.toMatch(/^ +at |"stack"|listening/m);
  return outcome;
}

beforeAll(async () => {
  const first = await startServer({ env });
  token = await enrol(first);
  await first.stop({ keep: true });
  // Begun anew, the log has the log-ins only.
  const server = await startServer({ env, dataDir: first.dataDir });
  for (let counter = 0; counter < USED; counter++) {
    expect((await check(server, { serial: token.serial, pass: token.value(counter) })).accepted).toBe(true);
  }
  const checkpoints = join(server.dataDir, "audit-checkpoints.jsonl");
  const newest = () => Number(JSON.parse(readFileSync(checkpoints, "utf8").trimEnd().split("\n").at(-1) ?? "{}").seq);
  const rows = readAudit(server.dataDir).at(-1)?.seq ?? Number.NaN;
  while (newest() < rows) await Bun.sleep(20);
  await server.kill();
  cpSync(server.dataDir, killed, { recursive: true });
  await (await startServer({ env, dataDir: server.dataDir })).stop({ keep: true });
  cpSync(server.dataDir, stopped, { recursive: true });
  rmSync(server.dataDir, { recursive: true });
});

describe("whole files start (the control)", () => {
  test.each([
    ["after a kill", killed],
    ["after a stop", stopped],
  ])("%s: and no value that was used is good again", async (_name, dataDir) => {
    const server = await startServer({ dataDir: copyOf(dataDir), env });
    const { accepted, answer } = await check(server, { serial: token.serial, pass: token.value(USED - 1) });
    expect([answer.status, accepted]).toEqual([200, false]);
    expect((await check(server, { serial: token.serial, pass: token.value(USED) })).accepted).toBe(true);
    await server.stop();
  });
});

describe("the database file", () => {
  const table = (name: string) => (file: string) => flip(file, (rootOf(stopped, name) - 1) * PAGE, PAGE);
  test.each<[string, (file: string) => void]>([
    ["cut to half", (file) => truncateSync(file, statSync(file).size / 2)],
    ["cut to one page", (file) => truncateSync(file, PAGE)],
    ["cut by one page", (file) => truncateSync(file, statSync(file).size - PAGE)],
    ["without its header", (file) => flip(file, 0, 100)],
    ["a page of the tokens flipped", table("token")],
    ["a page of an index flipped", table("token_owner")],
    ["a page of the trail flipped", table("audit")],
    ["a page of the signatures flipped", table("audit_batch")],
    ["a page of the administrators flipped", table("admin")],
    ["a page of the settings flipped", table("config")],
  ])("%s: the start is refused, and says what to do", async (_name, harm) => {
    const dataDir = copyOf(stopped);
    harm(databaseOf(dataDir));
    const said = await refusalOf(dataDir);
    expect(said).toContain(`${databaseOf(dataDir)} is damaged: `);
    expect(said).toContain("restore the backup");
  });

  test("of no bytes: is not taken for a new one", async () => {
    const dataDir = copyOf(stopped);
    truncateSync(databaseOf(dataDir), 0);
    expect(await refusalOf(dataDir)).toContain("restore the database from the backup");
  });
});

describe("the log", () => {
  test.each<[string, number]>([
    ["its header", 3],
    ["the salt of its header", 17],
    ["its first frame", 32 + 24 + 500],
    ["the head of its first frame", 32 + 9],
    ["a frame in the middle", 32 + 8 * FRAME + 24 + 500],
  ])("%s flipped: the start is refused, nothing is touched", async (_name, at) => {
    const dataDir = copyOf(killed);
    flip(logOf(dataDir), at, 1);
    const before = readFileSync(logOf(dataDir));
    const said = await refusalOf(dataDir);
    expect(said).toContain(`${logOf(dataDir)} is damaged: `);
    expect(said).toContain("restore the backup");
    // With the bit turned back all is well, for whoever has a better copy.
    expect(readFileSync(logOf(dataDir)).equals(before)).toBe(true);
  });

  test.each<[string, (file: string) => void]>([
    ["gone", (file) => rmSync(file)],
    ["cut to nothing", (file) => truncateSync(file, 0)],
    ["cut in the middle", (file) => truncateSync(file, 32 + 8 * FRAME + 100)],
  ])("%s: the signed checkpoints tell, the start is refused", async (_name, harm) => {
    const dataDir = copyOf(killed);
    harm(logOf(dataDir));
    const said = await refusalOf(dataDir);
    expect(said).toContain("the database has forgotten audit rows and log-ins");
    expect(said).toContain("ostiary restore");
    expect(said).toContain(join(dataDir, "audit-checkpoints.jsonl"));
    const doctor = await runOstiary(["doctor", "--data", dataDir]);
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining("the database has forgotten audit rows")]);
  });

  test("as a power cut leaves it, the last write half done: no damage", async () => {
    const log = readFileSync(logOf(killed));
    expect(log.length).toBeGreaterThan(10 * FRAME);
    for (const lost of [1, PAGE / 2, PAGE, FRAME - 1]) {
      expect(isBrokenInside(log.subarray(0, log.length - lost))).toBe(false);
      const zeroed = Uint8Array.from(log);
      zeroed.fill(0, log.length - lost);
      expect(isBrokenInside(zeroed)).toBe(false);
    }
    for (const length of [0, 1, 31, 32, 33]) expect(isBrokenInside(log.subarray(0, length))).toBe(false);
  });
});

describe("a page flipped under a running server", () => {
  let server: TestServer;
  afterAll(() => server.stop());

  test("POST /validate/check: 503 and nothing consumed; with the page mended and a restart the value is good", async () => {
    const dataDir = copyOf(stopped);
    server = await startServer({ dataDir, env });
    const params = { serial: token.serial, pass: token.value(USED) };
    const other = new Database(databaseOf(dataDir));
    const at = (rootOf(dataDir, "token") - 1) * PAGE;
    other.run("PRAGMA wal_checkpoint(TRUNCATE)");
    flip(databaseOf(dataDir), at, PAGE);
    // Another's write makes the server read its pages again.
    other.run("INSERT INTO probe (filler) VALUES (x'00')");
    other.close();
    for (const tried of [params, params, { ...params, pass: "000000" }]) {
      const { answer } = await check(server, tried);
      expect([answer.status, answer.error?.code]).toEqual([503, 903]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    const readiness = await fetch(`${server.url}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([503, expect.stringContaining("damaged")]);
    await server.kill();
    expect(await refusalOf(dataDir)).toContain("is damaged");
    flip(databaseOf(dataDir), at, PAGE);
    server = await startServer({ dataDir, env });
    expect((await check(server, params)).accepted).toBe(true);
    expect((await check(server, params)).accepted).toBe(false);
  });
});
