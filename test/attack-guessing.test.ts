// The attack: trying values, PINs and passwords one after the other, or all at once. Budgets of users and addresses
// (decisions section 3) stop it: nothing is checked and nothing is consumed while one is used up.
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ApiParams } from "./kit/call-api.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readAudit, readToken, setColumns, type TestToken } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const ALICE_PASSWORD = "wonderland";
let app: TestApp;
afterEach(() => app.stop());

async function start(settings: Record<string, string>): Promise<void> {
  app = await startApp(settings);
  const hash = await Bun.password.hash(ALICE_PASSWORD, { algorithm: "bcrypt", cost: 4 });
  await app.addRealm("home", [passwdLine("alice", 1000, hash), passwdLine("bob", 1001, hash)]);
}

/** A token whose fail counter does not get in the way. */
async function enrolLoose(params: ApiParams): Promise<TestToken> {
  const token = await enrol(app, params);
  await setColumns(app, token.serial, { max_fail: 0 });
  return token;
}

interface Told {
  status: number;
  value: unknown;
  message: unknown;
  retryAfter: string | null;
}

/** A call from another address. */
async function sendFrom(peer: string, path: string, params: Record<string, string>): Promise<Told> {
  const body = new URLSearchParams(params).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) };
  const response = await app.send(new Request(`http://localhost${path}`, { method: "POST", headers, body }), peer);
  const { result, detail } = (await response.json()) as {
    result: { value?: unknown; error?: { message: string } };
    detail?: { message?: string } | null;
  };
  return {
    status: response.status,
    value: result.value,
    message: result.error?.message ?? detail?.message,
    retryAfter: response.headers.get("retry-after"),
  };
}

/** What is said and sent while it bites. A test that hangs for a second or three still passes. */
const wait = (seconds: number) => `(${[0, 1, 2, 3].map((less) => seconds - less).join("|")})`;
const exhausted = (seconds: number) =>
  expect.stringMatching(new RegExp(`^Too many failed attempts\\. Try again in ${wait(seconds)} seconds\\.$`));
const retry = (seconds: number) => expect.stringMatching(new RegExp(`^${wait(seconds)}$`));

