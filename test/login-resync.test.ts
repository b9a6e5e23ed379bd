// Tokens out of step: AutoResync, resync by hand, and used values (K1-16 to K1-18, Z43).
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { alignClock, check, configure, enrol, readToken, renewAdmin, setColumns, type TestToken } from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const enrolNow = async (params = {}): Promise<TestToken> => enrol(await renewAdmin(app), { otplen: 8, pin: "pin", ...params });
const login = (token: TestToken, counter: number, pin = "pin") =>
  check(app, { serial: token.serial, pass: pin + token.value(counter) });
const accepts = async (token: TestToken, counter: number) => (await login(token, counter)).accepted;
const step = () => Math.floor(app.engine.now() / 30_000);

describe("K1-16, Z43, G08 AutoResync", () => {
  beforeAll(async () => configure(await renewAdmin(app), { AutoResync: true, AutoResyncTimeout: 60 }));
  afterAll(async () => configure(await renewAdmin(app), { AutoResync: false }));
  afterEach(async () => configure(await renewAdmin(app), { AutoResync: true }));

  // Each row: counters in the order they are tried, the last one's outcome, what the token then expects.
  const ROWS: [name: string, tried: number[], accepted: boolean, counter: number][] = [
    ["the very next value", [50, 51], true, 52],
    ["from the first value after the window", [10, 11], true, 12],
    ["to the last one of the sync window", [98, 99], true, 100],
    ["not beyond the sync window", [100, 101], false, 0],
    ["the successor alone will not do: one left out", [50, 52], false, 0],
    ["nor the one before", [50, 49], false, 0],
    ["nor the same again", [50, 50], false, 0],
    ["a second start replaces the first", [50, 60, 61], true, 62],
    ["after which the first one's successor comes too late", [50, 60, 51], false, 0],
    ["a value in step ends it", [50, 3, 51], false, 4],
  ];
  test.each(ROWS)("HOTP: %s %j", async (_name, tried, accepted, counter) => {
    const token = await enrolNow();
    await setColumns(app, token.serial, { sync_window: 100 });
    let last: boolean | undefined;
    for (const [index, value] of tried.entries()) {
      const outcome = await login(token, value);
      last = outcome.accepted;
      if (index < tried.length - 1 && value >= 10) expect(outcome.message).toBe("wrong otp value");
    }
    expect(last).toBe(accepted);
    expect((await readToken(app, token.serial)).counter).toBe(counter);
  });

  test("a wrong value in between changes nothing", async () => {
    const token = await enrolNow();
    await login(token, 50);
    await check(app, { serial: token.serial, pass: "pin00000000" });
    await check(app, { serial: token.serial, pass: "wrong00000000" });
    expect(await accepts(token, 51)).toBe(true);
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 0, resyncCounter: null, resyncDue: null });
  });

  test("both values are used up", async () => {
    const token = await enrolNow();
    await login(token, 50);
    await login(token, 51);
    for (const counter of [50, 51]) {
      expect((await login(token, counter)).message).toBe("wrong otp value. previous otp used again");
    }
  });

  test("G09 the second value within AutoResyncTimeout seconds, and then both again", async () => {
    const token = await enrolNow();
    await login(token, 50);
    app.advance(55_000);
    expect(await accepts(token, 51)).toBe(true);
    await login(token, 80);
    app.advance(60_001);
    expect(await accepts(token, 81)).toBe(false);
    expect(await accepts(token, 82)).toBe(true);
  });

  test("off: two values in a row are two wrong values", async () => {
    await configure(await renewAdmin(app), { AutoResync: false });
    const token = await enrolNow();
    for (const counter of [50, 51, 52]) expect(await accepts(token, counter)).toBe(false);
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 3, resyncCounter: null });
  });

  test("without the right PIN nothing is remembered and nothing found", async () => {
    const token = await enrolNow();
    expect((await login(token, 50, "no")).message).toBe("wrong otp pin");
    expect((await readToken(app, token.serial)).resyncCounter).toBe(null);
    await login(token, 60);
    expect((await login(token, 61, "no")).message).toBe("wrong otp pin");
    expect((await readToken(app, token.serial)).counter).toBe(0);
  });

  test("it opens no token that may not be used", async () => {
    const token = await enrolNow();
    await setColumns(app, token.serial, { fail_count: 10, failed_since: 1 });
    await login(token, 50);
    expect((await login(token, 51)).message).toBe("matching 1 tokens, Failcounter exceeded");
    expect((await readToken(app, token.serial)).failCount).toBe(10);
  });

  test("the right pair in 16 parallel copies is accepted once", async () => {
    const token = await enrolNow();
    await login(token, 50);
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => accepts(token, 51)));
    expect(outcomes.filter(Boolean).length).toBe(1);
  });

  test.each([20, -20])("TOTP: a clock %i steps off is learnt from two values", async (off) => {
    const token = await enrolNow({ type: "totp", timeWindow: 60 });
    await setColumns(app, token.serial, { sync_window: 30 });
    alignClock(app, 30, 5);
    expect((await login(token, step() + off)).message).toBe("wrong otp value");
    app.advance(30_000);
    expect(await accepts(token, step() + off)).toBe(true);
    expect((await readToken(app, token.serial)).timeShift).toBe(off * 30);
    app.advance(30_000);
    expect(await accepts(token, step())).toBe(false);
    expect(await accepts(token, step() + off)).toBe(true);
  });

  test("TOTP: not beyond the sync window, and only the successor", async () => {
    const token = await enrolNow({ type: "totp", timeWindow: 60 });
    await setColumns(app, token.serial, { sync_window: 30 });
    alignClock(app, 30, 5);
    for (const off of [31, 32, -31]) await login(token, step() + off);
    expect((await readToken(app, token.serial)).resyncCounter).toBe(null);
    await login(token, step() + 10);
    expect(await accepts(token, step() + 12)).toBe(false);
    expect(await accepts(token, step() + 13)).toBe(true);
  });
});

