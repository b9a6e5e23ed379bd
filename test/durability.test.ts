// An answer is a promise: what was accepted stays used and stays in the audit trail, whatever happens to the process next.
// The disk is watched through strace, because kill -9 alone proves nothing about it: the kernel keeps what was not synced.
import { Database } from "bun:sqlite";
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openRaw } from "./kit/raw-http.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { check, enrol, readAudit, type TestToken } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const env = {
  OSTIARY_GUARD_USER: "off",
  ...QUICK_ENV,
  OSTIARY_AUDIT_CHECKPOINT_SECONDS: "1",
};
let server: TestServer;
afterEach(() => server.stop());

/** What an owner of a token saw: counters whose value was accepted, in order. */
interface Owner {
  token: TestToken;
  next: number;
  accepted: number[];
}

async function enrolOwners(count: number): Promise<Owner[]> {
  await server.api("POST", "/system/setDefault", { DefaultMaxFailCount: 100_000 });
  const tokens = await Promise.all(Array.from({ length: count }, () => enrol(server, { otplen: 8 })));
  return tokens.map((token) => ({ token, next: 0, accepted: [] }));
}

const formOf = ({ token, next }: Owner): string => `serial=${token.serial}&pass=${token.value(next)}`;
const rawLogin = (owner: Owner): string => {
  const form = formOf(owner);
  return `POST /validate/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
};

/** Each owner logs in again and again, value after value, until no answer comes. Every answer must be whole. */
async function loginUntilGone(owners: Owner[], onAccepted: () => void): Promise<void> {
  await Promise.all(
    owners.map(async (owner) => {
      const line = await openRaw(server.port).catch(() => null);
      for (; line; owner.next++) {
        line.write(rawLogin(owner));
        const answer = await line.readAnswer();
        if (answer === null) {
          // Nothing, or all of it: never a part of an answer.
          expect(await line.readClose()).toBe("");
          owner.next++;
          return;
        }
        expect(answer.status).toBe(200);
        expect((JSON.parse(answer.body) as { result: { value: boolean } }).result.value).toBe(true);
        owner.accepted.push(owner.next);
        onAccepted();
      }
    }),
  );
}

/** After a restart: what was accepted is used and has its row, the value in flight is good at most once. */
async function checkPromises(owners: Owner[]): Promise<void> {
  for (const { token, accepted } of owners) {
    const rows = readAudit(server.dataDir, `success = 1 AND action = 'POST /validate/check' AND serial = '${token.serial}'`);
    expect(rows.length).toBeGreaterThanOrEqual(accepted.length);
    for (const counter of accepted.slice(-2)) {
      const { accepted: again, answer } = await check(server, { serial: token.serial, pass: token.value(counter) });
      expect([answer.status, again]).toEqual([200, false]);
    }
  }
}

async function verifyTrail(): Promise<void> {
  const { code, stdout } = await runOstiary(["audit", "verify", "--data", server.dataDir]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
}

describe("kill -9 under load", () => {
  test("eight times: no accepted value passes again, every accept is in the trail, the trail is sound", async () => {
    server = await startServer({ env });
    const owners = await enrolOwners(6);
    for (let round = 0; round < 8; round++) {
      let seen = 0;
      const enough = 20 + 17 * round;
      const gone = Promise.withResolvers<void>();
      const load = loginUntilGone(owners, () => {
        if (++seen === enough) gone.resolve(server.kill());
      });
      await gone.promise;
      await load;
      server = await startServer({ dataDir: server.dataDir, env });
      await checkPromises(owners);
      await verifyTrail();
    }
    expect(owners.every(({ accepted }) => accepted.length > 50)).toBe(true);
  });
});

describe("SIGTERM under load", () => {
  test("every answer is whole, the exit code is 0, and nothing accepted passes again", async () => {
    server = await startServer({ env });
    const owners = await enrolOwners(16);
    let seen = 0;
    const stopped = Promise.withResolvers<number>();
    const load = loginUntilGone(owners, () => {
      if (++seen === 200) stopped.resolve(server.stop({ keep: true }));
    });
    expect(await stopped.promise).toBe(0);
    await load;
    await verifyTrail();
    server = await startServer({ dataDir: server.dataDir, env });
    await checkPromises(owners);
  });

  test("no new connection is accepted while a request that has begun is waited for and answered", async () => {
    server = await startServer({ env });
    const { serial, value } = await enrol(server, { pin: "pin" });
    const form = `serial=${serial}&pass=pin${value(0)}`;
    const line = await openRaw(server.port);
    line.write(
      `POST /validate/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form.slice(0, 9)}`,
    );
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const code = server.stop({ keep: true });
    const connects = () =>
      openRaw(server.port)
        .then(() => true)
        .catch(() => false);
    while (await connects());
    // It is up still: the rest of the body is what it waits for.
    line.write(form.slice(9));
    expect((await line.readAnswer())?.body).toContain('"value":true');
    expect(await code).toBe(0);
  });

  test("a log-in that waits when the signal comes is answered first", async () => {
    // The floor of refusals makes it wait for some hundred milliseconds.
    const slow = { ...env, OSTIARY_PIN_REJECT_FLOOR: "true", OSTIARY_HASH_MEMORY_KIB: "32768", OSTIARY_HASH_ITERATIONS: "3" };
    server = await startServer({ env: slow });
    const { serial } = await enrol(server, { pin: "pin" });
    const lines = await Promise.all(Array.from({ length: 2 }, () => openRaw(server.port)));
    const form = `serial=${serial}&pass=nope000000`;
    for (const line of lines) {
      line.write(
        `POST /validate/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
      );
    }
    // Answered behind them, so they have been read.
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const code = server.stop({ keep: true });
    const answers = await Promise.all(lines.map((line) => line.readAnswer()));
    expect(answers.map((answer) => answer?.status)).toEqual([200, 200]);
    for (const answer of answers) expect(answer?.body).toContain("wrong otp pin");
    expect(await code).toBe(0);
  });
});