describe("guard.user: realm + user, any token, PIN or password", () => {
  test("the sixth of 5/50 is not checked, nor is the right value; ten seconds later it is good", async () => {
    await start({ "guard.user": "5/50" });
    const token = await enrolLoose({ user: "alice", pin: "pin" });
    for (const pass of ["pin000000", "no000000", "pin000001", "", "pin"]) {
      expect((await check(app, { user: "alice", pass })).message).toStartWith("wrong otp");
    }
    const before = await readToken(app, token.serial);
    for (const pass of ["pin000000", `pin${token.value(0)}`]) {
      const { accepted, detail, answer } = await check(app, { user: "alice", pass });
      expect([accepted, answer.status, answer.body?.result.authentication]).toEqual([false, 200, "REJECT"]);
      expect(detail).toEqual({ message: exhausted(10), threadid: expect.any(Number) });
    }
    expect(await readToken(app, token.serial)).toEqual(before);
    app.advance(10_000);
    expect((await check(app, { user: "alice", pass: `pin${token.value(0)}` })).accepted).toBe(true);
  });

  test("one budget for all tokens, by user, by serial, with realm, and for the password at /auth", async () => {
    await start({ "guard.user": "6/60" });
    const one = await enrolLoose({ user: "alice" });
    const two = await enrolLoose({ user: "alice" });
    const ways = [
      { user: "alice" },
      { user: "alice@home" },
      { user: "home\\alice" },
      { user: "alice", realm: "HOME" },
      { serial: one.serial },
    ];
    for (const way of ways) expect((await check(app, { ...way, pass: "000000" })).message).toStartWith("wrong otp");
    expect((await app.api("POST", "/auth", { username: "alice", password: "wrong" }, { token: "" })).status).toBe(401);
    for (const way of [...ways, { serial: two.serial }]) {
      expect((await check(app, { ...way, pass: two.value(0) })).message).toEqual(exhausted(10));
    }
    // Others go on as before.
    const bob = await enrolLoose({ user: "bob" });
    expect((await check(app, { user: "bob", pass: bob.value(0) })).accepted).toBe(true);
  });

  test("a token nobody owns has a budget of its own", async () => {
    await start({ "guard.user": "2/20" });
    const [one, two] = [await enrolLoose({}), await enrolLoose({})];
    for (let wrong = 0; wrong < 2; wrong++) await check(app, { serial: one.serial, pass: "000000" });
    expect((await check(app, { serial: one.serial, pass: one.value(0) })).message).toEqual(exhausted(10));
    expect((await check(app, { serial: two.serial, pass: two.value(0) })).accepted).toBe(true);
  });

  test("50 guesses at once: exactly 5 are checked", async () => {
    await start({ "guard.user": "5/50" });
    const { serial } = await enrolLoose({ user: "alice" });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => check(app, { user: "alice", pass: "000000" })));
    expect(outcomes.filter(({ message }) => String(message).startsWith("Too many failed attempts")).length).toBe(45);
    expect((await readToken(app, serial)).failCount).toBe(5);
  });

  test("it refills by one every ten seconds and never above five", async () => {
    await start({ "guard.user": "5/50" });
    await enrolLoose({ user: "alice" });
    const guess = async () => (await check(app, { user: "alice", pass: "000000" })).message;
    for (const [wait, checked] of [
      [0, 5],
      [10_000, 1],
      [25_000, 2],
      [5_000, 1],
      [3_600_000, 5],
    ] as const) {
      app.advance(wait);
      for (let count = 0; count < checked; count++) expect(await guess()).toBe("wrong otp value");
      expect(await guess()).toStartWith("Too many failed attempts");
    }
  });

  test("right log-ins cost nothing, calls that decide nothing neither", async () => {
    await start({ "guard.user": "3/3600" });
    const token = await enrolLoose({ user: "alice" });
    for (let counter = 0; counter < 10; counter++) {
      expect((await check(app, { user: "alice", pass: token.value(counter) })).accepted).toBe(true);
    }
    await setColumns(app, token.serial, { revoked: 1 });
    for (let count = 0; count < 10; count++) {
      expect((await check(app, { user: "alice", pass: "000000" })).answer.error?.code).toBe(1007);
    }
  });

  test("one audit row a minute tells of it", async () => {
    await start({ "guard.user": "2/7200" });
    await enrolLoose({ user: "alice" });
    const told = () => readAudit(app.dataDir, "info LIKE 'Too many failed attempts%'");
    for (let count = 0; count < 12; count++) await check(app, { user: "alice", pass: "000000" });
    expect(told()).toMatchObject([
      { action: "POST /validate/check", success: 0, user: "alice", realm: "home", resolver: "home", client: "127.0.0.1" },
    ]);
    app.advance(60_000);
    for (let count = 0; count < 5; count++) await check(app, { user: "alice", pass: "000000" });
    expect(told().length).toBe(2);
  });

  test("trusted networks do not get around it", async () => {
    await start({ "guard.user": "2/20", "guard.trusted": "127.0.0.0/8" });
    await enrolLoose({ user: "alice" });
    for (let wrong = 0; wrong < 2; wrong++) await check(app, { user: "alice", pass: "000000" });
    expect((await check(app, { user: "alice", pass: "000000" })).message).toEqual(exhausted(10));
  });

  test("at /auth one name spelled in many ways, from many addresses, is one budget", async () => {
    await start({ "guard.user": "4/40" });
    const spellings: Record<string, string>[] = [
      { username: "alice" },
      { username: "alice@home" },
      { username: "alice@HOME" },
      { username: "home\\alice" },
      { username: "alice@Home", realm: "home" },
      { username: "alice", realm: "hOmE" },
    ];
    const statuses: (string | null)[] = [];
    for (const [index, who] of spellings.entries()) {
      statuses.push((await sendFrom(`10.0.0.${index}`, "/auth", { ...who, password: "wrong" })).retryAfter);
    }
    expect(statuses).toEqual([null, null, null, null, retry(10), retry(10)]);
    const right = await sendFrom("10.0.1.1", "/auth", { username: "alice", password: ALICE_PASSWORD });
    expect([right.status, right.message]).toEqual([401, "Authentication failure. Wrong credentials"]);
    app.advance(10_000);
    expect((await sendFrom("10.0.1.1", "/auth", { username: "alice", password: ALICE_PASSWORD })).status).toBe(200);
  });
});