describe("K1-17 POST /token/resync", () => {
  const resync = async (serial: string, otp1: string, otp2: string) =>
    (await (await renewAdmin(app)).api<boolean>("POST", "/token/resync", { serial, otp1, otp2 })).value;

  const ROWS: [first: number, second: number, found: boolean][] = [
    [0, 1, true],
    [500, 501, true],
    [998, 999, true],
    [1000, 1001, false],
    [500, 502, false],
    [501, 500, false],
    [500, 500, false],
  ];
  test.each(ROWS)("HOTP: values %i and %i", async (first, second, found) => {
    const token = await enrolNow();
    expect(await resync(token.serial, token.value(first), ` ${token.value(second)} `)).toBe(found);
    expect((await readToken(app, token.serial)).counter).toBe(found ? second + 1 : 0);
    if (!found) return;
    for (const counter of [first, second]) expect(await accepts(token, counter)).toBe(false);
    expect(await resync(token.serial, token.value(first), token.value(second))).toBe(false);
    expect(await accepts(token, second + 1)).toBe(true);
  });

  test("a first value that occurs twice: the pair is found, not the first occurrence", async () => {
    // 4 digits among a thousand counters: nearly every seed has such a pair.
    for (;;) {
      const token = await enrolNow({ otplen: 4 });
      const seen = new Map<string, number>();
      let pair: [number, number] | null = null;
      for (let counter = 0; counter < 900 && !pair; counter++) {
        const before = seen.get(token.value(counter));
        if (before !== undefined && token.value(before + 1) !== token.value(counter + 1)) pair = [before, counter];
        seen.set(token.value(counter), before ?? counter);
      }
      if (!pair) continue;
      const [, second] = pair;
      expect(await resync(token.serial, token.value(second), token.value(second + 1))).toBe(true);
      expect((await readToken(app, token.serial)).counter).toBe(second + 2);
      return;
    }
  });

  test.each([15, -15])("TOTP: a clock %i steps off; the pair and what was before it are spent", async (off) => {
    const token = await enrolNow({ type: "totp", timeWindow: 60 });
    alignClock(app, 30, 5);
    const shown = step() + off;
    expect(await resync(token.serial, token.value(shown - 1), token.value(shown))).toBe(true);
    expect(await readToken(app, token.serial)).toMatchObject({ counter: shown, timeShift: off * 30 });
    expect(await accepts(token, shown)).toBe(false);
    expect(await accepts(token, shown + 1)).toBe(true);
    expect(await resync(token.serial, token.value(shown - 1), token.value(shown))).toBe(false);
  });

  test("TOTP: used steps do not count as a pair again", async () => {
    const token = await enrolNow({ type: "totp" });
    alignClock(app, 30, 5);
    await login(token, step());
    expect(await resync(token.serial, token.value(step() - 1), token.value(step()))).toBe(false);
    expect(await resync(token.serial, token.value(step()), token.value(step() + 1))).toBe(true);
  });

  test("Z41, G13 the fail counter goes back with DefaultResetFailCount, and stays without", async () => {
    for (const on of [true, false]) {
      await configure(await renewAdmin(app), { DefaultResetFailCount: on });
      const token = await enrolNow();
      await check(app, { serial: token.serial, pass: "pin00000000" });
      expect(await resync(token.serial, token.value(100), token.value(101))).toBe(true);
      expect((await readToken(app, token.serial)).failCount).toBe(on ? 0 : 1);
    }
    await configure(await renewAdmin(app), { DefaultResetFailCount: true });
  });

  test("types without steps, and texts that are no values, are not found", async () => {
    const pw = await enrolNow({ type: "pw", otpkey: "password" });
    expect(await resync(pw.serial, "password", "password")).toBe(false);
    const { serial, value } = await enrolNow();
    for (const [otp1, otp2] of [
      ["abcdefgh", value(1)],
      [value(0), "1"],
      [`pin${value(0)}`, value(1)],
    ] as const) {
      expect(await resync(serial, otp1, otp2)).toBe(false);
    }
  });

  test("16 parallel copies of one pair put the token in step once", async () => {
    const token = await enrolNow();
    const api = await renewAdmin(app);
    const pair = { serial: token.serial, otp1: token.value(50), otp2: token.value(51) };
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => api.api<boolean>("POST", "/token/resync", pair)));
    expect(outcomes.filter(({ value }) => value === true).length).toBe(1);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe("K1-18 a used value is told from a wrong one, ten back", () => {
  const USED = "wrong otp value. previous otp used again";

  test("HOTP", async () => {
    const token = await enrolNow();
    await setColumns(app, token.serial, { counter: 29 });
    expect(await accepts(token, 29)).toBe(true);
    await setColumns(app, token.serial, { max_fail: 100 });
    for (const [back, message] of [
      [0, USED],
      [1, USED],
      [9, USED],
      [10, "wrong otp value"],
    ] as const) {
      expect([back, (await login(token, 29 - back)).message]).toEqual([back, message]);
    }
  });

  test("HOTP at the beginning: there is nothing before counter 0", async () => {
    const token = await enrolNow();
    expect(await accepts(token, 2)).toBe(true);
    for (const counter of [0, 1, 2]) expect((await login(token, counter)).message).toBe(USED);
    expect((await check(app, { serial: token.serial, pass: "pin00000000" })).message).toBe("wrong otp value");
  });

  test("TOTP", async () => {
    const token = await enrolNow({ type: "totp" });
    alignClock(app, 30, 5);
    const now = step();
    expect(await accepts(token, now)).toBe(true);
    for (const [back, message] of [
      [0, USED],
      [1, USED],
      [9, USED],
      [10, "wrong otp value"],
    ] as const) {
      expect([back, (await login(token, now - back)).message]).toEqual([back, message]);
    }
  });

  test("who does not know the PIN is told nothing", async () => {
    const token = await enrolNow();
    await login(token, 0);
    expect((await login(token, 0, "no")).message).toBe("wrong otp pin");
  });
});
