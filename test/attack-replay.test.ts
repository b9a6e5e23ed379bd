// The attack: somebody saw a one-time password and sends it at the same moment as its owner, many times over. It must be
// accepted once: not twice, and not never. In the process and over real sockets.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { QUICK_ENV, startServer, type TestServer } from "./kit/start-server.ts";
import { type Api, check, enrol, passwdLine, readAudit, renewAdmin, resetFailCounter } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const COPIES = 64;

/** Sends each of `ways` by turns, 64 requests at once; returns how many were accepted and what the others were told. */
async function race(api: Api, ways: ApiParams[]): Promise<{ accepted: number; told: Set<unknown> }> {
  const outcomes = await Promise.all(Array.from({ length: COPIES }, (_, index) => check(api, ways[index % ways.length] ?? {})));
  const refused = outcomes.filter(({ accepted }) => accepted === false);
  const accepted = outcomes.filter((outcome) => outcome.accepted === true);
  const errors = outcomes.filter((outcome) => outcome.accepted === undefined).map(({ answer }) => answer.text);
  expect(errors).toEqual([]);
  return { accepted: accepted.length, told: new Set(refused.map(({ message }) => message)) };
}

/** One log-in with the PIN, so that it is remembered: 64 password hashes at once are more than the vault queues. */
async function warmUp(api: Api, params: ApiParams): Promise<void> {
  expect((await check(api, params)).accepted).toBe(false);
}

const countSuccesses = (dataDir: string, serial: string) =>
  readAudit(dataDir, `success = 1 AND action = 'POST /validate/check' AND ',' || serial || ',' LIKE '%,${serial},%'`).length;

describe("in the process", () => {
  const ROUNDS = 30;
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
    await app.addRealm(
      "home",
      Array.from({ length: 8 }, (_, index) => passwdLine(`user${index}`, 1000 + index)),
    );
  });
  afterAll(() => app.stop());

  const KINDS = [
    { name: "HOTP without PIN", user: "user0", type: "hotp" },
    { name: "HOTP with PIN", user: "user1", type: "hotp", pin: "pin" },
    { name: "TOTP without PIN", user: "user2", type: "totp" },
    { name: "TOTP with PIN", user: "user3", type: "totp", pin: "pin" },
  ];
  test.each(KINDS)(`K1-15 $name: ${ROUNDS} values, ${COPIES} copies each, by user and by serial`, async ({ user, type, pin }) => {
    const token = await enrol(await renewAdmin(app), { user, type, ...(pin ? { pin } : {}) });
    await warmUp(app, { user, pass: `${pin ?? ""}000000` });
    const next = (round: number) => (type === "hotp" ? round : Math.floor(app.engine.now() / 30_000));
    for (let round = 0; round < ROUNDS; round++) {
      const pass = `${pin ?? ""}${token.value(next(round))}`;
      const { accepted, told } = await race(app, [
        { user, pass },
        { serial: token.serial, pass },
      ]);
      expect([round, accepted]).toEqual([round, 1]);
      expect(told).toEqual(new Set(["wrong otp value. previous otp used again"]));
      app.advance(30_000);
      await resetFailCounter(await renewAdmin(app), token.serial);
    }
    expect(countSuccesses(app.dataDir, token.serial)).toBe(ROUNDS);
  });

  test("two tokens of one user with one PIN: the value of each once, both sent at once", async () => {
    const api = await renewAdmin(app);
    const user = "user4";
    const tokens = [await enrol(api, { user, pin: "pin" }), await enrol(api, { user, pin: "pin" })];
    await warmUp(app, { user, pass: "pin000000" });
    for (let round = 0; round < ROUNDS; round++) {
      const { accepted } = await race(
        app,
        tokens.map(({ value }) => ({ user, pass: `pin${value(round)}` })),
      );
      expect([round, accepted]).toEqual([round, 2]);
      for (const { serial } of tokens) await resetFailCounter(api, serial);
    }
    expect(tokens.map(({ serial }) => countSuccesses(app.dataDir, serial))).toEqual([ROUNDS, ROUNDS]);
  });

  test("one seed in two tokens: one answer is accepted, for both tokens", async () => {
    const api = await renewAdmin(app);
    const otpkey = "000102030405060708090a0b0c0d0e0f10111213";
    const user = "user5";
    const tokens = [await enrol(api, { user, otpkey }), await enrol(api, { user, otpkey })];
    for (let round = 0; round < ROUNDS; round++) {
      const { accepted } = await race(app, [{ user, pass: tokens[0]?.value(round) }]);
      expect([round, accepted]).toEqual([round, 1]);
      for (const { serial } of tokens) await resetFailCounter(api, serial);
    }
    expect(tokens.map(({ serial }) => countSuccesses(app.dataDir, serial))).toEqual([ROUNDS, ROUNDS]);
  });

  test("different values of one token at once: those accepted are in rising order, each once", async () => {
    const api = await renewAdmin(app);
    const { serial, value } = await enrol(api, { user: "user6" });
    let next = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const ways = Array.from({ length: 10 }, (_, index) => ({ serial, pass: value(next + index) }));
      const { accepted } = await race(app, ways);
      expect(accepted).toBeGreaterThanOrEqual(1);
      expect(accepted).toBeLessThanOrEqual(10);
      const record = await app.engine.store.tokenBySerial(serial);
      expect(record?.counter).toBeGreaterThan(next);
      next = record?.counter ?? 0;
      expect((await race(app, ways.slice(0, 1))).accepted).toBe(0);
      await resetFailCounter(api, serial);
    }
  });
});

describe("over real sockets", () => {
  const ROUNDS = 20;
  let server: TestServer;
  beforeAll(async () => {
    const env = {
      OSTIARY_GUARD_USER: "off",
      ...QUICK_ENV,
    };
    server = await startServer({ env });
  });
  afterAll(() => server.stop());

  test.each([
    { name: "HOTP with PIN", type: "hotp", pin: "pin" },
    { name: "TOTP without PIN", type: "totp", pin: "" },
  ])(`$name: ${ROUNDS} values, ${COPIES} connections each`, async ({ type, pin }) => {
    // A step a second: twenty different values without waiting.
    const { serial, value } = await enrol(server, { type, timeStep: 1, ...(pin ? { pin } : {}) });
    await warmUp(server, { serial, pass: `${pin}000000` });
    const first = type === "hotp" ? 0 : Math.floor(Date.now() / 1000) - 60;
    for (let round = 0; round < ROUNDS; round++) {
      const { accepted } = await race(server, [{ serial, pass: `${pin}${value(first + round)}` }]);
      expect([round, accepted]).toEqual([round, 1]);
      await resetFailCounter(server, serial);
    }
    expect(countSuccesses(server.dataDir, serial)).toBe(ROUNDS);
  });
});
