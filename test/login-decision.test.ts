// What POST /validate/check answers and counts, row by row of rest-api.md 3.1.2, as far as no challenge is asked for.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, configure, enrol, passwdLine, readAudit, readToken, setColumns } from "./kit/tokens.ts";

let app: TestApp;
let users = 0;
beforeAll(async () => {
  app = await startApp();
  const lines = Array.from({ length: 60 }, (_, index) => passwdLine(`user${index}`, 1000 + index));
  await app.addRealm("home", [...lines, passwdLine("anna@away", 2000), passwdLine("50%off", 2001)]);
  await app.addRealm("away", [passwdLine("anna", 3000)]);
});
afterAll(() => app.stop());

/** Settings a test changed go back. */
const DEFAULTS = { IncFailCountOnFalsePin: true, PrependPin: true, no_auth_counter: false, splitAtSign: true };
afterEach(() => configure(app, DEFAULTS));

/** A user of realm home nobody has used yet. */
const nextUser = () => `user${users++}`;
const keysOf = (detail: Record<string, unknown> | undefined) => Object.keys(detail ?? {}).sort();
const failCount = async (serial: string) => (await readToken(app, serial)).failCount;
const fails = async (...serials: string[]) => Promise.all(serials.map(failCount));

describe("rest-api 3.1.2: accepted", () => {
  test("K0-03 one token: message, serial, type, otplen; counters", async () => {
    const user = nextUser();
    const token = await enrol(app, { user, pin: "pin", otplen: 8 });
    await check(app, { user, pass: `pin00000000` });
    expect(await failCount(token.serial)).toBe(1);
    const { accepted, detail, answer } = await check(app, { user, pass: `pin${token.value(0)}` });
    expect(accepted).toBe(true);
    expect(detail).toEqual({
      message: "matching 1 tokens",
      serial: token.serial,
      type: "hotp",
      otplen: 8,
      threadid: expect.any(Number),
    });
    expect(answer.body?.result.authentication).toBe("ACCEPT");
    // K1-11: the wrong value was a right PIN, so it counts as an attempt.
    expect(await readToken(app, token.serial)).toMatchObject({ failCount: 0, authCount: 2, authSuccess: 1, counter: 1 });
  });

  test("several of one type: no serial, their type; all of them count", async () => {
    const user = nextUser();
    const otpkey = "00112233445566778899aabbccddeeff";
    const first = await enrol(app, { user, pin: "pin", otpkey });
    const second = await enrol(app, { user, pin: "pin", otpkey });
    const { accepted, detail } = await check(app, { user, pass: `pin${first.value(0)}` });
    expect(accepted).toBe(true);
    expect(detail).toEqual({ message: "matching 2 tokens", type: "hotp", threadid: expect.any(Number) });
    for (const { serial } of [first, second]) expect(await readToken(app, serial)).toMatchObject({ counter: 1, authSuccess: 1 });
    // rest-api 5, item 53
    const [row] = readAudit(app.dataDir, `action = 'POST /validate/check' AND user = '${user}'`);
    expect(row?.serial?.split(",").sort()).toEqual([first.serial, second.serial].sort());
  });

  test("several of mixed types: type undetermined", async () => {
    const user = nextUser();
    const hotp = await enrol(app, { user, pin: "pin" });
    await enrol(app, { user, type: "spass", pin: `pin${hotp.value(0)}` });
    const { accepted, detail } = await check(app, { user, pass: `pin${hotp.value(0)}` });
    expect(accepted).toBe(true);
    expect(detail).toEqual({ message: "matching 2 tokens", type: "undetermined", threadid: expect.any(Number) });
  });

  test("a fit token beside an unfit one with the same value: accepted, and the value is spent on both (K1-15)", async () => {
    const user = nextUser();
    const otpkey = "ffeeddccbbaa99887766554433221100";
    const fit = await enrol(app, { user, pin: "pin", otpkey });
    const disabled = await enrol(app, { user, pin: "pin", otpkey });
    await app.api("POST", "/token/disable", { serial: disabled.serial });
    const { accepted, detail } = await check(app, { user, pass: `pin${fit.value(0)}` });
    expect([accepted, detail?.serial]).toEqual([true, fit.serial]);
    await app.api("POST", "/token/enable", { serial: disabled.serial });
    expect((await check(app, { serial: disabled.serial, pass: `pin${fit.value(0)}` })).accepted).toBe(false);
  });

  test("by serial, owned or not, and together with its owner", async () => {
    const user = nextUser();
    const owned = await enrol(app, { user });
    const free = await enrol(app);
    expect((await check(app, { serial: owned.serial, pass: owned.value(0) })).accepted).toBe(true);
    expect((await check(app, { serial: owned.serial, user, pass: owned.value(1) })).accepted).toBe(true);
    expect((await check(app, { serial: owned.serial, user, realm: "home", pass: owned.value(2) })).accepted).toBe(true);
    expect((await check(app, { serial: free.serial, pass: free.value(0) })).accepted).toBe(true);
  });

  test("GET /validate/check answers as POST does", async () => {
    const token = await enrol(app);
    const answer = await app.api<boolean>(
      "GET",
      "/validate/check",
      { serial: token.serial, pass: token.value(0) },
      { token: "" },
    );
    expect([answer.status, answer.value, answer.body?.id]).toEqual([200, true, 2]);
  });
});

