// GET /overview/logins and /overview/tokens: what the start page of administrators shows (config-and-tokens.md D04).
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { createHistogram, observe } from "../engine/core/histogram.ts";
import { summarize } from "../engine/services/overview.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

interface Logins {
  since: number;
  complete: boolean;
  hours: { start: number; accepted: number; refused: number }[];
  reasons: { info: string; count: number }[];
  users: { user: string; realm: string; count: number }[];
  steps: { step: string; count: number; mean: number; slow: number }[];
}
const HOUR = 3_600_000;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", [passwdLine("alice", 1000), passwdLine("bob", 1001)]);
  await enrol(app, { serial: "HA1", user: "alice", otpkey: "3132333435363738393031323334353637383930" });
  await enrol(app, { serial: "HA2", user: "bob" });
  await enrol(app, { serial: "HA3" });
  await app.api("POST", "/token/disable/HA3", {});
  await check(app, { user: "alice", pass: "755224" });
  await check(app, { user: "bob", pass: "0" });
  await check(app, { user: "bob", pass: "1" });
  await check(app, { user: "alice", pass: "0" });
});
afterAll(() => app.stop());

const logins = async (params: Record<string, unknown> = {}) => {
  const { value, text } = await app.api<Logins>("GET", "/overview/logins", params as never);
  if (!value) throw new Error(text);
  return value;
};

describe("GET /overview/logins", () => {
  test("accepted and refused by hour, the running hour last, empty hours too", async () => {
    const { hours, complete, since } = await logins();
    expect([hours.length, complete, since]).toEqual([24, true, hours[0]?.start ?? 0]);
    expect(hours.every(({ start }, index) => start === since + index * HOUR)).toBe(true);
    // The log-in of the administrator himself is one, too.
    expect([hours.at(-1)?.refused, (hours.at(-1)?.accepted ?? 0) >= 1]).toEqual([3, true]);
    expect(hours.slice(0, -1).every(({ accepted, refused }) => accepted + refused === 0)).toBe(true);
  });

  test("reasons and users of the refused ones, the most frequent first; no other call counts", async () => {
    await app.api("POST", "/token/disable/NONE", {});
    const { reasons, users, steps } = await logins({ hours: 1 });
    expect(reasons.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(users).toEqual([
      { user: "bob", realm: "home", count: 2 },
      { user: "alice", realm: "home", count: 1 },
    ]);
    expect(steps.find(({ step }) => step === "total")?.count).toBe(4);
  });

  test("only the newest rows are looked at, and the answer says so", async () => {
    const db = new Database(join(app.dataDir, "ostiary.db"));
    db.run("PRAGMA busy_timeout = 2000");
    // As if 200,000 rows lay between the first ones and the newest.
    db.run("UPDATE audit SET id = id + 300000 WHERE id = (SELECT max(id) FROM audit)");
    const { complete, hours, since } = await logins();
    expect([complete, hours.at(-1)?.refused]).toEqual([false, 0]);
    expect(since).toBeGreaterThan(hours[0]?.start ?? 0);
    db.close();
  });

  test.each([0, 169, "x", "1;drop"])("hours=%p is no good: 400", async (hours) => {
    expect((await app.api("GET", "/overview/logins", { hours: String(hours) })).status).toBe(400);
  });

  test("for administrators alone", async () => {
    for (const path of ["/overview/logins", "/overview/tokens"])
      expect((await app.api("GET", path, {}, { token: "" })).status).toBe(401);
  });
});

test("GET /overview/tokens: by type and state", async () => {
  expect((await app.api<unknown>("GET", "/overview/tokens", {})).value).toEqual({
    count: 3,
    types: [{ type: "hotp", count: 3 }],
    disabled: 1,
    exhausted: 0,
    revoked: 0,
    unassigned: 1,
  });
});

test("a histogram in two figures: the mean, and the bound that 95 of 100 keep", () => {
  const histogram = createHistogram([0.001, 0.01, 0.1]);
  expect(summarize(histogram)).toEqual({ count: 0, mean: 0, slow: 0 });
  for (let index = 0; index < 94; index++) observe(histogram, 0.0005);
  for (let index = 0; index < 6; index++) observe(histogram, 0.05);
  expect(summarize(histogram)).toEqual({ count: 100, mean: expect.closeTo(0.00347, 6), slow: 0.1 });
  for (let index = 0; index < 100; index++) observe(histogram, 9);
  expect(summarize(histogram).slow).toBe(0.1);
});
