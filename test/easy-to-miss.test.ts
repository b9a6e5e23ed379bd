// rest-api.md 5, "easy to miss": the lines about all endpoints that no other test is the home of.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { errorTable } from "@ostiary/shared/errors.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { startServer } from "./kit/start-server.ts";
import { check, enrol, passwdLine } from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1)]);
  await enrol(app, { type: "spass", serial: "ALICES", user: "alice", pin: "sesame" });
});
afterAll(() => app.stop());

describe("rest-api.md 5 item 51: Cache-Control: no-cache on every answer", () => {
  for (const [name, entry] of Object.entries(catalogue) as [string, Endpoint][]) {
    test(name, async () => {
      const target = `http://localhost${(entry.paths[0] ?? "").replace(/:\w+/g, "X1")}`;
      const method = entry.methods[0] ?? "GET";
      // What changes something is asked as nobody alone.
      const asked = method === "GET" ? ["", app.adminToken] : [""];
      for (const token of asked) {
        const answer = await app.send(new Request(target, { method, headers: token ? { authorization: token } : {} }));
        expect([answer.status, answer.headers.get("cache-control"), answer.headers.get("x-content-type-options")]).toEqual([
          answer.status,
          "no-cache, no-store",
          "nosniff",
        ]);
      }
    });
  }
  test("nothing there, a wrong method, OPTIONS", async () => {
    for (const [method, path] of [
      ["GET", "/nothing"],
      ["PATCH", "/token/"],
      ["OPTIONS", "/token/"],
    ] as const)
      expect((await app.send(new Request(`http://localhost${path}`, { method }))).headers.get("cache-control")).toBe(
        "no-cache, no-store",
      );
  });
});

describe("rest-api.md 5 items 6 to 8: which number and status stands for what", () => {
  const table: [kind: keyof typeof errorTable, status: number, code: number][] = [
    ["right_missing", 403, 303],
    ["not_found", 404, 601],
    ["token_not_found", 404, 601],
    ["missing_parameter", 400, 905],
    ["user_not_found", 400, 904],
    ["wrong_credentials", 401, 4031],
    ["missing_username", 401, 4032],
    ["missing_authorization", 401, 4033],
    ["jwt_unreadable", 401, 4304],
    ["jwt_expired", 401, 4305],
    ["role_required", 401, 4306],
  ];
  for (const [kind, status, code] of table)
    test(`${kind}: ${status} with ${code}`, () => expect(errorTable[kind]).toMatchObject({ status, code }));
  test("HTTP 404 is 601 and nothing else; 403 is 303, 401 is 403x or 430x", () => {
    for (const [kind, { status, code }] of Object.entries(errorTable)) {
      if (status === 404) expect([kind, code]).toEqual([kind, 601]);
      if (status === 403) expect([kind, code]).toEqual([kind, 303]);
      if (status === 401) expect([kind, /^(403\d?|430[456])$/.test(String(code))]).toEqual([kind, true]);
    }
  });
});

describe("POST and GET /validate/check", () => {
  const alice = { user: "alice", pass: "sesame" };
  for (const type of ["hotp", "totp", "sms", "nonsense", "", "__proto__"]) {
    test(`item 13: type=${JSON.stringify(type)} is discarded without a word`, async () => {
      for (const who of [alice, { serial: "ALICES", pass: "sesame" }])
        expect((await check(app, { ...who, type })).accepted).toBe(true);
    });
  }
  test("item 9: a transaction_id that no challenge has, with leading zeros or not, changes nothing; state is the same", async () => {
    const more: ApiParams[] = [{ transaction_id: "00000000000000000001" }, { state: "0123" }];
    for (const one of more) expect((await check(app, { ...alice, ...one })).answer.status).toBe(200);
  });
  test("item 50: threadid is one number for all answers of the process; time moves", async () => {
    const [first, second] = [await check(app, alice), await check(app, { ...alice, pass: "wrong" })];
    expect(second.detail?.threadid).toBe(first.detail?.threadid as number);
    expect(Number(second.answer.body?.time)).toBeGreaterThanOrEqual(Number(first.answer.body?.time));
  });
});

test("item 61: what stands in an address reaches neither log nor database, at any level, whatever becomes of the call", async () => {
  const server = await startServer({ args: ["--set", "log.level=debug"] });
  const secret = "Kanarienvogel4711";
  const calls: [string, string][] = [
    ["GET", `/validate/check?serial=NONE&pass=${secret}`],
    ["GET", `/validate/check?user=nobody&pass=${secret}&nonce=1`],
    ["POST", `/auth?username=nobody&password=${secret}`],
    ["POST", `/token/init?type=hotp&otpkey=${secret}&pin=${secret}`],
    ["POST", `/token/setpin/NONE?otppin=${secret}`],
    ["POST", `/token/resync/NONE?otp1=${secret}&otp2=${secret}`],
    ["POST", `/system/hsm?password=${secret}`],
    ["GET", `/nothing?pass=${secret}`],
    ["PATCH", `/token/?pin=${secret}`],
    ["GET", `/token/?authorization=${secret}&page=x`],
  ];
  for (const [method, target] of calls) await server.api(method, target);
  const output = server.output();
  await server.stop({ keep: true });
  expect(output).not.toContain(secret);
  const files = readdirSync(server.dataDir, { recursive: true, encoding: "utf8" }).map((name) => join(server.dataDir, name));
  const holding = files.filter((file) => statSync(file).isFile() && readFileSync(file).includes(secret));
  expect(holding).toEqual([]);
});
