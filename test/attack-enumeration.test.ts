// The attack: finding out who exists, who has a token and whose PIN was right, from what is answered or from how long it took.
// What the contract itself tells (904 for an unknown user) is told; the rest looks the same, and a refusal never comes
// sooner than a password hash would take. Time is only compared with the floor from below, and by order of arrival.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { login } from "../engine/login/login.ts";
import type { LoginEngine, LoginRequest } from "../engine/login/types.ts";
import { createAdmins } from "../engine/services/admins.ts";
import { logIn } from "../engine/services/log-in.ts";
import { VaultBusyError } from "../engine/vault/vault.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol, passwdLine, type TestToken } from "./kit/tokens.ts";

// Processes and hundreds of log-ins: seconds here, more on a busy machine.
setDefaultTimeout(60_000);

const PASSWORD = "wonderland";
let app: TestApp;
let token: TestToken;
beforeAll(async () => {
  app = await startApp();
  const hash = await Bun.password.hash(PASSWORD, { algorithm: "bcrypt", cost: 4 });
  await app.addRealm("home", [
    passwdLine("alice", 1000, hash),
    passwdLine("bob", 1001),
    passwdLine("carl", 1002),
    passwdLine("dora", 1003),
  ]);
  token = await enrol(app, { user: "alice", pin: "pin" });
  await enrol(app, { user: "bob" });
  await enrol(app, { user: "carl", type: "spass", pin: "pin" });
});
afterAll(() => app.stop());

/** A body without what differs by nature. */
const plain = (text: string) => text.replace(/"time":[\d.]+/, '"time":0').replace(/"threadid":\d+/, '"threadid":0');

describe("what is answered", () => {
  test("a wrong PIN looks the same for every user who has a token, whatever its type", async () => {
    const bodies = new Set<string>();
    for (const user of ["alice", "bob", "carl"]) bodies.add(plain((await check(app, { user, pass: "nope123456" })).answer.text));
    expect(bodies.size).toBe(1);
  });

  test("a value of somebody else, a disabled token's wrong PIN: the same again", async () => {
    const wrong = plain((await check(app, { user: "bob", pass: "nope123456" })).answer.text);
    expect(plain((await check(app, { user: "bob", pass: `pin${token.value(0)}` })).answer.text)).toBe(wrong);
    await app.api("POST", "/token/disable", { user: "carl" });
    expect(plain((await check(app, { user: "carl", pass: "nope" })).answer.text)).toBe(wrong);
    await app.api("POST", "/token/enable", { user: "carl" });
  });

  test("no answer repeats what was sent", async () => {
    for (const params of [
      { user: "xq7marker", pass: "zk9secret" },
      { user: "alice", realm: "xq7marker", pass: "zk9secret" },
      { serial: "xq7marker", pass: "zk9secret" },
      { user: "alice", pass: "zk9secret" },
    ]) {
      const { answer } = await check(app, params);
      expect(answer.text).not.toContain("xq7marker");
      expect(answer.text).not.toContain("zk9secret");
    }
  });

  test("/auth: known and unknown names, administrators and users, with and without a password: one answer", async () => {
    const bodies = new Set<string>();
    for (const username of [adminName, "alice", "alice@home", "bob", "nobody", `${adminName}2`, "Admin", "nobody@home"]) {
      for (const password of ["wrong", "", PASSWORD.toUpperCase()]) {
        const { status, text, headers } = await app.api("POST", "/auth", { username, password }, { token: "" });
        expect([username, status, headers.get("retry-after")]).toEqual([username, 401, null]);
        bodies.add(plain(text));
      }
    }
    expect([...bodies].length).toBe(1);
    expect(JSON.parse([...bodies][0] ?? "")).toMatchObject({ detail: { threadid: 0 }, result: { error: { code: 4031 } } });
  });
});

/** The engine with a slow password hash: the floor is 2.5 times what the vault says it costs. */
function withFloor(hashMs: number): TestApp["engine"] {
  const vault = Object.create(app.engine.vault, { hashLatency: { value: hashMs } });
  return { ...app.engine, vault, rejectFloor: true };
}

function attempt(engine: LoginEngine, who: Partial<LoginRequest>) {
  const request: LoginRequest = {
    pass: "",
    otpOnly: false,
    client: "10.0.0.1",
    action: "POST /validate/check",
    startedAt: engine.now(),
    startedTick: performance.now(),
    ...who,
  };
  return login(request, engine).then(
    (answer) => answer,
    (error: unknown) => error,
  );
}

/** Milliseconds it took, with the millisecond a timer may be early. */
async function measure(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start + 1;
}