describe("guard.source: client address, for log-ins of others", () => {
  const guess = (peer: string, user: string) => sendFrom(peer, "/validate/check", { user, pass: "000000" });

  test("off by default: a proxy speaks for many", async () => {
    await start({});
    await enrolLoose({ user: "alice" });
    for (let count = 0; count < 150; count++) {
      expect((await guess("10.0.0.1", "alice")).message).toBe("wrong otp value");
    }
  });

  test("counts over all users of one address, not of others", async () => {
    await start({ "guard.source": "3/30" });
    const alice = await enrolLoose({ user: "alice" });
    await enrolLoose({ user: "bob" });
    for (const user of ["alice", "bob", "alice"]) expect((await guess("10.0.0.1", user)).message).toBe("wrong otp value");
    for (const user of ["alice", "bob"]) expect((await guess("10.0.0.1", user)).message).toEqual(exhausted(10));
    const pass = alice.value(0);
    expect((await sendFrom("10.0.0.1", "/validate/check", { user: "alice", pass })).value).toBe(false);
    expect((await sendFrom("10.0.0.2", "/validate/check", { user: "alice", pass })).value).toBe(true);
    app.advance(10_000);
    const later = await sendFrom("10.0.0.1", "/validate/check", { user: "alice", pass: alice.value(1) });
    expect(later.value).toBe(true);
  });

  test("guard.trusted: addresses it does not count, IPv4 and IPv6", async () => {
    await start({ "guard.source": "2/20", "guard.trusted": "10.0.0.0/8,2001:db8::/32" });
    await enrolLoose({ user: "alice" });
    for (const peer of ["10.9.8.7", "::ffff:10.9.8.7", "2001:db8::1"]) {
      for (let count = 0; count < 5; count++)
        expect([peer, (await guess(peer, "alice")).message]).toEqual([peer, "wrong otp value"]);
    }
    for (const peer of ["11.0.0.1", "2001:db9::1"]) {
      const told = [];
      for (let count = 0; count < 3; count++) told.push((await guess(peer, "alice")).message);
      expect(told).toEqual(["wrong otp value", "wrong otp value", exhausted(10)]);
    }
  });
});

describe("guard.auth: client address, at /auth", () => {
  const attempt = (peer: string, username: string, password: string) => sendFrom(peer, "/auth", { username, password });
  const WRONG = "Authentication failure. Wrong credentials";

  test("the fourth of 3/60 is told the usual text and Retry-After, right or wrong", async () => {
    await start({ "guard.auth": "3/60" });
    for (const name of [adminName, "alice", "nobody"]) {
      const { status, message, retryAfter } = await attempt("10.0.0.1", name, "wrong");
      expect([name, status, message, retryAfter]).toEqual([name, 401, WRONG, null]);
    }
    for (const [name, password] of [
      [adminName, "wrong"],
      [adminName, adminPassword],
      ["alice", ALICE_PASSWORD],
    ] as const) {
      expect(await attempt("10.0.0.1", name, password)).toEqual({
        status: 401,
        value: undefined,
        message: WRONG,
        retryAfter: retry(20),
      });
    }
    expect((await attempt("10.0.0.2", adminName, adminPassword)).status).toBe(200);
    app.advance(20_000);
    expect((await attempt("10.0.0.1", adminName, adminPassword)).status).toBe(200);
  });

  test("right log-ins cost nothing", async () => {
    await start({ "guard.auth": "3/3600" });
    for (let count = 0; count < 8; count++) expect((await attempt("10.0.0.1", adminName, adminPassword)).status).toBe(200);
  });

  test("20 at once from one address: exactly 3 passwords are checked", async () => {
    await start({ "guard.auth": "3/60" });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => attempt("10.0.0.1", adminName, "wrong")));
    expect(outcomes.filter(({ retryAfter }) => retryAfter !== null).length).toBe(17);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([401]));
  });

  test("guard.trusted addresses are not counted, the budget of the name still is", async () => {
    await start({ "guard.auth": "3/60", "guard.user": "6/60", "guard.trusted": "10.0.0.0/8" });
    const told: (string | null)[] = [];
    for (let count = 0; count < 8; count++) told.push((await attempt("10.0.0.1", adminName, "wrong")).retryAfter);
    expect(told).toEqual([null, null, null, null, null, null, retry(10), retry(10)]);
  });

  test("a name nobody has is kept out as one that somebody has", async () => {
    await start({ "guard.user": "3/30" });
    const waits = async (username: string) => {
      const told: (string | null)[] = [];
      for (let count = 0; count < 5; count++) told.push((await attempt(`10.0.0.${count}`, username, "wrong")).retryAfter);
      return told;
    };
    expect(await waits("nobody")).toEqual([null, null, null, retry(10), retry(10)]);
    expect(await waits("alice")).toEqual([null, null, null, retry(10), retry(10)]);
  });

  test("an administrator is kept out for each address apart: nobody far away can lock him out", async () => {
    await start({ "guard.user": "3/30" });
    const told: (string | null)[] = [];
    for (let count = 0; count < 5; count++) told.push((await attempt("10.9.9.9", adminName, "wrong")).retryAfter);
    expect(told).toEqual([null, null, null, retry(10), retry(10)]);
    expect((await attempt("10.0.0.1", adminName, "wrong")).retryAfter).toBeNull();
  });
});
