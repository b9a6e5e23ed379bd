// GET /token/getserial (rest-api.md 2.3 and 5 item 33; K1-36; manual L11889): whose value is this? For administrators only, the value
// is used up, and it is written down nowhere.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "../engine/services/jobs.ts";
import { insertToken } from "../engine/store/scratch-store.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readAudit, readToken, setColumns, type TestToken } from "./kit/tokens.ts";

let app: TestApp;
let mine: TestToken;
let clock: TestToken;
let spare: TestToken;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1)]);
  // Eight digits: values of different tokens do not meet by chance.
  mine = await enrol(app, { serial: "MINE1", user: "alice", pin: "", otplen: 8 });
  clock = await enrol(app, { serial: "CLOCK1", type: "totp", user: "alice", pin: "", otplen: 8 });
  spare = await enrol(app, { serial: "SPARE1", otplen: 8 });
  await enrol(app, { serial: "PASS", type: "pw", otpkey: "12345678" });
  await enrol(app, { serial: "SIMPLE", type: "spass" });
});
afterAll(() => app.stop());

const find = async (otp: string, params: ApiParams = {}) => {
  const { value, error } = await app.api<{ serial: string | null; count: number }>("GET", `/token/getserial/${otp}`, params);
  return error ? error.code : value;
};
const step = () => Math.floor(app.engine.now() / 1000 / 30);

describe("GET /token/getserial", () => {
  test("rest-api 5 item 33: finds the token and says how many were searched; the counter moves on, so the value is not good for a log-in", async () => {
    expect(await find(mine.value(3))).toEqual({ serial: "MINE1", count: 3 });
    expect((await readToken(app, "MINE1")).counter).toBe(4);
    expect((await check(app, { user: "alice", pass: mine.value(3) })).accepted).toBe(false);
    // Nor is it found again.
    expect(await find(mine.value(3))).toEqual({ serial: null, count: 3 });
    expect((await check(app, { user: "alice", pass: mine.value(4) })).accepted).toBe(true);
  });
  test("TOTP: by the token's clock, used once", async () => {
    const otp = clock.value(step());
    expect(await find(otp)).toEqual({ serial: "CLOCK1", count: 3 });
    expect((await check(app, { user: "alice", pass: otp })).accepted).toBe(false);
    expect(await find(otp)).toEqual({ serial: null, count: 3 });
  });
  test("looks ahead ten values, or as many as `window` says", async () => {
    const { counter } = await readToken(app, "SPARE1");
    expect(await find(spare.value(counter + 10))).toMatchObject({ serial: null });
    expect(await find(spare.value(counter + 10), { window: 11 })).toMatchObject({ serial: "SPARE1" });
    expect((await readToken(app, "SPARE1")).counter).toBe(counter + 11);
    for (const window of [0, 1001, "x"]) expect(await find("12345678", { window })).toBe(905);
  });
  test("type, assigned, unassigned and a part of the serial narrow the search; count=1 only counts", async () => {
    const count = async (params: ApiParams) => (await find("00000000", { count: 1, ...params })) as { count: number };
    const cases: [ApiParams, number][] = [
      [{}, 3],
      [{ type: "hotp" }, 2],
      [{ type: "TOTP" }, 1],
      [{ type: "spass" }, 0],
      [{ assigned: 1 }, 2],
      [{ unassigned: "true" }, 1],
      [{ assigned: 1, unassigned: 1 }, 3],
      [{ assigned: 0, unassigned: "no" }, 3],
      [{ serial: "E1" }, 2],
      [{ serial: "lock" }, 1],
      [{ serial: "%" }, 0],
      [{ serial: "_" }, 0],
    ];
    for (const [params, number] of cases) expect([params, (await count(params)).count]).toEqual([params, number]);
    expect(await find("00000000", { count: 1, type: "nonsense" })).toBe(1610);
    const { counter } = await readToken(app, "MINE1");
    expect(await find(mine.value(counter), { count: 1 })).toEqual({ serial: null, count: 3 });
    expect(await find(mine.value(counter), { unassigned: 1 })).toEqual({ serial: null, count: 1 });
    expect((await readToken(app, "MINE1")).counter).toBe(counter);
    expect(await find(mine.value(counter), { assigned: 1, type: "hotp", serial: "mine" })).toEqual({ serial: "MINE1", count: 1 });
  });
  test("1200 where several tokens show it; none of them moves", async () => {
    const otpkey = "3132333435363738393031323334353637383930";
    for (const serial of ["TWIN1", "TWIN2"]) await enrol(app, { serial, otpkey, otplen: 8 });
    const twin = (await enrol(app, { serial: "TWIN1", otpkey, otplen: 8 })).value(2);
    expect(await find(twin)).toBe(1200);
    expect((await readToken(app, "TWIN1")).counter).toBe(0);
    expect(await find(twin, { serial: "win2" })).toMatchObject({ serial: "TWIN2" });
    for (const serial of ["TWIN1", "TWIN2"]) await app.api("DELETE", `/token/${serial}`);
  });
  test("disabled and revoked tokens are found too: the question is whose it is", async () => {
    const token = await enrol(app, { serial: "DEAD1", otplen: 8 });
    await app.api("POST", "/token/revoke/DEAD1");
    expect(await find(token.value(0))).toMatchObject({ serial: "DEAD1" });
    expect((await readToken(app, "DEAD1")).counter).toBe(1);
    await app.api("DELETE", "/token/DEAD1");
  });
  test("what is no value finds nobody", async () => {
    for (const otp of ["abc", "1", "%20", "12345678901234", "12345678%0A9", "%F0%9F%94%91", "'--"]) {
      const found = await find(otp);
      expect([otp, typeof found === "object" ? found.serial : found]).toEqual([otp, null]);
    }
    expect(await find("1".repeat(41))).toBe(905);
  });
  test("a damaged seed does not hide the others", async () => {
    await enrol(app, { serial: "TORN1", otplen: 8 });
    await setColumns(app, "TORN1", { key_sealed: new Uint8Array(60) as never });
    const { counter } = await readToken(app, "MINE1");
    expect(await find(mine.value(counter))).toMatchObject({ serial: "MINE1" });
    await app.api("DELETE", "/token/TORN1");
  });
  test("a log-in with the value at the same moment: one of the two has it", async () => {
    for (let round = 0; round < 5; round++) {
      const { counter } = await readToken(app, "MINE1");
      const otp = mine.value(counter);
      const [found, login] = await Promise.all([find(otp), check(app, { user: "alice", pass: otp })]);
      const serial = typeof found === "object" ? found.serial : found;
      expect([serial === "MINE1", login.accepted].filter(Boolean)).toHaveLength(1);
      expect((await readToken(app, "MINE1")).counter).toBe(counter + 1);
    }
  });
});