/** What the server asked of the kernel, in order: writes to the log, syncs of it, answers. */
type Event = "write" | "sync-start" | "sync-end" | "answer";

function readTrace(path: string): Event[] {
  const events: Event[] = [];
  // A call that another thread's overtook is printed in two lines.
  const syncing = new Set<string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const thread = line.split(" ", 1)[0] ?? "";
    const isLog = line.includes("ostiary.db-wal");
    if (/ pwrite64\(/.test(line) && isLog) events.push("write");
    else if (/ f(data)?sync\(/.test(line) && isLog) {
      events.push("sync-start");
      if (/unfinished/.test(line)) syncing.add(thread);
      else if (/= 0$/.test(line)) events.push("sync-end");
    } else if (/<\.\.\. f(data)?sync resumed>.*= 0$/.test(line) && syncing.delete(thread)) events.push("sync-end");
    else if (/HTTP\/1\.1 200/.test(line)) events.push("answer");
  }
  return events;
}

const strace = Bun.which("strace");

/** Runs `work` while strace looks over the server's shoulder. */
async function trace(work: () => Promise<void>): Promise<Event[]> {
  const output = join(server.dataDir, "trace.txt");
  const calls = "trace=fsync,fdatasync,pwrite64,sendto,sendmsg,write,writev";
  const watcher = Bun.spawn([strace ?? "", "-f", "-y", "-s", "16", "-e", calls, "-o", output, "-p", String(server.pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const reader = watcher.stderr.getReader();
  for (let said = ""; !said.includes("attached"); ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`strace did not attach: ${said}`);
    said += new TextDecoder().decode(value);
  }
  await work();
  watcher.kill("SIGINT");
  await watcher.exited;
  return readTrace(output);
}

describe.skipIf(strace === null)("decisions 2.5, seen by strace", () => {
  const count = (events: Event[], wanted: Event) => events.filter((event) => event === wanted).length;

  test("the live database keeps a write-ahead log", async () => {
    server = await startServer({ env });
    const db = new Database(join(server.dataDir, "ostiary.db"), { readonly: true });
    expect(db.query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    db.close();
  });

  test("one log-in after the other: each answer leaves after a sync that began after its last write", async () => {
    server = await startServer({ env });
    const [owner] = await enrolOwners(1);
    if (!owner) throw new Error("no token");
    const events = await trace(async () => {
      for (; owner.next < 20; owner.next++) {
        const [serial, pass] = [owner.token.serial, owner.token.value(owner.next)];
        expect((await check(server, { serial, pass })).accepted).toBe(true);
      }
    });
    expect(count(events, "answer")).toBe(20);
    let state: "clean" | "written" | "syncing" | "synced" = "clean";
    for (const event of events) {
      if (event === "write") state = "written";
      else if (event === "sync-start" && state === "written") state = "syncing";
      else if (event === "sync-end" && state === "syncing") state = "synced";
      else if (event === "answer") {
        expect(state).toBe("synced");
        state = "clean";
      }
    }
  });

  test("many at once share their syncs", async () => {
    server = await startServer({ env });
    const owners = await enrolOwners(32);
    const events = await trace(async () => {
      for (let round = 0; round < 6; round++) {
        const outcomes = await Promise.all(
          owners.map(({ token }) => check(server, { serial: token.serial, pass: token.value(round) })),
        );
        expect(outcomes.every(({ accepted }) => accepted === true)).toBe(true);
      }
    });
    expect(count(events, "answer")).toBe(192);
    expect(count(events, "sync-end")).toBeGreaterThanOrEqual(6);
    expect(count(events, "sync-end")).toBeLessThan(192);
  });
});
