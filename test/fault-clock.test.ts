// A clock that somebody sets an hour forward or back: nothing that was used is good again, nobody gains guesses, the trail goes on;
// and once the clock is right again, everything is as before.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formatValidity } from "../engine/core/validity.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { alignClock, check, enrol, readAudit, readToken, renewAdmin, type TestToken } from "./kit/tokens.ts";

const HOUR = 3_600_000;
const STEP = 30;
let app: TestApp;
beforeEach(async () => {
  app = await startApp({ "guard.user": "5/7200" });
});
afterEach(() => app.stop());

/** The step a device shows whose clock is `offset` milliseconds from that of the server. */
const stepAt = (offset = 0): number => Math.floor((app.engine.now() + offset) / 1000 / STEP);
const logIn = async ({ serial, value }: TestToken, counter: number) =>
  (await check(app, { serial, pass: value(counter) })).accepted;

describe("TOTP", () => {
  let token: TestToken;
  beforeEach(async () => {
    alignClock(app, STEP, 5);
    token = await enrol(app, { type: "totp" });
  });

  test.each([HOUR, 600_000, 60_000])(
    "set back by %i ms: an accepted value is never accepted again, nor one before it",
    async (back) => {
      const used = stepAt();
      expect(await logIn(token, used)).toBe(true);
      app.advance(-back);
      expect(await logIn(token, used)).toBe(false);
      // What the device would show by the wrong clock was shown long ago.
      expect(await logIn(token, stepAt())).toBe(false);
      app.advance(back);
      expect(await logIn(token, used)).toBe(false);
      app.advance(STEP * 1000);
      expect(await logIn(token, used + 1)).toBe(true);
    },
  );

  test("set forward: the device's value is refused and not used up; with the clock right again it is good, once", async () => {
    const shown = stepAt();
    app.advance(HOUR);
    expect(await logIn(token, shown)).toBe(false);
    app.advance(-HOUR);
    expect(await logIn(token, shown)).toBe(true);
    expect(await logIn(token, shown)).toBe(false);
  });

  test("a value of the future accepted by a wrong clock: when its time comes it is used, the next is good", async () => {
    app.advance(HOUR);
    const used = stepAt();
    expect(await logIn(token, used)).toBe(true);
    app.advance(-HOUR);
    expect((await readToken(app, token.serial)).counter).toBeGreaterThanOrEqual(used);
    expect(await logIn(token, used)).toBe(false);
    app.advance(HOUR);
    expect(await logIn(token, used)).toBe(false);
    app.advance(STEP * 1000);
    expect(await logIn(token, used + 1)).toBe(true);
  });

  test("an hour forward does not become the drift of a device", async () => {
    const before = (await readToken(app, token.serial)).timeShift;
    app.advance(HOUR);
    expect(await logIn(token, stepAt(-HOUR))).toBe(false);
    app.advance(-2 * HOUR);
    expect(await logIn(token, stepAt(HOUR))).toBe(false);
    expect((await readToken(app, token.serial)).timeShift).toBe(before);
  });
});

test("HOTP knows no time: values go on in order, whatever the clock does", async () => {
  const token = await enrol(app);
  for (const [counter, jump] of [0, HOUR, -2 * HOUR, HOUR].entries()) {
    app.advance(jump);
    expect(await logIn(token, counter)).toBe(true);
    expect(await logIn(token, counter)).toBe(false);
  }
});

test("K1-10 validity: refused outside the period by the clock as it is, good again when it is right again", async () => {
  const now = app.engine.now();
  const token = await enrol(app, {
    validity_period_start: formatValidity(now - HOUR / 2),
    validity_period_end: formatValidity(now + HOUR / 2),
  });
  // A right value that came at the wrong time is used up all the same.
  for (const [counter, jump] of [HOUR, -HOUR].entries()) {
    app.advance(jump);
    const { accepted, message } = await check(app, { serial: token.serial, pass: token.value(counter) });
    expect([accepted, message]).toEqual([false, expect.stringContaining("Outside validity period")]);
    app.advance(-jump);
  }
  expect(await logIn(token, 2)).toBe(true);
});

describe("POST /auth: a JWT", () => {
  const statusOf = async (api: TestApp["api"]) => (await api("GET", "/token/")).status;

  test("set forward by its hour it is over; a new one is good until the clock goes back, then it is of the future", async () => {
    app.advance(HOUR);
    expect(await statusOf(app.api)).toBe(401);
    const later = await renewAdmin(app);
    expect(await statusOf(later.api)).toBe(200);
    app.advance(-HOUR);
    expect(await statusOf(later.api)).toBe(401);
    // Nobody has to log in again only because the clock was wrong for a while.
    expect(await statusOf(app.api)).toBe(200);
  });

  test("set back: what is of the future is refused, a new one is given", async () => {
    app.advance(-HOUR);
    expect(await statusOf(app.api)).toBe(401);
    expect(await statusOf((await renewAdmin(app)).api)).toBe(200);
    app.advance(HOUR);
    expect(await statusOf(app.api)).toBe(200);
  });
});

test("guard.user: an exhausted budget stays exhausted when the clock is set back, and when it is right again", async () => {
  const token = await enrol(app);
  for (let guess = 0; guess < 5; guess++) expect(await logIn(token, 900 + guess)).toBe(false);
  for (const jump of [0, -HOUR, HOUR, -60_000, 60_000]) {
    app.advance(jump);
    const { accepted, message } = await check(app, { serial: token.serial, pass: token.value(0) });
    expect([accepted, message]).toEqual([false, expect.stringMatching(/^Too many failed attempts\. Try again in \d+ seconds/)]);
  }
  expect((await readToken(app, token.serial)).counter).toBe(0);
});

test("the audit trail goes on: numbers without a gap, each row with the time it was told, the chain is sound", async () => {
  const token = await enrol(app);
  for (const [counter, jump] of [0, HOUR, -2 * HOUR, HOUR].entries()) {
    app.advance(jump);
    expect(await logIn(token, counter)).toBe(true);
  }
  const rows = readAudit(app.dataDir, "chain = (SELECT max(chain) FROM audit)");
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, index) => (rows[0]?.seq ?? 0) + index));
  const times = rows.slice(-4).map(({ started_at }) => Number(started_at));
  const [start = 0, ahead = 0, behind = 0, right = 0] = times;
  expect(ahead - start).toBeGreaterThanOrEqual(HOUR);
  expect(start - behind).toBeGreaterThan(HOUR / 2);
  expect(right).toBeGreaterThanOrEqual(start);
  const { code, stdout } = await runOstiary(["audit", "verify", "--data", app.dataDir]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
});