describe("a search that takes long", () => {
  const many = 20_001;
  const twin = { otpkey: "3132333435363738393031323334353637383930", otplen: 4 };
  beforeAll(async () => {
    const { sql } = app.engine.store;
    await enrol(app, { serial: "FAR1", ...twin });
    await insertToken(app.engine.store, { serial: "M0", type: "hotp", otp_length: 4, key_sealed: new Uint8Array(60) });
    for (let from = 1; from < many; from += 1000) {
      const rows = Array.from({ length: Math.min(1000, many - from) }, (_, index) => ({
        serial: `M${from + index}`,
        type: "hotp",
        otp_length: 4,
        key_sealed: new Uint8Array(60),
        created_at: 1,
      }));
      const query = sql
        .insertInto("token")
        .values(rows as never)
        .compile();
      await app.engine.store.commit({ kind: "write", statements: [{ query }], touches: ["none"] });
    }
    await enrol(app, { serial: "FAR2", ...twin });
  });
  const ended = async (id: unknown): Promise<Job> => {
    for (;;) {
      const { value } = await app.api<Job>("GET", `/job/${id}`);
      if (value && value.state !== "running") return value;
      await Bun.sleep(5);
    }
  };
  const start = (otp: string, params: ApiParams = {}) => app.api("GET", `/token/getserial/${otp}`, { background: 1, ...params });

  test("too many to wait for is an error that says how to narrow it; narrowed it is answered", async () => {
    const { counter } = await readToken(app, "MINE1");
    const { error } = await app.api("GET", `/token/getserial/${mine.value(counter)}`);
    expect(error?.code).toBe(905);
    expect(error?.message).toContain("20006 tokens");
    expect(error?.message).not.toContain(mine.value(counter));
    expect(await find(mine.value(counter), { assigned: 1 })).toMatchObject({ serial: "MINE1" });
  });
  test("background=1 is a job with progress, whose result is the answer; the counter moves there too", async () => {
    const { counter } = await readToken(app, "MINE1");
    const started = await start(mine.value(counter));
    expect(started.value).toEqual({ serial: null, count: many + 5 });
    const job = await ended(started.detail?.job);
    expect(job).toMatchObject({
      kind: "getserial",
      by: "admin",
      state: "done",
      done: many + 5,
      total: many + 5,
      result: { serial: "MINE1", count: many + 5 },
    });
    expect((await readToken(app, "MINE1")).counter).toBe(counter + 1);
    expect((await check(app, { user: "alice", pass: mine.value(counter) })).accepted).toBe(false);
    expect(JSON.stringify(job)).not.toContain(mine.value(counter));
  });
  test("1200 where two show it, however far apart they are; neither moves", async () => {
    // RFC 4226 appendix D, counter 0: 755224.
    const started = await start("5224");
    expect(await ended(started.detail?.job)).toMatchObject({
      state: "failed",
      error: expect.stringContaining("ERR1200"),
      result: null,
    });
    expect([(await readToken(app, "FAR1")).counter, (await readToken(app, "FAR2")).counter]).toEqual([0, 0]);
  });
  test("it can be stopped, and log-ins go on meanwhile", async () => {
    const { counter } = await readToken(app, "MINE1");
    // Four digits: each of the 20,000 is looked at.
    const started = await start("1234");
    expect((await check(app, { user: "alice", pass: mine.value(counter) })).accepted).toBe(true);
    const stopped = await app.api("DELETE", `/job/${started.detail?.job}`);
    const { state } = await ended(started.detail?.job);
    expect(state).toBe(stopped.value === true ? "stopped" : "done");
  });
});

test("the value is in no audit row, whatever became of the search", async () => {
  const { counter } = await readToken(app, "SPARE1");
  const otp = spare.value(counter);
  await find(otp, { serial: "SPARE" });
  await find(otp, { type: "nonsense" });
  await find(otp);
  const rows = readAudit(app.dataDir, "action LIKE '%getserial%'");
  expect(new Set(rows.map(({ action }) => action))).toEqual(new Set(["GET /token/getserial"]));
  expect(rows.every(({ administrator }) => administrator === "admin")).toBe(true);
  expect(rows.some(({ serial, success }) => serial === "SPARE1" && success === 1)).toBe(true);
  const database =
    readFileSync(join(app.dataDir, "ostiary.db")).toString("latin1") +
    readFileSync(join(app.dataDir, "ostiary.db-wal")).toString("latin1");
  for (const value of [otp, mine.value(3), "12345678901234"]) expect(database.includes(value)).toBe(false);
});
