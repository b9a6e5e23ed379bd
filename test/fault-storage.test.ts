// Drills of the storage under a running server: disk full, read-only, errors of the disk, files that can not be written. A log-in that
// can not be made durable is refused with 503 and consumes nothing, GET /readyz and one line of the log say why, and it is over by
// itself where it can be. Faults are put in from outside (kit/disturb.ts).
import { Database } from "bun:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canInject, canLimit, inject, limit } from "./kit/disturb.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { adminName, adminPassword, QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, readAudit, type TestToken } from "./kit/tokens.ts";

setDefaultTimeout(60_000);

const env = {
  OSTIARY_GUARD_USER: "off",
  ...QUICK_ENV,
  OSTIARY_AUDIT_CHECKPOINT_SECONDS: "1",
};
let server: TestServer;

interface Readiness {
  ready: boolean;
  reasons: string[];
  notices: string[];
}

async function readReadiness(): Promise<Readiness> {
  return (await (await fetch(`${server.url}/readyz`, { headers: { connection: "close" } })).json()) as Readiness;
}

async function until(holds: (now: Readiness) => boolean): Promise<Readiness> {
  const end = performance.now() + 10_000;
  for (;;) {
    const now = await readReadiness();
    if (holds(now)) return now;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(now)}`);
    await Bun.sleep(20);
  }
}

const logIn = async ({ serial, value }: TestToken, counter: number) => {
  const { answer, accepted } = await check(server, { serial, pass: value(counter) });
  return { status: answer.status, accepted, code: answer.error?.code, retryAfter: answer.headers.get("retry-after") };
};
const refused = { status: 503, accepted: undefined, code: 903, retryAfter: "5" };
const countLines = (text: string) =>
  server
    .output()
    .split("\n")
    .filter((line) => line.includes(text)).length;
const verifyTrail = () => runOstiary(["audit", "verify", "--data", server.dataDir]);

describe("while log-ins run", () => {
  let token: TestToken;
  let used = 0;
  beforeAll(async () => {
    server = await startServer({ env });
    await server.api("POST", "/system/setDefault", { DefaultMaxFailCount: 100_000 });
    token = await enrol(server);
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  /** The drill: the fault, two hundred log-ins, the end of the fault. */
  async function drill(begin: () => Promise<() => void | Promise<void>>, reason: RegExp): Promise<void> {
    const rows = readAudit(server.dataDir).length;
    const told = countLines("made durable: log-ins are refused");
    const end = await begin();
    expect(await logIn(token, used)).toEqual(refused);
    const { ready, reasons } = await readReadiness();
    expect([ready, reasons.join()]).toEqual([false, expect.stringMatching(reason)]);
    const many = await Promise.all(Array.from({ length: 200 }, () => logIn(token, used)));
    expect(many).toEqual(Array(200).fill(refused));
    expect(readAudit(server.dataDir).length).toBe(rows);
    await end();
    await until((now) => now.ready);
    expect(await logIn(token, used)).toMatchObject({ status: 200, accepted: true });
    expect(await logIn(token, used)).toMatchObject({ status: 200, accepted: false });
    used += 1;
    // The cause once, and what every call meets once a minute.
    expect(countLines("made durable: log-ins are refused") - told).toBeLessThanOrEqual(1);
    expect(countLines("the store is unavailable")).toBeLessThan(20);
  }

  describe.skipIf(!canInject)("the kernel refuses writes", () => {
    test.each([
      ["disk full", "ENOSPC", /the disk is full/],
      ["read-only file system", "EROFS", /the disk reported an error, or its file system is read-only/],
    ])("%s (%s): refused, nothing consumed, the value is good again without a restart", (_name, error, reason) =>
      drill(() => inject(server.pid, `pwrite64:error=${error}`, join(server.dataDir, "ostiary.db-wal")), reason),
    );
  });

  test.skipIf(!canLimit)("file size limit (RLIMIT_FSIZE): the same", () =>
    drill(async () => limit(server.pid, "fsize", 1024), /the disk reported an error/),
  );

  test("locked by another process, shortly: the log-in waits and is accepted", async () => {
    const other = new Database(join(server.dataDir, "ostiary.db"));
    other.run("BEGIN IMMEDIATE");
    const waiting = logIn(token, used);
    await Bun.sleep(100);
    other.run("ROLLBACK");
    other.close();
    expect(await waiting).toMatchObject({ status: 200, accepted: true });
    used += 1;
  });

  test("locked for longer than three seconds: the same, and who comes later is refused at once", async () => {
    const other = new Database(join(server.dataDir, "ostiary.db"));
    await drill(async () => {
      other.run("BEGIN IMMEDIATE");
      expect(await logIn(token, used)).toEqual(refused);
      // From here on who comes is refused at once: the lock has had its three seconds.
      return () => {
        other.run("ROLLBACK");
        other.close();
      };
    }, /locked by another process/);
  });

  test.skipIf(!canInject)(
    "checkpoint file on a full disk: a notice, log-ins go on, signed again when there is room",
    async () => {
      const file = join(server.dataDir, "audit-checkpoints.jsonl");
      const end = await inject(server.pid, "write,pwrite64,writev,pwritev,pwritev2:error=ENOSPC", file);
      expect(await logIn(token, used++)).toMatchObject({ accepted: true });
      const { ready, notices } = await until((now) => now.notices.length > 0);
      expect([ready, notices.join()]).toEqual([true, expect.stringMatching(/the audit trail is not signed: \w+ says ENOSPC/)]);
      expect(await logIn(token, used++)).toMatchObject({ accepted: true });
      await end();
      await until((now) => now.notices.length === 0);
      expect(countLines("the audit trail could not be signed")).toBeLessThan(10);
      const { code, stdout } = await verifyTrail();
      expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
    },
  );
});

describe.skipIf(!canInject)("fdatasync of the log fails (EIO)", () => {
  afterEach(() => server.stop());

  test("nothing counts as durable until a restart, nothing more is consumed, and nothing is good twice after it", async () => {
    server = await startServer({ env });
    const [first, second] = [await enrol(server), await enrol(server)];
    expect(await logIn(first, 0)).toMatchObject({ accepted: true });
    const end = await inject(server.pid, "fdatasync:error=EIO", join(server.dataDir, "ostiary.db-wal"));
    expect(await logIn(first, 1)).toEqual(refused);
    await end();
    // The disk says yes again, and is not believed.
    const { ready, reasons } = await readReadiness();
    expect([ready, reasons.join()]).toEqual([false, expect.stringContaining("examine the disk and restart")]);
    expect(await logIn(second, 0)).toEqual(refused);
    expect(await server.stop({ keep: true })).toBe(0);
    server = await startServer({ dataDir: server.dataDir, env });
    // Whether the value under way was consumed nobody knew; once it is used it is used.
    await logIn(first, 1);
    expect(await logIn(first, 1)).toMatchObject({ status: 200, accepted: false });
    expect(await logIn(second, 0)).toMatchObject({ status: 200, accepted: true });
    const { code, stdout } = await verifyTrail();
    expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
  });
});

/** A disk of its own in memory, if this account may have one. */
function mountDisk(megabytes: number): string | null {
  const place = mkdtempSync(join(tmpdir(), "ostiary-disk-"));
  const done = Bun.which("mount") && Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", place]);
  if (done && done.exitCode === 0) return place;
  rmSync(place, { recursive: true });
  return null;
}

describe("a real disk that fills up", () => {
  const disk = mountDisk(4);
  afterAll(() => {
    if (disk === null) return;
    Bun.spawnSync(["umount", disk]);
    rmSync(disk, { recursive: true });
  });

  test.skipIf(disk === null)(
    "log, database, checkpoints and index together: refused, and whole again with more room",
    async () => {
      const dataDir = join(disk ?? "", "data");
      mkdirSync(dataDir);
      const words = ["init", "--data", dataDir, "--admin", adminName, "--password-stdin"];
      expect((await runOstiary(words, { input: `${adminPassword}\n` })).code).toBe(0);
      server = await startServer({ dataDir, env });
      const owners = (await Promise.all(Array.from({ length: 16 }, () => enrol(server)))).map((token) => ({ token, next: 0 }));
      const accepted = () => owners.reduce((sum, { next }) => sum + next, 0);
      let statuses = new Set<number>();
      let stop = false;
      const load = owners.map(async (owner) => {
        while (!stop) {
          const { status, accepted: isIn } = await logIn(owner.token, owner.next);
          statuses.add(status);
          if (status === 200) {
            expect(isIn).toBe(true);
            owner.next += 1;
          } else await Bun.sleep(5);
        }
      });
      await until((now) => !now.ready && now.reasons.join().includes("the disk is full"));
      expect(statuses).toEqual(new Set([200, 503]));
      Bun.spawnSync(["mount", "-o", "remount,size=60m", disk ?? ""]);
      await until((now) => now.ready);
      const before = accepted();
      statuses = new Set();
      while (accepted() < before + 200) await Bun.sleep(10);
      stop = true;
      await Promise.all(load);
      expect(statuses.has(200)).toBe(true);
      expect(await server.stop({ keep: true })).toBe(0);
      expect(statSync(join(dataDir, "ostiary.db")).size).toBeGreaterThan(500_000);
      expect(readAudit(dataDir, "success = 1 AND action = 'POST /validate/check'").length).toBe(accepted());
      expect(await verifyTrail()).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing wrong") });
      expect(countLines("made durable: log-ins are refused")).toBe(1);
    },
  );
});
