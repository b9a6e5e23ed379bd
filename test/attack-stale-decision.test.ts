// The attack: a log-in that was decided on what a token was, and is stored on what it has become. Whoever changes a token
// (PIN, seed, owner, state) must not find a log-in accepted after his change that only fits what was before it.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { login } from "../engine/login/login.ts";
import type { Intent } from "../engine/store/store.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, configure, enrol, passwdLine, readAudit, type TestToken } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const ROUNDS = 20;
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", [passwdLine("alice", 1000), passwdLine("bob", 1001)]);
  await configure(app, { DefaultMaxFailCount: 100_000 });
});
afterAll(() => app.stop());

interface Change {
  name: string;
  path: string;
  /** What the call is told besides the serial. */
  params: Record<string, string>;
}
const CHANGES: Change[] = [
  { name: "a new PIN", path: "/token/setpin", params: { otppin: "another" } },
  { name: "a new seed", path: "/token/init", params: { genkey: "1" } },
  { name: "disabled", path: "/token/disable", params: {} },
  { name: "no owner and no PIN any more", path: "/token/unassign", params: {} },
];

/** Log-ins with the old PIN and values, begun turn after turn of the event loop before and while the change is on its way. */
async function raceChange(token: TestToken, { path, params }: Change, lead: number): Promise<void> {
  let change: Promise<void> | null = null;
  let changed = false;
  const logins: Promise<unknown>[] = [];
  for (let counter = 1; !changed && counter < 400; counter++) {
    if (counter === lead) {
      change = app.api("POST", path, { serial: token.serial, ...params }).then((answer) => {
        expect(answer.error).toBeUndefined();
        changed = true;
      });
    }
    logins.push(check(app, { serial: token.serial, pass: `pin${token.value(counter)}` }));
    await new Promise(setImmediate);
  }
  await Promise.all([change, ...logins]);
}

test.each(CHANGES)("$name: every accepted log-in stands before the change in the trail", async (change) => {
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const token = await enrol(app, { user: "alice", pin: "pin" });
    // The PIN is remembered: the decision rests on memory alone.
    expect((await check(app, { serial: token.serial, pass: `pin${token.value(0)}` })).accepted).toBe(true);
    await raceChange(token, change, 1 + round);
    const rows = readAudit(app.dataDir, `serial = '${token.serial}' AND success = 1`);
    const changedAt = rows.findLast(({ action }) => action === `POST ${change.path}`)?.id ?? 0;
    expect(changedAt).toBeGreaterThan(0);
    const after = rows.filter(({ action, id }) => action === "POST /validate/check" && id > changedAt);
    expect(after).toEqual([]);
    accepted += rows.filter(({ action }) => action === "POST /validate/check").length - 1;
  }
  // Some did get in before it, else nothing was raced.
  expect(accepted).toBeGreaterThan(0);
});

test("a log-in that loses every race is refused, with its audit row, and is not tried for ever", async () => {
  const token = await enrol(app, { user: "bob", pin: "pin" });
  const { store } = app.engine;
  let tries = 0;
  const always = Object.create(store, {
    commit: {
      value: (intent: Intent) => {
        if (intent.kind !== "login" || intent.effects.length === 0) return store.commit(intent);
        tries++;
        return Promise.resolve({ won: false });
      },
    },
  });
  const request = {
    user: "bob",
    pass: `pin${token.value(0)}`,
    otpOnly: false,
    client: "10.0.0.1",
    action: "POST /validate/check",
  };
  const answer = await login(
    { ...request, startedAt: app.engine.now(), startedTick: performance.now() },
    { ...app.engine, store: always },
  );
  expect(answer).toMatchObject({ accepted: false, detail: { message: "wrong otp value" } });
  expect(tries).toBe(5);
  expect(readAudit(app.dataDir).at(-1)).toMatchObject({ user: "bob", success: 0, info: "wrong otp value" });
});