describe("rest-api 3.1.2: refused", () => {
  test("PIN right, value wrong: wrong otp value, with the one token, +1 for it alone (K1-12, Z37)", async () => {
    const user = nextUser();
    const right = await enrol(app, { user, pin: "pin" });
    const other = await enrol(app, { user, pin: "another" });
    const { accepted, detail, answer } = await check(app, { user, pass: "pin999999" });
    expect([accepted, answer.status, answer.body?.result.authentication]).toEqual([false, 200, "REJECT"]);
    expect(detail).toEqual({
      message: "wrong otp value",
      serial: right.serial,
      type: "hotp",
      otplen: 6,
      threadid: expect.any(Number),
    });
    expect(await fails(right.serial, other.serial)).toEqual([1, 0]);
  });

  test("the same PIN on two tokens: no serial in the detail, +1 for both", async () => {
    const user = nextUser();
    const tokens = [await enrol(app, { user, pin: "pin" }), await enrol(app, { user, pin: "pin" })];
    const { message, detail } = await check(app, { user, pass: "pin999999" });
    expect(message).toBe("wrong otp value");
    expect(keysOf(detail)).toEqual(["message", "threadid"]);
    expect(await fails(...tokens.map(({ serial }) => serial))).toEqual([1, 1]);
  });

  test("K1-18 a used value says so, and counts as a failure", async () => {
    const token = await enrol(app, { pin: "pin" });
    await check(app, { serial: token.serial, pass: `pin${token.value(0)}` });
    const { accepted, message } = await check(app, { serial: token.serial, pass: `pin${token.value(0)}` });
    expect([accepted, message]).toEqual([false, "wrong otp value. previous otp used again"]);
    expect(await failCount(token.serial)).toBe(1);
  });

  test("Z38, G02 no PIN fits: wrong otp pin, +1 for every token unless IncFailCountOnFalsePin is off", async () => {
    const user = nextUser();
    const serials = [(await enrol(app, { user, pin: "one" })).serial, (await enrol(app, { user, pin: "two" })).serial];
    const { accepted, message, detail } = await check(app, { user, pass: "six123456" });
    expect([accepted, message, keysOf(detail)]).toEqual([false, "wrong otp pin", ["message", "threadid"]]);
    expect(await fails(...serials)).toEqual([1, 1]);
    await configure(app, { IncFailCountOnFalsePin: false });
    expect((await check(app, { user, pass: "six123456" })).message).toBe("wrong otp pin");
    expect(await fails(...serials)).toEqual([1, 1]);
    // A right PIN is punished all the same.
    expect((await check(app, { user, pass: "one999999" })).message).toBe("wrong otp value");
    expect((await fails(...serials)).sort()).toEqual([1, 2]);
  });

  test("no token: The user has no tokens assigned", async () => {
    const { accepted, detail, answer } = await check(app, { user: nextUser(), pass: "123456" });
    expect([answer.status, accepted]).toEqual([200, false]);
    expect(detail).toEqual({ message: "The user has no tokens assigned", threadid: expect.any(Number) });
  });

  test("a token without PIN takes the empty PIN only, one with a PIN never the empty one", async () => {
    const bare = await enrol(app);
    expect((await check(app, { serial: bare.serial, pass: `1${bare.value(0)}` })).message).toBe("wrong otp pin");
    expect((await check(app, { serial: bare.serial, pass: bare.value(0) })).accepted).toBe(true);
    const guarded = await enrol(app, { pin: "pin" });
    expect((await check(app, { serial: guarded.serial, pass: guarded.value(0) })).message).toBe("wrong otp pin");
    for (const pass of ["", "pin", " pin", "PIN", `pin ${guarded.value(0)}`, `PIN${guarded.value(0)}`]) {
      expect([pass, (await check(app, { serial: guarded.serial, pass })).accepted]).toEqual([pass, false]);
    }
  });

  test("values that are no digits, too long, too short, not ASCII", async () => {
    const token = await enrol(app);
    const value = token.value(0);
    for (const pass of [
      "",
      " ",
      value.slice(1),
      ` ${value}`,
      `${value} `,
      `${value}0`,
      "１２３４５６",
      "12345a",
      "-12345",
      "1e5000",
    ]) {
      expect([pass, (await check(app, { serial: token.serial, pass })).accepted]).toEqual([pass, false]);
    }
    await app.api("POST", "/token/reset", { serial: token.serial });
    expect((await check(app, { serial: token.serial, pass: value })).accepted).toBe(true);
  });
});

