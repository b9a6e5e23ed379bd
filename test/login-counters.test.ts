// What a token counts: windows and their ends, drift, fail counters and what clears them, limits, validity (K1, Z37 to Z47).
// Values have 8 digits: a chance hit among the few tries here is one in a million runs.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { findUnfitness } from "../engine/login/fitness.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import {
  alignClock,
  check,
  configure,
  enrol,
  readToken,
  renewAdmin,
  resetFailCounter,
  setColumns,
  type TestToken,
} from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
afterEach(async () =>
  configure(await renewAdmin(app), { failcounter_clear_timeout: 0, ResetFailcounterOnPIN: false, DefaultResetFailCount: true }),
);

const MINUTE = 60_000;
const enrolNow = async (params = {}): Promise<TestToken> => enrol(await renewAdmin(app), { otplen: 8, ...params });
const login = async (token: TestToken, counter: number, pin = "") =>
  check(app, { serial: token.serial, pass: pin + token.value(counter) });
const accepts = async (token: TestToken, counter: number) => (await login(token, counter)).accepted;
const steps = (seconds: number) => Math.floor(app.engine.now() / 1000 / seconds);

describe("RFC 4226 7.4 the window of HOTP: count to count + count_window - 1", () => {
  test.each([1, 3, 10, 100])("count_window %i", async (count_window) => {
    for (const start of [0, 1, 500]) {
      const columns = { count_window, counter: start };
      const last = await enrolNow();
      await setColumns(app, last.serial, columns);
      expect(await accepts(last, start + count_window)).toBe(false);
      if (start > 0) expect(await accepts(last, start - 1)).toBe(false);
      expect(await accepts(last, start + count_window - 1)).toBe(true);
      expect((await readToken(app, last.serial)).counter).toBe(start + count_window);
      const first = await enrolNow();
      await setColumns(app, first.serial, columns);
      expect(await accepts(first, start)).toBe(true);
    }
  });

  test("a value that was passed over is lost", async () => {
    const token = await enrolNow();
    expect(await accepts(token, 5)).toBe(true);
    for (const counter of [0, 4, 5]) expect(await accepts(token, counter)).toBe(false);
    expect(await accepts(token, 6)).toBe(true);
  });
});

describe("RFC 6238 5.2 the window of TOTP: rounded, the upper bound itself excluded (rest-api 3.2)", () => {
  // Seconds into the step: before the middle the window's centre is this step, after it the next one.
  const ROWS = [
    { into: 5, timeStep: 30, timeWindow: 180, from: -6, to: 5 },
    { into: 20, timeStep: 30, timeWindow: 180, from: -5, to: 6 },
    { into: 5, timeStep: 30, timeWindow: 60, from: -2, to: 1 },
    { into: 10, timeStep: 60, timeWindow: 119, from: -1, to: 0 },
    { into: 45, timeStep: 60, timeWindow: 119, from: 0, to: 1 },
    { into: 5, timeStep: 30, timeWindow: 0, from: 0, to: 0 },
    { into: 20, timeStep: 30, timeWindow: 29, from: 0, to: 0 },
  ];
  test.each(ROWS)("%j", async ({ into, timeStep, timeWindow, from, to }) => {
    alignClock(app, timeStep, into);
    for (const offset of [from - 1, from, to, to + 1]) {
      const token = await enrolNow({ type: "totp", timeStep, timeWindow });
      const accepted = await accepts(token, steps(timeStep) + offset);
      expect([offset, accepted]).toEqual([offset, offset >= from && offset <= to]);
    }
  });

  test("each step once, and never an earlier one", async () => {
    alignClock(app, 30, 5);
    const token = await enrolNow({ type: "totp" });
    const now = steps(30);
    for (const [offset, accepted] of [
      [-2, true],
      [-2, false],
      [-3, false],
      [1, true],
      [0, false],
      [1, false],
      [2, true],
    ] as const) {
      expect([offset, await accepts(token, now + offset)]).toEqual([offset, accepted]);
    }
    expect((await readToken(app, token.serial)).counter).toBe(now + 2);
  });
});

describe("timeShift", () => {
  test("as enrolled it moves the whole window", async () => {
    alignClock(app, 30, 5);
    for (const timeShift of [-3600, 3600]) {
      const token = await enrolNow({ type: "totp", timeShift });
      expect(await accepts(token, steps(30))).toBe(false);
      expect(await accepts(token, steps(30) + timeShift / 30)).toBe(true);
    }
  });

  test.each([3, -3])("RFC 6238 section 6: a clock %i steps off is followed one step a log-in", async (off) => {
    const token = await enrolNow({ type: "totp" });
    const learnt: number[] = [];
    for (let round = 0; round < 4; round++) {
      app.advance(10 * MINUTE);
      alignClock(app, 30, 5);
      expect(await accepts(token, steps(30) + off)).toBe(true);
      learnt.push((await readToken(app, token.serial)).timeShift);
    }
    const step = Math.sign(off) * 30;
    expect(learnt).toEqual([step, 2 * step, 2 * step, 2 * step]);
  });

  test("a step beside the expected one teaches nothing", async () => {
    const token = await enrolNow({ type: "totp" });
    for (const off of [1, -1]) {
      app.advance(10 * MINUTE);
      alignClock(app, 30, 5);
      expect(await accepts(token, steps(30) + off)).toBe(true);
      expect((await readToken(app, token.serial)).timeShift).toBe(0);
    }
  });

  test("log-ins alone carry it no further than the window is wide", async () => {
    const token = await enrolNow({ type: "totp", timeWindow: 90 });
    let ahead = 2;
    for (; ahead < 20; ahead++) {
      app.advance(30 * MINUTE);
      alignClock(app, 30, 5);
      if (!(await accepts(token, steps(30) + ahead))) break;
      expect(Math.abs((await readToken(app, token.serial)).timeShift)).toBeLessThanOrEqual(90);
    }
    // shift 90 and a window of two steps after the expected one
    expect(ahead).toBe(6);
  });
});

