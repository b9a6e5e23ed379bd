// The envelope of every answer: rest-api.md 1.1 to 1.4, clients-contract.md W9 to W11 and W17.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiError, type ErrorName, errorTable } from "@ostiary/shared/errors.ts";
import { errorBody } from "../engine/http/respond.ts";
import type { ApiOptions, ApiParams } from "./kit/call-api.ts";
import { adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { setColumns } from "./kit/tokens.ts";

const password = "kaffee mit milch";
const hash = Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
let app: TestApp;
let userToken = "";

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [`alice:${hash}:1:1:Alice:/:/`, "bob:x:2:2:Bob:/:/"]);
  const login = await app.api<{ token: string }>("POST", "/auth", { username: "alice", password }, { token: "" });
  userToken = login.value?.token ?? "";
  await app.api("POST", "/token/init", { type: "hotp", genkey: 1, serial: "BOBS", user: "bob" });
  await app.api("POST", "/token/init", { type: "spass", serial: "FREE", pin: "sesame" });
  await app.api("POST", "/token/init", { type: "spass", serial: "GONE", user: "bob", pin: "lost" });
  await setColumns(app, "GONE", { revoked: 1, locked: 1, active: 0 });
});
afterAll(() => app.stop());

describe("rest-api 1.1 success", () => {
  test("GET /system/ has exactly the members of a success with id 1", async () => {
    const { body, status, headers } = await app.api("GET", "/system/");
    expect(status).toBe(200);
    expect(Object.keys(body ?? {}).sort()).toEqual(["id", "jsonrpc", "result", "time", "version", "versionnumber"]);
    expect(body).toMatchObject({
      id: 1,
      jsonrpc: "2.0",
      version: "privacyIDEA 3.8",
      versionnumber: "3.8",
      result: { status: true },
    });
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(headers.get("cache-control")).toBe("no-cache, no-store");
  });

  test("time is the clock in seconds with a fraction", async () => {
    const { body } = await app.api("GET", "/system/");
    expect(typeof body?.time).toBe("number");
    expect(Math.abs((body?.time ?? 0) * 1000 - app.engine.now())).toBeLessThan(60_000);
  });

  test("W17 version is a name, one blank and the number; the number begins with 3.", async () => {
    const { body } = await app.api("GET", "/system/");
    expect(body?.version).toBe(`privacyIDEA ${body?.versionnumber}`);
    expect(body?.versionnumber).toMatch(/^3\.\d+(\.\d+)?[a-z0-9]*$/);
  });

  const logins: [string, ApiParams, boolean, string][] = [
    ["accepted", { serial: "FREE", pass: "sesame" }, true, "ACCEPT"],
    ["rejected: HTTP 200, status true (rest-api 5 item 3)", { serial: "FREE", pass: "wrong" }, false, "REJECT"],
  ];
  for (const [what, params, value, authentication] of logins) {
    for (const method of ["POST", "GET"]) {
      test(`W10 W15 ${method} /validate/check ${what}`, async () => {
        const { status, body, detail } = await app.api(method, "/validate/check", params, { token: "" });
        expect(status).toBe(200);
        expect(body).toMatchObject({ id: 2, result: { status: true, value, authentication } });
        expect(Object.keys(body?.result ?? {}).sort()).toEqual(["authentication", "status", "value"]);
        expect(String(detail?.threadid)).toMatch(/^\d{15}$/);
        expect(detail?.message).toBeString();
      });
    }
  }

  test("rest-api 5 item 4: authentication stands on id 2 only", async () => {
    const answers = [
      await app.api("POST", "/auth", { username: "admin", password: adminPassword }),
      await app.api("POST", "/token/init", { genkey: 1 }),
      await app.api("GET", "/token/"),
    ];
    for (const { body } of answers) {
      expect(body?.id).toBe(1);
      expect(body?.result).not.toHaveProperty("authentication");
    }
  });

  test("rest-api 5 item 5: detail is absent when empty, and has a threadid when it is there", async () => {
    const empty = await app.api("GET", "/token/");
    expect(empty.body).not.toHaveProperty("detail");
    const made = await app.api("POST", "/token/init", { type: "spass" });
    expect(Number.isSafeInteger(made.detail?.threadid)).toBe(true);
  });

  test("W9 error is absent from a success, value from an error", async () => {
    const good = await app.api("GET", "/token/");
    expect(good.body?.result).not.toHaveProperty("error");
    const bad = await app.api("GET", "/token/", {}, { token: "" });
    expect(bad.body?.result).not.toHaveProperty("value");
    expect(Object.keys(bad.body?.result ?? {}).sort()).toEqual(["error", "status"]);
  });
});