describe("rest-api 3.1.2: a right value of a token that is not fit", () => {
  const past = Date.UTC(2001, 0, 1);
  const future = Date.UTC(2100, 0, 1);
  const REASONS = [
    [{ auth_count: 5, auth_count_max: 5 }, "Authentication counter exceeded"],
    [{ auth_success: 5, auth_success_max: 5 }, "Authentication counter exceeded"],
    [{ active: 0 }, "Token is disabled"],
    [{ locked: 1 }, "Token is disabled"],
    [{ fail_count: 10, failed_since: past }, "Failcounter exceeded"],
    [{ valid_from: future }, "Outside validity period"],
    [{ valid_until: past }, "Outside validity period"],
    [{ rollout_state: "clientwait" }, "Token is not yet enrolled"],
    [{ rollout_state: "verify" }, "Token is not yet enrolled"],
  ] as const;

  test.each(REASONS)("K1-04, K1-05, K1-09 %j: %s; refused, not counted, and spent (K1-15)", async (columns, reason) => {
    const token = await enrol(app, { pin: "pin" });
    await setColumns(app, token.serial, columns);
    const before = await readToken(app, token.serial);
    const { accepted, detail, answer } = await check(app, { serial: token.serial, pass: `pin${token.value(3)}` });
    expect([accepted, answer.body?.result.authentication]).toEqual([false, "REJECT"]);
    expect(detail).toEqual({ message: `matching 1 tokens, ${reason}`, threadid: expect.any(Number) });
    const after = await readToken(app, token.serial);
    expect(after).toMatchObject({ counter: 4, failCount: before.failCount, authCount: before.authCount });
    // Only who knows PIN and value learns why.
    expect((await check(app, { serial: token.serial, pass: "pin999999" })).message).toBe("wrong otp value");
    expect((await check(app, { serial: token.serial, pass: `no${token.value(4)}` })).message).toBe("wrong otp pin");
  });

  test("two tokens, two reasons: both are named, each once", async () => {
    const user = nextUser();
    const otpkey = "0102030405060708090a0b0c0d0e0f10";
    const serials: string[] = [];
    for (const columns of [{ active: 0 }, { active: 0 }, { rollout_state: "verify" }]) {
      const { serial } = await enrol(app, { user, otpkey });
      await setColumns(app, serial, columns);
      serials.push(serial);
    }
    const value = (await enrol(app, { otpkey })).value(0);
    const { message } = await check(app, { user, pass: value });
    expect(message).toBe("matching 3 tokens, Token is disabled, Token is not yet enrolled");
    for (const serial of serials) expect((await readToken(app, serial)).counter).toBe(1);
  });

  test("K1-05 other rollout states may log in", async () => {
    for (const rollout_state of ["", "enrolled", "pending"]) {
      const token = await enrol(app);
      await setColumns(app, token.serial, { rollout_state });
      expect([rollout_state, (await check(app, { serial: token.serial, pass: token.value(0) })).accepted]).toEqual([
        rollout_state,
        true,
      ]);
    }
  });

  test("K1-23 revoked: 1007 if all are, else as if they were not there", async () => {
    const user = nextUser();
    const revoked = await enrol(app, { user });
    await setColumns(app, revoked.serial, { revoked: 1, locked: 1, active: 0 });
    for (const params of [{ user }, { serial: revoked.serial }]) {
      const { answer } = await check(app, { ...params, pass: revoked.value(0) });
      expect([answer.status, answer.error?.code]).toEqual([400, 1007]);
    }
    const good = await enrol(app, { user });
    expect((await check(app, { user, pass: revoked.value(0) })).accepted).toBe(false);
    expect((await check(app, { user, pass: good.value(0) })).detail?.serial).toBe(good.serial);
    expect(await failCount(revoked.serial)).toBe(0);
  });
});

