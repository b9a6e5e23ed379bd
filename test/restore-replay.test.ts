// A restore turns the clock of the database back. One-time passwords that were used in the lost time must not be good again, and
// who was logged in must log in again. `ostiary backup` and `restore` (config-and-tokens.md B08).
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { verifyAudit } from "../engine/audit/verify.ts";
import { backUp, type OpenedApp, openApp, restoreFrom, type TestArchive } from "./kit/backups.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { alignClock, check, configure, enrol, passwdLine, readAudit, type TestToken } from "./kit/tokens.ts";

setDefaultTimeout(30_000);

const QUICK_HASH = { algorithm: "argon2id", memoryCost: 8, timeCost: 1 } as const;

let app: TestApp;
let archive: TestArchive;
let hotp: TestToken;
let totp: TestToken;
let slow: TestToken;
let userSession = "";

const stepAt = (ms: number) => Math.floor(ms / 1000 / 30);
const accepts = async (on: Pick<TestApp, "api">, params: Record<string, unknown>) => (await check(on, params)).accepted;

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", [
    passwdLine("alice", 1001, Bun.password.hashSync("alice secret", QUICK_HASH)),
    passwdLine("bob", 1002),
  ]);
  hotp = await enrol(app, { user: "alice", pin: "pin" });
  totp = await enrol(app, { user: "bob", type: "totp", pin: "pin" });
  slow = await enrol(app, {
    type: "totp",
    timeStep: 60,
    timeShift: -600,
    timeWindow: 600,
    description: "its clock is ten minutes late",
  });
  alignClock(app, 30, 5);
  expect(await accepts(app, { user: "alice", pass: `pin${hotp.value(0)}` })).toBe(true);
  archive = await backUp(app);
  // The lost time: an hour in which everybody logs in.
  app.advance(3_600_000);
  alignClock(app, 30, 5);
  const login = await app.api<{ token: string }>("POST", "/auth", { username: "alice", password: "alice secret" }, { token: "" });
  userSession = login.value?.token ?? "";
  expect(userSession).not.toBe("");
  for (const counter of [1, 2, 3, 4]) expect(await accepts(app, { user: "alice", pass: `pin${hotp.value(counter)}` })).toBe(true);
  expect(await accepts(app, { user: "bob", pass: `pin${totp.value(stepAt(app.engine.now()))}` })).toBe(true);
});
afterAll(() => app.stop());