describe("how long it takes", () => {
  const FLOOR = 50;
  const REFUSALS: [name: string, who: Partial<LoginRequest>][] = [
    ["a wrong PIN", { user: "alice", pass: "nope123456" }],
    ["a right PIN with a wrong value", { user: "alice", pass: "pin000000" }],
    ["a token without PIN", { user: "bob", pass: "000000" }],
    ["a user without tokens", { user: "dora", pass: "pin000000" }],
    ["an unknown user", { user: "nobody", pass: "pin000000" }],
    ["an unknown realm", { user: "alice", realm: "nowhere", pass: "pin000000" }],
    ["a name that can not be", { user: "50%", pass: "pin000000" }],
    ["an unknown serial", { serial: "NONE", pass: "pin000000" }],
    ["otponly", { serial: "NONE", pass: "000000", otpOnly: true }],
    ["neither user nor serial", { pass: "000000" }],
  ];
  test.each(REFUSALS)("refused no sooner than a hash: %s", async (_name, who) => {
    expect(await measure(() => attempt(withFloor(FLOOR / 2.5), who))).toBeGreaterThanOrEqual(FLOOR);
  });

  test("a PIN that is remembered is refused as late as one that is hashed", async () => {
    expect((await check(app, { user: "alice", pass: `pin${token.value(5)}` })).accepted).toBe(true);
    expect(app.engine.pinMemory.size).toBeGreaterThan(0);
    const remembered = { user: "alice", pass: "pin000000" };
    expect(await measure(() => attempt(withFloor(FLOOR / 2.5), remembered))).toBeGreaterThanOrEqual(FLOOR);
  });

  test("a refusal that took longer than the floor is answered at the next multiple of it", async () => {
    const engine = withFloor(FLOOR / 2.5);
    const late = { user: "alice", pass: "nope123456", startedTick: performance.now() - 1.2 * FLOOR };
    expect(await measure(() => attempt(engine, late))).toBeGreaterThanOrEqual(0.75 * FLOOR);
  });

  test("accepted log-ins do not wait: one that starts after a refused one is answered before it", async () => {
    const engine = withFloor(320);
    const order: string[] = [];
    const refused = attempt(engine, { user: "alice", pass: "pin000000" }).then(() => order.push("refused"));
    for (const counter of [10, 11]) {
      const answer = await attempt(engine, { user: "alice", pass: `pin${token.value(counter)}` });
      expect(answer).toMatchObject({ accepted: true });
      order.push("accepted");
    }
    await refused;
    expect(order).toEqual(["accepted", "accepted", "refused"]);
  });

  test("/auth: refused no sooner than a hash, whoever was meant; accepted without waiting", async () => {
    const engine = withFloor(FLOOR / 2.5);
    const logInAs = (username: string, password: string, at = engine) =>
      logIn({ username, password }, "10.0.0.1", performance.now(), at).then(
        ({ role }) => role,
        (error: { kind?: string }) => error.kind,
      );
    for (const username of [adminName, "alice", "bob", "nobody"]) {
      for (const password of ["wrong", ""]) {
        let told: unknown;
        const taken = await measure(async () => {
          told = await logInAs(username, password);
        });
        expect([username, told]).toEqual([username, "wrong_credentials"]);
        expect(taken).toBeGreaterThanOrEqual(FLOOR);
      }
    }
    const slow = withFloor(320);
    const order: unknown[] = [];
    const refused = logInAs(adminName, "wrong", slow).then((told) => order.push(told));
    order.push(await logInAs(adminName, adminPassword, slow), await logInAs("alice", PASSWORD, slow));
    await refused;
    expect(order).toEqual(["admin", "user", "wrong_credentials"]);
  });

  test("the floor follows what a hash of this server costs", async () => {
    expect(app.engine.vault.hashLatency).toBeGreaterThan(0);
    expect(app.engine.rejectFloor).toBe(false);
    const started = await startApp({ "pin.reject_floor": "true" });
    expect(started.engine.rejectFloor).toBe(true);
    await started.stop();
  });

  test("a user with several PINs raises the floor for everybody: nobody refused after him is quicker than his hashes were", async () => {
    const started = await startApp({ "pin.reject_floor": "true", "hash.memory_kib": "4096" });
    await started.addRealm("home", ["many:x:1:1:Many:/:", "none:x:2:1:None:/:"]);
    for (const pin of ["one", "two", "three"]) {
      await started.api("POST", "/token/init", { type: "spass", user: "many", pin });
    }
    const single = started.engine.vault.hashLatency;
    expect(await attempt(started.engine, { user: "many", pass: "wrong" })).toMatchObject({ accepted: false });
    const { peak } = started.engine.pinCost;
    expect([single > 0, peak > 0]).toEqual([true, true]);
    for (const user of ["nobody", "none"]) {
      const before = started.engine.pinCost.peak;
      expect(await measure(() => attempt(started.engine, { user, pass: "wrong" }))).toBeGreaterThanOrEqual(before);
    }
    await started.stop();
  });

  test("one busy moment does not tell unknown names from known ones for ever after", async () => {
    let busy = true;
    const { vault } = app.engine;
    const admins = createAdmins(
      app.engine.store,
      {
        hashPassword: (password, peppered) =>
          busy ? Promise.reject(new VaultBusyError(1)) : vault.hashPassword(password, peppered),
        verifyPassword: vault.verifyPassword,
      },
      app.engine.now,
    );
    const fault = await admins.checkNothing("wrong").then(
      () => null,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(VaultBusyError);
    busy = false;
    expect(await admins.checkNothing("wrong")).toBeUndefined();
  });
});