describe("PIN and one-time password", () => {
  test("Z44, K1-08, G05 PrependPin off: the PIN stands behind, for every length", async () => {
    await configure(app, { PrependPin: false });
    for (const otplen of [6, 8]) {
      const { serial, value } = await enrol(app, { pin: "ÿ→😀", otplen });
      expect((await check(app, { serial, pass: `ÿ→😀${value(0)}` })).accepted).toBe(false);
      expect((await check(app, { serial, pass: `${value(0)}ÿ→😀` })).accepted).toBe(true);
      await configure(app, { PrependPin: true });
      expect((await check(app, { serial, pass: `ÿ→😀${value(1)}` })).accepted).toBe(true);
      await configure(app, { PrependPin: false });
    }
  });

  test("K1-07 a changed PIN counts at once, also one that is remembered", async () => {
    const { serial, value } = await enrol(app, { pin: "old" });
    for (const counter of [0, 1]) expect((await check(app, { serial, pass: `old${value(counter)}` })).accepted).toBe(true);
    await app.api("POST", "/token/setpin", { serial, otppin: "new" });
    expect((await check(app, { serial, pass: `old${value(2)}` })).message).toBe("wrong otp pin");
    expect((await check(app, { serial, pass: `new${value(2)}` })).accepted).toBe(true);
    await app.api("POST", "/token/setpin", { serial, otppin: "" });
    expect((await check(app, { serial, pass: `new${value(3)}` })).message).toBe("wrong otp pin");
    expect((await check(app, { serial, pass: value(3) })).accepted).toBe(true);
  });

  test("rest-api 3.7 spass: the PIN is all; otponly is no way around it", async () => {
    const { serial } = await enrol(app, { type: "spass", pin: "open sesame" });
    const { accepted, detail } = await check(app, { serial, pass: "open sesame" });
    expect([accepted, detail?.type, detail?.otplen]).toEqual([true, "spass", 0]);
    for (const pass of ["", "open", "open sesame "]) expect((await check(app, { serial, pass })).message).toBe("wrong otp pin");
    for (const pass of ["", "123456", "open sesame"]) {
      const { accepted: passed, message } = await check(app, { serial, pass, otponly: 1 });
      expect([pass, passed, message]).toEqual([pass, false, "OTP verification failed."]);
    }
  });

  test("rest-api 3.6 pw: a fixed password behind the PIN, good again and again", async () => {
    const { serial } = await enrol(app, { type: "pw", otpkey: "pässwörd", pin: "pin" });
    for (let round = 0; round < 2; round++) {
      const { accepted, detail } = await check(app, { serial, pass: "pinpässwörd" });
      expect([accepted, detail?.type, detail?.otplen]).toEqual([true, "pw", 8]);
    }
    for (const pass of ["pin", "pinpasswort", "pässwörd", "pinPässwörd"]) {
      expect([pass, (await check(app, { serial, pass })).accepted]).toEqual([pass, false]);
    }
  });

  test("otponly=1 with a serial skips the PIN: no detail when right, OTP verification failed. when wrong", async () => {
    const { serial, value } = await enrol(app, { pin: "pin" });
    const right = await check(app, { serial, otponly: 1, pass: value(0) });
    expect([right.accepted, right.detail]).toEqual([true, undefined]);
    const wrong = await check(app, { serial, otponly: 1, pass: `pin${value(1)}` });
    expect([wrong.accepted, wrong.message]).toEqual([false, "OTP verification failed."]);
    expect((await readToken(app, serial)).failCount).toBe(1);
    await app.api("POST", "/token/disable", { serial });
    const unfit = await check(app, { serial, otponly: 1, pass: value(1) });
    expect([unfit.accepted, unfit.message]).toEqual([false, "OTP verification failed."]);
    expect((await readToken(app, serial)).counter).toBe(2);
  });

  test("otponly=1 without a serial is not heard", async () => {
    const user = nextUser();
    const { value } = await enrol(app, { user, pin: "pin" });
    expect((await check(app, { user, otponly: 1, pass: value(0) })).message).toBe("wrong otp pin");
    expect((await check(app, { user, otponly: 1, pass: `pin${value(0)}` })).accepted).toBe(true);
  });
});