interface Refusal {
  kind: ErrorName;
  call: [method: string, path: string, params?: ApiParams];
  options?: () => ApiOptions;
  /** Another text than the one of the table. */
  message?: string;
}

const asUser = () => ({ token: userToken });
const asNobody = () => ({ token: "" });
const json = () => ({ json: true });

const refusals: Refusal[] = [
  { kind: "wrong_credentials", call: ["POST", "/auth", { username: "admin", password: "wrong" }] },
  { kind: "wrong_credentials", call: ["POST", "/auth", { username: "nobody", password: "wrong" }] },
  {
    kind: "unknown_auth_realm",
    call: ["POST", "/auth", { username: "alice", password, realm: "moon" }],
    message: "Authentication failure. Unknown realm: moon.",
  },
  { kind: "missing_username", call: ["POST", "/auth", { password }] },
  { kind: "missing_username", call: ["POST", "/auth", { username: "", password }] },
  { kind: "missing_authorization", call: ["GET", "/token/"], options: asNobody },
  { kind: "jwt_unreadable", call: ["GET", "/token/"], options: () => ({ token: "not.a.jwt" }) },
  { kind: "jwt_unreadable", call: ["GET", "/token/"], options: () => ({ token: `${app.adminToken}x` }) },
  { kind: "role_required", call: ["GET", "/resolver/"], options: asUser },
  { kind: "role_required", call: ["POST", "/system/setConfig", { a: "b" }], options: asUser },
  { kind: "right_missing", call: ["POST", "/token/init", { type: "pw", genkey: 1 }], options: asUser },
  { kind: "token_not_found", call: ["POST", "/token/enable/NONE"] },
  { kind: "token_not_found", call: ["DELETE", "/token/NONE"] },
  { kind: "not_found", call: ["DELETE", "/realm/moon"], message: "The requested realm could not be found." },
  { kind: "not_found", call: ["DELETE", "/system/moon"], message: "The requested setting could not be found." },
  { kind: "unknown_path", call: ["GET", "/nothing/here"] },
  { kind: "unknown_path", call: ["POST", "/"] },
  { kind: "method_not_allowed", call: ["GET", "/token/init"] },
  { kind: "method_not_allowed", call: ["DELETE", "/validate/check"] },
  { kind: "method_not_allowed", call: ["PATCH", "/token/"] },
  { kind: "token_admin", call: ["POST", "/token/init", { serial: "FREE", type: "hotp", genkey: 1 }] },
  { kind: "config_admin", call: ["DELETE", "/resolver/house"] },
  { kind: "default_unknown", call: ["POST", "/system/setDefault", { DefaultTea: "green" }] },
  { kind: "genkey_and_otpkey", call: ["POST", "/token/init", { type: "pw", genkey: 1, otpkey: "x" }] },
  { kind: "user_not_found", call: ["POST", "/validate/check", { user: "nobody", pass: "" }], options: asNobody },
  { kind: "user_not_found", call: ["POST", "/token/init", { user: "nobody", genkey: 1 }] },
  {
    kind: "missing_parameter",
    call: ["POST", "/validate/check", { user: "alice" }],
    message: "ERR905: Missing parameter: 'pass'",
  },
  { kind: "missing_parameter", call: ["POST", "/token/init", { type: "hotp" }], message: "ERR905: Missing parameter: 'otpkey'" },
  {
    kind: "empty_parameter",
    call: ["POST", "/resolver/x", { type: "" }],
    message: "ERR905: Parameter 'type' must not be empty",
  },
  { kind: "bad_parameter", call: ["POST", "/token/init", { genkey: 1, otplen: "six" }] },
  { kind: "parameter", call: ["POST", "/token/enable"], message: "ERR905: You need to specify a serial or a user." },
  { kind: "parameter", call: ["POST", "/token/enable", { serial: "OATH*" }], message: "ERR905: Invalid serial number." },
  { kind: "body_unreadable", call: ["POST", "/validate/check", [] as unknown as ApiParams], options: json },
  { kind: "token_locked", call: ["POST", "/token/enable/GONE"] },
  { kind: "token_locked", call: ["POST", "/validate/check", { user: "bob", serial: "GONE", pass: "x" }], options: asNobody },
  { kind: "already_assigned", call: ["POST", "/token/assign", { serial: "BOBS", user: "alice" }] },
  { kind: "token_type_unknown", call: ["POST", "/token/init", { type: "carrier-pigeon" }] },
];