describe("a restore an hour later", () => {
  let restored: OpenedApp;
  let dataDir: string;
  beforeAll(async () => {
    const outcome = await restoreFrom(archive, app.engine.now);
    dataDir = outcome.dataDir;
    expect(outcome.rewound).toMatchObject({ movedOn: 2, lost: 1, movedPaths: 1 });
    expect(outcome.opened).toBeGreaterThan(0);
    restored = await openApp(dataDir, app);
  });
  afterAll(() => restored.stop());

  test("TOTP: the value used just before is refused, also by a device that runs a step ahead; a later one is good", async () => {
    const step = stepAt(app.engine.now());
    for (const used of [step - 1, step, step + 1])
      expect(await accepts(restored, { user: "bob", pass: `pin${totp.value(used)}` })).toBe(false);
    expect(await accepts(restored, { user: "bob", pass: `pin${totp.value(step + 2)}` })).toBe(true);
  });

  test("TOTP: a device that is known to be slow need not wait until it is as late as we are now", async () => {
    const own = Math.floor((app.engine.now() / 1000 - 600) / 60);
    expect(await accepts(restored, { serial: slow.serial, pass: slow.value(own) })).toBe(false);
    expect(await accepts(restored, { serial: slow.serial, pass: slow.value(own + 2) })).toBe(true);
  });

  test("HOTP: what was used before the backup is refused; what was used since is good again, as the report warns", async () => {
    expect(await accepts(restored, { user: "alice", pass: `pin${hotp.value(0)}` })).toBe(false);
    expect(await accepts(restored, { user: "alice", pass: `pin${hotp.value(1)}` })).toBe(true);
  });

  test("sessions made before are dead, of administrators and of owners of tokens; the passwords are still good", async () => {
    expect((await app.api("GET", "/token/", {}, { token: userSession })).status).toBe(200);
    expect((await restored.api("GET", "/token/", {}, { token: userSession })).status).toBe(401);
    const login = await restored.api<{ token: string }>(
      "POST",
      "/auth",
      { username: "alice", password: "alice secret" },
      { token: "" },
    );
    expect((await restored.api("GET", "/token/", {}, { token: login.value?.token ?? "" })).status).toBe(200);
    expect((await restored.api("GET", "/system/", {}, { token: app.adminToken })).status).toBe(401);
    expect((await restored.api("GET", "/system/")).status).toBe(200);
  });

  test("the audit trail goes on in a new epoch, with the restore as its first row, and nothing is wrong with it", async () => {
    const report = await verifyAudit({
      databasePath: join(dataDir, "ostiary.db"),
      publicKeyPem: await Bun.file(join(dataDir, "keys", "audit.pub")).text(),
      checkpointFile: join(dataDir, "audit-checkpoints.jsonl"),
    });
    expect(report.problems).toEqual([]);
    expect(report.chains.map(({ node, epoch }) => `${node} ${epoch}`)).toEqual(expect.arrayContaining(["node1 1", "node1 2"]));
    const newest = report.chains.findLast(({ node }) => node === "node1");
    const [first] = readAudit(dataDir, `chain = ${newest?.chain} AND seq = 1`);
    expect(first?.action).toBe("restore");
  });

  test("the resolver reads the user file of the new directory", async () => {
    const listed = await restored.api<Record<string, { data: Record<string, string> }>>("GET", "/resolver/home");
    expect(JSON.stringify(listed.value)).toContain(join(dataDir, "users", "home"));
  });
});

describe("--demand-resync", () => {
  let restored: OpenedApp;
  beforeAll(async () => {
    const { dataDir } = await restoreFrom(archive, app.engine.now, { demandResync: true });
    restored = await openApp(dataDir, app);
  });
  afterAll(() => restored.stop());

  const stateOf = async (serial: string) => {
    const list = await restored.api<{ tokens: { rollout_state: string }[] }>("GET", "/token/", { serial });
    return list.value?.tokens[0]?.rollout_state;
  };

  test("a replayed HOTP value is refused with the reason, and again; the list shows the state; TOTP is not touched", async () => {
    const replay = await check(restored, { user: "alice", pass: `pin${hotp.value(1)}` });
    expect([replay.accepted, replay.message]).toEqual([false, "matching 1 tokens, Token must be resynchronised first"]);
    expect(await accepts(restored, { user: "alice", pass: `pin${hotp.value(1)}` })).toBe(false);
    expect([await stateOf(hotp.serial), await stateOf(totp.serial)]).toEqual(["resync", ""]);
  });

  test("two replayed values in a row do not get past AutoResync", async () => {
    await configure(restored, { AutoResync: "True" });
    for (const counter of [13, 14, 3, 4])
      expect(await accepts(restored, { user: "alice", pass: `pin${hotp.value(counter)}` })).toBe(false);
    await configure(restored, { AutoResync: "False" });
    expect(await stateOf(hotp.serial)).toBe("resync");
  });

  test("a wrong resync changes nothing; two fresh values in a row bring the token back, behind all that was used", async () => {
    const resync = (first: number, second: number) =>
      restored.api("POST", "/token/resync", { serial: hotp.serial, otp1: hotp.value(first), otp2: hotp.value(second) });
    expect((await resync(20, 22)).value).toBe(false);
    expect(await stateOf(hotp.serial)).toBe("resync");
    expect((await resync(20, 21)).value).toBe(true);
    expect(await stateOf(hotp.serial)).toBe("");
    for (const counter of [1, 2, 3, 4, 21])
      expect(await accepts(restored, { user: "alice", pass: `pin${hotp.value(counter)}` })).toBe(false);
    expect(await accepts(restored, { user: "alice", pass: `pin${hotp.value(22)}` })).toBe(true);
  });
});