describe("Z45, G11 no_auth_counter", () => {
  test("nothing is counted, and the limits have no effect", async () => {
    const { serial, value } = await enrol(app);
    await setColumns(app, serial, { auth_count: 7, auth_count_max: 7, auth_success: 3, auth_success_max: 3 });
    expect((await check(app, { serial, pass: value(0) })).message).toBe("matching 1 tokens, Authentication counter exceeded");
    await configure(app, { no_auth_counter: true });
    expect((await check(app, { serial, pass: value(1) })).accepted).toBe(true);
    expect((await check(app, { serial, pass: "999999" })).accepted).toBe(false);
    expect(await readToken(app, serial)).toMatchObject({ authCount: 7, authSuccess: 3 });
    await configure(app, { no_auth_counter: false });
    expect((await check(app, { serial, pass: value(2) })).accepted).toBe(false);
  });
});

describe("whom it is about", () => {
  const WRONG = [
    [{ pass: "1" }, 400, 905, "ERR905: You either need to provide user or serial"],
    [{ user: "", pass: "1" }, 400, 905, "ERR905: You either need to provide user or serial"],
    [{ user: "user59" }, 400, 905, "ERR905: Missing parameter: 'pass'"],
    [{ user: "nobody", pass: "1" }, 400, 904, "ERR904: The user can not be found in any resolver in this realm!"],
    [
      { user: "user59", realm: "nowhere", pass: "1" },
      400,
      904,
      "ERR904: The user can not be found in any resolver in this realm!",
    ],
    [{ user: "user59", realm: "away", pass: "1" }, 400, 904, "ERR904: The user can not be found in any resolver in this realm!"],
    [
      { user: "user59", resolver: "away", pass: "1" },
      400,
      904,
      "ERR904: The user can not be found in any resolver in this realm!",
    ],
    [{ user: "50%off", pass: "1" }, 400, 905, "ERR905: Invalid user."],
    [{ user: "user59%", realm: "home", pass: "1" }, 400, 905, "ERR905: Invalid user."],
    [{ serial: "NONE", pass: "1" }, 404, 601, "The requested token could not be found."],
    [{ serial: "OATH*", pass: "1" }, 400, 905, "ERR905: Invalid serial number."],
  ] as const;
  test.each(WRONG)("rest-api 1.4 %j: HTTP %i, %i", async (params, status, code, message) => {
    const { answer } = await check(app, params);
    expect(answer.status).toBe(status);
    expect(answer.error).toEqual({ code, message });
  });

  test("905 for a serial that is not the user's; nothing is counted", async () => {
    const [owner, stranger] = [nextUser(), nextUser()];
    const { serial, value } = await enrol(app, { user: owner });
    const free = await enrol(app);
    for (const params of [
      { user: stranger, serial },
      { user: owner, serial: free.serial },
    ]) {
      const { answer } = await check(app, { ...params, pass: value(0) });
      expect([answer.status, answer.error]).toEqual([
        400,
        { code: 905, message: "ERR905: Given serial does not belong to given user!" },
      ]);
    }
    expect(await fails(serial, free.serial)).toEqual([0, 0]);
    expect((await check(app, { user: owner, serial, pass: value(0) })).accepted).toBe(true);
  });

  test("F10, G01 splitAtSign on and off: two persons behind one text", async () => {
    const inAway = await enrol(app, { user: "anna", realm: "away" });
    await configure(app, { splitAtSign: false });
    const atHome = await enrol(app, { user: "anna@away", realm: "home" });
    expect((await check(app, { user: "anna@away", pass: atHome.value(0) })).detail?.serial).toBe(atHome.serial);
    expect((await check(app, { user: "away\\anna", pass: inAway.value(0) })).answer.error?.code).toBe(904);
    await configure(app, { splitAtSign: true });
    for (const [counter, params] of [
      { user: "anna@away" },
      { user: "anna@AWAY" },
      { user: "away\\anna" },
      { user: "anna", realm: "away" },
      { user: "anna@home", realm: "away" },
    ].entries()) {
      const { detail } = await check(app, { ...params, pass: inAway.value(counter) });
      expect([params, detail?.serial]).toEqual([params, inAway.serial]);
    }
  });

  test("F01, Z16 a token whose owner left every realm lets nobody in, not even by its serial", async () => {
    await app.addRealm("gone", [passwdLine("eve", 4000)]);
    const { serial, value } = await enrol(app, { user: "eve", realm: "gone" });
    expect((await check(app, { serial, pass: value(0) })).accepted).toBe(true);
    await app.api("DELETE", "/realm/gone");
    expect((await check(app, { serial, pass: value(1) })).answer.error?.code).toBe(904);
  });
});