describe("rest-api 1.2 to 1.4 errors: status, code, text, envelope (W11)", () => {
  for (const { kind, call, options, message } of refusals) {
    const [method, path, params] = call;
    const { code, status, text } = errorTable[kind];
    test(`${code} ${kind}: ${method} ${path} ${JSON.stringify(params ?? {})}`, async () => {
      const answer = await app.api(method, path, params, options?.());
      expect({ status: answer.status, code: answer.error?.code }).toEqual({ status, code });
      expect(Object.keys(answer.body ?? {}).sort()).toEqual(["detail", "id", "jsonrpc", "result", "time", "version"]);
      expect(answer.body).toMatchObject({ id: 1, jsonrpc: "2.0", version: "privacyIDEA 3.8", result: { status: false } });
      expect(answer.headers.get("cache-control")).toBe("no-cache, no-store");
      expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
      // rest-api 5 item 6: only 401, 403 and 404 carry the bare text.
      expect(answer.error?.message.startsWith(`ERR${code}: `)).toBe(![401, 403, 404].includes(status));
      if (message) expect(answer.error?.message).toBe(message);
      else if (!text.includes("{")) expect(answer.error?.message).toEndWith(text);
      expect(answer.error?.message).not.toMatch(/[{}]|undefined/);
    });
  }

  test("4305 the token of an hour ago has expired", async () => {
    const old = app.adminToken;
    app.advance(3600_000);
    const answer = await app.api("GET", "/token/", {}, { token: old });
    app.advance(-3600_000);
    expect([answer.status, answer.error?.code]).toEqual([401, 4305]);
  });

  test("303 GET /metrics from elsewhere is enveloped, though its success is not", async () => {
    const far = await app.send(new Request("http://localhost/metrics"), "203.0.113.9");
    expect([far.status, ((await far.json()) as { result: { error: { code: number } } }).result.error.code]).toEqual([403, 303]);
    const near = await app.send(new Request("http://localhost/metrics"), "127.0.0.1");
    expect([near.status, near.headers.get("content-type")?.split(";")[0]]).toEqual([200, "application/openmetrics-text"]);
  });

  test("413 for a body over the limit", async () => {
    const answer = await app.api("POST", "/validate/check", { user: "alice", pass: "x".repeat(2 * 1024 * 1024) });
    expect([answer.status, answer.error?.code]).toEqual([413, 905]);
  });

  test("405 names the methods, also in the header Allow", async () => {
    const answer = await app.api("PATCH", "/token/BOBS");
    expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(["DELETE", "OPTIONS"]);
    const options = await app.send(new Request("http://localhost/validate/check", { method: "OPTIONS" }));
    expect([options.status, options.headers.get("allow")]).toEqual([204, "POST, GET, HEAD, OPTIONS"]);
  });

  test("rest-api 5 item 5: detail of an error is null, or an object with a threadid", () => {
    expect(errorBody(new ApiError("busy"), "", 0).detail).toBeNull();
    const { detail } = errorBody(new ApiError("wrong_credentials", {}, { detail: { transaction_id: "01" } }), "", 0);
    expect(detail).toMatchObject({ transaction_id: "01", threadid: expect.any(Number) });
  });

  test("a plain wrong password at POST /auth has an empty detail, not null (rest-api 2.1)", async () => {
    const { detail } = await app.api("POST", "/auth", { username: "admin", password: "wrong" });
    expect(Object.keys(detail ?? { none: true })).toEqual(["threadid"]);
  });

  test("the table: every entry has its prefix by its status, and none of its own", () => {
    for (const [kind, { code, status, text }] of Object.entries(errorTable)) {
      const message = new ApiError(kind as ErrorName).message;
      expect([kind, message.startsWith(`ERR${code}: `)]).toEqual([kind, ![401, 403, 404].includes(status)]);
      expect(text).not.toContain("ERR");
    }
  });
});