describe("K1-12, K1-13, Z39 to Z41: fail counters", () => {
  /** A token with PIN whose counter is full: `max_fail` wrong values. */
  async function fill(max_fail = 3): Promise<TestToken> {
    const token = await enrolNow({ pin: "pin" });
    await setColumns(app, token.serial, { max_fail });
    for (let count = 1; count <= max_fail; count++) {
      await check(app, { serial: token.serial, pass: "pin00000000" });
      const { failCount, failedSince } = await readToken(app, token.serial);
      expect([failCount, failedSince !== null]).toEqual([count, count === max_fail]);
    }
    return token;
  }

  test("Z39 it stops at the maximum, and the moment it filled stays", async () => {
    const token = await fill();
    const { failedSince } = await readToken(app, token.serial);
    app.advance(MINUTE);
    for (const pass of ["pin00000000", "wrong00000000"]) await check(app, { serial: token.serial, pass });
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 3, failedSince });
    expect((await login(token, 0, "pin")).message).toBe("matching 1 tokens, Failcounter exceeded");
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 3, failedSince });
  });

  test("Z41 success sets it to 0, also with DefaultResetFailCount off (decisions section 1)", async () => {
    const api = await renewAdmin(app);
    for (const on of [true, false]) {
      await configure(api, { DefaultResetFailCount: on });
      const token = await enrolNow();
      for (let wrong = 0; wrong < 9; wrong++) await check(app, { serial: token.serial, pass: "00000000" });
      expect(await accepts(token, 0)).toBe(true);
      expect((await readToken(app, token.serial)).failCount).toBe(0);
    }
  });

  test("without a timeout only an administrator clears a full one", async () => {
    const token = await fill();
    app.advance(365 * 24 * 60 * MINUTE);
    expect((await login(token, 0, "pin")).accepted).toBe(false);
    await resetFailCounter(await renewAdmin(app), token.serial);
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 0, failedSince: null });
    expect((await login(token, 1, "pin")).accepted).toBe(true);
  });

  test("Z40 (a) a full success clears it after the timeout, not before, and time alone never does", async () => {
    await configure(await renewAdmin(app), { failcounter_clear_timeout: 10 });
    const token = await fill();
    app.advance(10 * MINUTE - 5000);
    expect((await login(token, 0, "pin")).message).toBe("matching 1 tokens, Failcounter exceeded");
    app.advance(5001);
    expect((await readToken(app, token.serial)).failCount).toBe(3);
    expect((await login(token, 1, "pin")).accepted).toBe(true);
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 0, failedSince: null });
  });

  test("wrong attempts after the timeout leave it full; the right one still gets in", async () => {
    await configure(await renewAdmin(app), { failcounter_clear_timeout: 10 });
    const token = await fill();
    const { failedSince } = await readToken(app, token.serial);
    app.advance(11 * MINUTE);
    for (const pass of ["pin00000000", "wrong00000000"]) await check(app, { serial: token.serial, pass });
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 3, failedSince });
    expect((await login(token, 0, "pin")).accepted).toBe(true);
  });

  test("Z40 (c) ResetFailcounterOnPIN: the right PIN with a wrong value clears too, and counts as the first failure", async () => {
    await configure(await renewAdmin(app), { failcounter_clear_timeout: 10, ResetFailcounterOnPIN: true });
    const token = await fill();
    await check(app, { serial: token.serial, pass: "pin00000000" });
    expect((await readToken(app, token.serial)).failCount).toBe(3);
    app.advance(10 * MINUTE + 1);
    await check(app, { serial: token.serial, pass: "wrong00000000" });
    expect((await readToken(app, token.serial)).failCount).toBe(3);
    await check(app, { serial: token.serial, pass: "pin00000000" });
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 1, failedSince: null });
    expect((await login(token, 0, "pin")).accepted).toBe(true);
  });

  test("Z40 (c) a maximum of 1 fills again at once, with the new moment", async () => {
    await configure(await renewAdmin(app), { failcounter_clear_timeout: 10, ResetFailcounterOnPIN: true });
    const token = await fill(1);
    app.advance(10 * MINUTE + 1);
    const before = app.engine.now();
    await check(app, { serial: token.serial, pass: "pin00000000" });
    const { failCount, failedSince } = await readToken(app, token.serial);
    expect(failCount).toBe(1);
    expect(failedSince).toBeGreaterThanOrEqual(before);
    expect((await login(token, 0, "pin")).accepted).toBe(false);
  });

  test.todo("K1-13 (b), Z46: a triggered challenge clears it after the timeout (comes with challenges)", () => {});

  test("under 30 parallel wrong attempts it ends at the maximum, none is lost below it", async () => {
    for (const max_fail of [10, 100]) {
      const token = await enrolNow();
      await setColumns(app, token.serial, { max_fail });
      await Promise.all(Array.from({ length: 30 }, () => check(app, { serial: token.serial, pass: "00000000" })));
      expect((await readToken(app, token.serial)).failCount).toBe(Math.min(30, max_fail));
    }
  });
});

