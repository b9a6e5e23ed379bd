// POST /token/lost (rest-api.md 2.3 and 5 item 55; K1-29, Z52; manual L12004, L18207-18239).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { replaceLost } from "../engine/services/token-lost.ts";
import type { Work } from "../engine/services/work.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, readAudit, readToken, setColumns } from "./kit/tokens.ts";

interface Lost {
  serial: string;
  password: string;
  end_date: string;
  [name: string]: unknown;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1), passwdLine("bob", 2)]);
  await app.addRealm("barn", [passwdLine("berta", 1)]);
});
afterAll(() => app.stop());

const lose = async (serial: string): Promise<Lost> => {
  const { value, text } = await app.api<Lost>("POST", `/token/lost/${serial}`);
  if (!value) throw new Error(text);
  return value;
};
const code = async (path: string, params: ApiParams = {}) => (await app.api("POST", path, params)).error?.code;

/** A call as the service sees it; `before` happens between its decision and its write. */
const workOf = (before: () => Promise<void>): Work => ({
  engine: app.engine,
  caller: null,
  audit: {},
  async write(statements, touches) {
    await before();
    const outcome = await app.engine.store.commit({ kind: "write", statements, touches });
    return outcome.won ? outcome : null;
  },
});

describe("POST /token/lost", () => {
  test("rest-api 5 item 55: the answer has the keys of the contract; valid_to is the constant, end_date the date", async () => {
    await enrol(app, { serial: "KEY1", user: "alice", pin: "her pin" });
    const lost = await lose("KEY1");
    expect(lost).toEqual({
      serial: "lostKEY1",
      init: true,
      user: true,
      pin: true,
      valid_to: "xxxx",
      password: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{16}$/),
      end_date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d\+0000$/),
      disable: 1,
    });
    const days = (Date.parse(lost.end_date.replace("+0000", "Z")) - app.engine.now()) / 86_400_000;
    expect(days).toBeGreaterThan(9.99);
    expect(days).toBeLessThanOrEqual(10);
  });
  test("Z52 the PIN is copied, the password is good, the lost token is not", async () => {
    const old = await enrol(app, { serial: "KEY2", user: "alice", pin: "her pin" });
    const lost = await lose("KEY2");
    expect((await check(app, { user: "alice", pass: `her pin${lost.password}` })).detail).toMatchObject({
      serial: lost.serial,
      type: "pw",
    });
    expect((await check(app, { user: "alice", pass: lost.password })).accepted).toBe(false);
    expect((await check(app, { user: "alice", pass: `her pin${old.value(0)}` })).accepted).toBe(false);
    expect((await readToken(app, "KEY2")).active).toBe(false);
  });
  test("same owner, same realms, another description; groups stay with the lost one", async () => {
    await enrol(app, { serial: "KEY3", user: "bob", tokenrealm: "barn", description: "left pocket" });
    const { serial } = await lose("KEY3");
    const { value } = await app.api<{ tokens: Record<string, unknown>[] }>("GET", "/token/", { serial });
    expect(value?.tokens[0]).toMatchObject({
      tokentype: "pw",
      username: "bob",
      user_realm: "house",
      realms: ["barn", "house"],
      description: "replaces KEY3",
      active: true,
    });
    expect((await app.api<{ count: number }>("GET", "/token/", { user: "bob" })).value?.count).toBe(2);
  });
  test("after ten days the password is no longer good", async () => {
    await enrol(app, { serial: "KEY4", user: "alice", pin: "p" });
    const lost = await lose("KEY4");
    await setColumns(app, lost.serial, { valid_until: app.engine.now() - 1 });
    const late = await check(app, { user: "alice", pass: `p${lost.password}` });
    expect([late.accepted, late.message]).toEqual([false, "matching 1 tokens, Outside validity period"]);
  });
  test("lost twice: each replacement is its own; the second disabled nothing", async () => {
    await enrol(app, { serial: "KEY5", user: "alice", pin: "p" });
    const first = await lose("KEY5");
    const second = await lose("KEY5");
    expect([first.serial, second.serial, second.disable]).toEqual(["lostKEY5", "lostKEY5-2", 0]);
    for (const { password } of [first, second])
      expect((await check(app, { user: "alice", pass: `p${password}` })).accepted).toBe(true);
    // A replacement can be lost too.
    expect((await lose("lostKEY5-2")).serial).toBe("lostlostKEY5-2");
  });
  test("a serial of 40 characters leaves room for the new one", async () => {
    const serial = "L".repeat(40);
    await enrol(app, { serial, user: "alice" });
    expect((await lose(serial)).serial).toBe(`lost${"L".repeat(36)}`);
    expect((await lose(serial)).serial).toBe(`lost${"L".repeat(34)}-2`);
  });
  test("three at the same moment: who loses is told so, and no token is half made", async () => {
    await enrol(app, { serial: "KEY6", user: "alice" });
    const codes = await Promise.all([code("/token/lost/KEY6"), code("/token/lost/KEY6"), code("/token/lost/KEY6")]);
    // Dear work takes turns: whose turn comes after the winner's end replaces the token once more.
    const won = codes.filter((each) => each === undefined).length;
    expect(won).toBeGreaterThan(0);
    expect(codes.filter((each) => each === 905)).toHaveLength(3 - won);
    expect((await app.api<{ count: number }>("GET", "/token/", { serial: "lostKEY6*" })).value?.count).toBe(won);
  });
  test("a PIN that is changed while the token is being replaced: the old one is not copied, nothing is done", async () => {
    await enrol(app, { serial: "KEY8", user: "alice", pin: "old" });
    const { store } = app.engine;
    const work = workOf(async () => void (await app.api("POST", "/token/setpin/KEY8", { otppin: "new" })));
    const fault = await replaceLost(work, { serial: "KEY8" }, { length: 16, contents: "8", days: 10 }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(fault).toMatchObject({ kind: "changed_meanwhile" });
    expect((await readToken(app, "KEY8")).active).toBe(true);
    expect(await store.tokenBySerial("lostKEY8")).toBeNull();
  });
  test("L6127 length, contents and days are whoever's who asks; contents nobody can make are 905", async () => {
    await enrol(app, { serial: "KEY9", user: "alice" });
    const work = workOf(async () => {});
    const lost = await replaceLost(work, { serial: "KEY9" }, { length: 6, contents: "n", days: 1 });
    expect(lost.password).toMatch(/^\d{6}$/);
    expect((await readToken(app, lost.serial)).otpLength).toBe(6);
    const fault = await replaceLost(work, { serial: "KEY9" }, { length: 6, contents: "?", days: 1 }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(fault).toMatchObject({ kind: "lost_contents" });
  });
  test("2012 without an owner, 601 without a token, 1007 for a locked one, 905 without a serial", async () => {
    await enrol(app, { serial: "FREE" });
    expect(await code("/token/lost/FREE")).toBe(2012);
    expect(await code("/token/lost/NONE")).toBe(601);
    expect(await code("/token/lost")).toBe(905);
    expect(await code("/token/lost", { serial: "KEY*" })).toBe(905);
    await enrol(app, { serial: "SHUT", user: "alice" });
    await setColumns(app, "SHUT", { locked: 1 });
    expect(await code("/token/lost", { serial: "SHUT" })).toBe(1007);
    expect((await readToken(app, "FREE")).active).toBe(true);
  });
  test("one row in the audit trail, with both serials and without the password", async () => {
    await enrol(app, { serial: "KEY7", user: "alice", pin: "p" });
    const { password } = await lose("KEY7");
    const rows = readAudit(app.dataDir, "action = 'POST /token/lost' AND serial LIKE '%KEY7%'");
    expect(rows.map(({ serial, administrator, success }) => [serial, administrator, success])).toEqual([
      ["KEY7,lostKEY7", "admin", 1],
    ]);
    expect(JSON.stringify(readAudit(app.dataDir))).not.toContain(password);
  });
});