describe("K1-11 limits of log-ins", () => {
  test.each([{ auth_success_max: 3 }, { auth_count_max: 3 }])("%j: exactly 3 of 20 parallel ones", async (limit) => {
    const { serial } = await enrol(await renewAdmin(app), { type: "pw", otpkey: "password" });
    await setColumns(app, serial, limit);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => check(app, { serial, pass: "password" })));
    expect(outcomes.filter(({ accepted }) => accepted).length).toBe(3);
    const refused = outcomes.filter(({ accepted }) => !accepted).map(({ message }) => message);
    expect(new Set(refused)).toEqual(new Set(["matching 1 tokens, Authentication counter exceeded"]));
    expect(await readToken(app, serial)).toMatchObject({ authCount: 3, authSuccess: 3, failCount: 0 });
  });

  test("auth_count_max counts right PINs with wrong values too, auth_success_max does not", async () => {
    const token = await enrolNow({ pin: "pin" });
    await setColumns(app, token.serial, { auth_count_max: 3, auth_success_max: 3 });
    await check(app, { serial: token.serial, pass: "wrong00000000" });
    for (const _ of [1, 2]) await check(app, { serial: token.serial, pass: "pin00000000" });
    expect(await readToken(app, token.serial)).toMatchObject({ authCount: 2, authSuccess: 0 });
    expect((await login(token, 0, "pin")).accepted).toBe(true);
    expect((await login(token, 1, "pin")).message).toBe("matching 1 tokens, Authentication counter exceeded");
  });

  test("last_auth is the moment of the last success", async () => {
    const token = await enrolNow();
    const before = app.engine.now();
    await accepts(token, 0);
    const { lastAuth } = await readToken(app, token.serial);
    expect(lastAuth).toBeGreaterThanOrEqual(before);
    app.advance(MINUTE);
    await accepts(token, 0);
    expect((await readToken(app, token.serial)).lastAuth).toBe(lastAuth);
  });
});

describe("K1-10 validity period", () => {
  test("from its first minute to its last, over the API", async () => {
    app.advance(MINUTE - (app.engine.now() % MINUTE) + 10_000);
    const start = app.engine.now() - (app.engine.now() % MINUTE) + 60 * MINUTE;
    const write = (time: number) => `${new Date(time + 2 * 60 * MINUTE).toISOString().slice(0, 16)}+0200`;
    const token = await enrolNow({ validity_period_start: write(start), validity_period_end: write(start + 60 * MINUTE) });
    for (const [moment, accepted] of [
      [start - 10_000, false],
      [start, true],
      [start + 60 * MINUTE - 10_000, true],
      [start + 60 * MINUTE + 1, false],
    ] as const) {
      app.advance(moment - app.engine.now());
      const { counter } = await readToken(app, token.serial);
      const { accepted: passed, message } = await login(token, counter);
      expect([moment - start, passed]).toEqual([moment - start, accepted]);
      if (!accepted) expect(message).toBe("matching 1 tokens, Outside validity period");
    }
  });

  test("to the millisecond: both ends belong to it", async () => {
    const record = { ...(await readToken(app, (await enrolNow()).serial)), validFrom: 1000, validUntil: 2000 };
    const config = app.engine.systemConfig();
    const fit = [999, 1000, 1001, 2000, 2001].map((now) => findUnfitness(record, config, now) === null);
    expect(fit).toEqual([false, true, true, true, false]);
  });
});

describe("K1-15, Z47 a right value of an unfit token is used up", () => {
  test.each(["hotp", "totp"])("%s: after the token is enabled again it is not good", async (type) => {
    const token = await enrolNow({ type });
    const counter = type === "hotp" ? 4 : steps(30);
    const api = await renewAdmin(app);
    await api.api("POST", "/token/disable", { serial: token.serial });
    expect((await login(token, counter)).message).toBe("matching 1 tokens, Token is disabled");
    await api.api("POST", "/token/enable", { serial: token.serial });
    expect((await login(token, counter)).message).toBe("wrong otp value. previous otp used again");
    expect(await accepts(token, counter + 1)).toBe(true);
  });
});
