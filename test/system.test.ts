// System settings: rest-api.md 2.5 and 5 items 35 and 36, config-and-tokens.md G01 to G19 and Z42.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findSystemKey, type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, configure, enrol, passwdLine, readAudit, readToken } from "./kit/tokens.ts";

const password = "kaffee mit milch";
let app: TestApp;
let userToken = "";
beforeAll(async () => {
  app = await startApp();
  const hash = Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
  await app.addRealm("house", [passwdLine("alice", 1, hash)]);
  userToken =
    (await app.api<{ token: string }>("POST", "/auth", { username: "alice", password }, { token: "" })).value?.token ?? "";
});
afterAll(() => app.stop());

const get = async (key = "", token = app.adminToken) =>
  (await app.api(`GET`, `/system/${encodeURIComponent(key)}`, {}, { token })).value;
const set = async (params: ApiParams) => {
  const { value, error } = await app.api("POST", "/system/setConfig", params, { json: true });
  return error ? error.code : value;
};
const forget = (key: string) => app.api("DELETE", `/system/${key}`);

describe("GET /system/, POST /system/setConfig, DELETE /system/", () => {
  test("rest-api 5 item 35: four settings default to the text True, nothing else is there", async () => {
    expect(await get()).toEqual({
      splitAtSign: "True",
      IncFailCountOnFalsePin: "True",
      PrependPin: "True",
      ReturnSamlAttributes: "True",
    });
  });
  test("rest-api 5 item 36: insert, then update, for each key", async () => {
    expect(await set({ colour: "red", size: 7, wide: true })).toEqual({ colour: "insert", size: "insert", wide: "insert" });
    expect(await set({ colour: "blue", shape: "" })).toEqual({ colour: "update", shape: "insert" });
    expect(await get()).toMatchObject({ colour: "blue", size: "7", wide: "true", shape: "" });
    expect(await get("colour")).toBe("blue");
  });
  test("a key nobody has is null on reading and 601 on deleting", async () => {
    expect(await get("nothing")).toBeNull();
    expect((await forget("nothing")).error?.code).toBe(601);
    for (const key of ["__proto__", "constructor", "toString"]) expect([key, await get(key)]).toEqual([key, null]);
  });
  test("DELETE /system/ gives true, once; a default comes back", async () => {
    expect((await forget("colour")).value).toBe(true);
    expect((await forget("colour")).error?.code).toBe(601);
    await set({ PrependPin: "False" });
    expect(await get("PrependPin")).toBe("False");
    await forget("PrependPin");
    expect(await get("PrependPin")).toBe("True");
  });
  test("a nonce and a session are no settings; nothing at all is 905", async () => {
    expect(await set({ nonce: "1", session: "2", one: "x" })).toEqual({ one: "insert" });
    expect(await set({})).toBe(905);
    expect(await set({ nonce: "1" })).toBe(905);
  });
  test("keys of 255 characters, values of 20000; no objects, no NUL", async () => {
    expect(await set({ ["k".repeat(255)]: "v".repeat(20_000) })).toEqual({ ["k".repeat(255)]: "insert" });
    for (const bad of [
      { ["k".repeat(256)]: "v" },
      { k: "v".repeat(20_001) },
      { k: { a: 1 } },
      { k: ["a"] },
      { k: "a\0" },
      { "k\0": "a" },
    ]) {
      expect(await set(bad)).toBe(905);
    }
    expect(await get("k")).toBeNull();
  });
  test("one wrong value and nothing of the call is stored", async () => {
    expect(await set({ fine: "x", DefaultOtpLen: "many" })).toBe(905);
    expect(await get("fine")).toBeNull();
  });
  test("the audit trail names the keys and not the values", async () => {
    await set({ first: "value-of-first", second: "value-of-second" });
    const rows = readAudit(app.dataDir, "action = 'POST /system/setConfig' AND info LIKE '%first%'");
    expect(rows.map(({ info, administrator, success }) => [info, administrator, success])).toEqual([
      ["first, second", "admin", 1],
    ]);
    expect(JSON.stringify(readAudit(app.dataDir))).not.toContain("value-of-first");
  });
});

describe("types: password and public", () => {
  test("password: sealed on disk, censored in answers; the censored text keeps it", async () => {
    expect(
      await set({ "mail.secret": "top secret words", "mail.secret.type": "password", "mail.secret.desc": "of the mail server" }),
    ).toEqual({
      "mail.secret": "insert",
    });
    const onDisk = async () => {
      const { sql } = app.engine.store;
      const query = sql.selectFrom("config").selectAll().where("key", "=", "mail.secret").compile();
      return (await app.engine.store.point(query))[0];
    };
    const sealed = await onDisk();
    expect(sealed).toMatchObject({ type: "password", description: "of the mail server" });
    for (const file of ["ostiary.db", "ostiary.db-wal"])
      expect(readFileSync(join(app.dataDir, file)).includes("top secret words")).toBe(false);
    expect(await get("mail.secret")).toBe("__CENSORED__");
    expect(await get()).toMatchObject({ "mail.secret": "__CENSORED__" });
    // A site that sends back what it read, with and without the type.
    for (const type of [{}, { "mail.secret.type": "password" }]) {
      expect(await set({ "mail.secret": "__CENSORED__", ...type })).toEqual({ "mail.secret": "update" });
      expect(await onDisk()).toEqual(sealed);
    }
    // A new value without a type stays a secret.
    await set({ "mail.secret": "newer secret words" });
    expect((await onDisk())?.type).toBe("password");
    expect((await onDisk())?.value).not.toBe(sealed?.value);
    expect(JSON.stringify(await get())).not.toContain("secret words");
    await set({ "mail.secret": "no secret any more", "mail.secret.type": "" });
    expect(await get("mail.secret")).toBe("no secret any more");
  });
  test("public: what users see, and all they see", async () => {
    await set({ greeting: "hello", "greeting.type": "public", hidden: "x", "key.secret": "y", "key.secret.type": "password" });
    expect(await get("", userToken)).toEqual({ greeting: "hello" });
    expect(await get("greeting", userToken)).toBe("hello");
    for (const key of ["hidden", "key.secret", "splitAtSign", "nothing"]) expect(await get(key, userToken)).toBeNull();
    await set({ greeting: "moin" });
    expect(await get("greeting", userToken)).toBe("moin");
  });
  test("another type is refused; so is a secret that the engine has to read", async () => {
    expect(await set({ a: "b", "a.type": "secret" })).toBe(905);
    expect(await set({ splitAtSign: "False", "splitAtSign.type": "password" })).toBe(905);
    expect(await get("splitAtSign")).toBe("True");
  });
});

describe("the settings the engine knows", () => {
  const wrong: Record<SystemKey["kind"], string[]> = {
    flag: ["maybe", "2", "truee", " "],
    integer: ["", "x", "1.5", "1e3", "0x10", "99999999999999999999", "NaN"],
    text: [],
  };
  for (const [name, key] of Object.entries(systemKeys) as [string, SystemKey][]) {
    test(`${name}: default ${JSON.stringify(key.default)}; values it can not have are 905 and change nothing`, async () => {
      const config = () => app.engine.systemConfig() as Record<string, unknown>;
      expect(config()[name]).toBe(key.default);
      const bad = [
        ...wrong[key.kind].filter((text) => key.kind !== "flag" || text.trim() !== ""),
        ...(key.minimum === undefined ? [] : [key.minimum - 1]),
        ...(key.maximum === undefined ? [] : [key.maximum + 1]),
        ...(key.words ? ["md5", "SHA1", ""] : []),
      ];
      for (const value of bad) expect([value, await set({ [name]: value })]).toEqual([value, 905]);
      expect(config()[name]).toBe(key.default);
      const good =
        key.kind === "integer"
          ? [key.minimum ?? 0, key.maximum ?? 1]
          : key.kind === "flag"
            ? [true, false]
            : (key.words ?? [name === "OverrideAuthorizationClient" ? "10.0.0.1 > 10.0.0.2" : "any"]);
      for (const value of good) {
        expect(await set({ [name]: value })).toHaveProperty([name]);
        expect(config()[name]).toBe(value as never);
      }
      await forget(name);
      expect(config()[name]).toBe(key.default);
    });
  }
  for (const [text, value] of [
    ["1", true],
    ["True", true],
    ["yes", true],
    ["ON", true],
    ["0", false],
    ["False", false],
    ["no", false],
    ["", false],
  ] as const) {
    test(`flags: ${JSON.stringify(text)} is ${value}`, async () => {
      await set({ AutoResync: text });
      expect(app.engine.systemConfig().AutoResync).toBe(value);
    });
  }
  test("G02 the manual's spelling means the same setting, on writing, reading and deleting; capitals do not matter", async () => {
    expect(findSystemKey("FAILCOUNTERINCONFALSEPIN")).toBe("IncFailCountOnFalsePin");
    await set({ IncFailCountOnFalsePin: "True" });
    expect(await set({ FailCounterIncOnFalsePin: "False" })).toEqual({ FailCounterIncOnFalsePin: "update" });
    expect(app.engine.systemConfig().IncFailCountOnFalsePin).toBe(false);
    expect([await get("IncFailCountOnFalsePin"), await get("FailCounterIncOnFalsePin")]).toEqual(["False", "False"]);
    await set({ incfailcountonfalsepin: "True" });
    expect(app.engine.systemConfig().IncFailCountOnFalsePin).toBe(true);
    expect(Object.keys((await get()) as object).filter((key) => findSystemKey(key) === "IncFailCountOnFalsePin")).toEqual([
      "IncFailCountOnFalsePin",
    ]);
    expect((await forget("FailCounterIncOnFalsePin")).value).toBe(true);
    expect(app.engine.systemConfig().IncFailCountOnFalsePin).toBe(true);
  });
});

describe("POST /system/setDefault", () => {
  const post = async (params: ApiParams) => {
    const { value, error } = await app.api("POST", "/system/setDefault", params);
    return error ? error.code : value;
  };
  test("known names in any capitals (rest-api 1.7); others are left out", async () => {
    expect(await post({ defaultmaxfailcount: 7, DEFAULTOTPLEN: 8, other: "x", session: "y" })).toEqual({
      DefaultMaxFailCount: "insert",
      DefaultOtpLen: "insert",
    });
    expect(await post({ DefaultMaxFailCount: 8 })).toEqual({ DefaultMaxFailCount: "update" });
    expect(app.engine.systemConfig()).toMatchObject({ DefaultMaxFailCount: 8, DefaultOtpLen: 8 });
    expect(await get("other")).toBeNull();
    for (const key of ["DefaultMaxFailCount", "DefaultOtpLen"]) await forget(key);
  });
  test("77 when none is known, also for settings that are no defaults of tokens", async () => {
    for (const params of [{}, { splitAtSign: "False" }, { DefaultTea: "green" }, { DefaultChallengeValidityTime: 60 }])
      expect(await post(params)).toBe(77);
  });
  test("905 for a value it can not have", async () => {
    for (const params of [
      { DefaultOtpLen: 3 },
      { DefaultOtpLen: "six" },
      { DefaultMaxFailCount: 0 },
      { DefaultResetFailCount: "perhaps" },
    ]) {
      expect(await post(params)).toBe(905);
    }
  });
});

describe("Z42 what a token gets at its enrolment stays with it", () => {
  // Setting, another value, the member of the token, and its value under the default.
  const frozen: [key: string, value: number | string, type: string, member: string, before: unknown, after: unknown][] = [
    ["DefaultMaxFailCount", 3, "hotp", "maxFail", 10, 3], // G14
    ["DefaultSyncWindow", 50, "hotp", "syncWindow", 1000, 50], // G15
    ["DefaultOtpLen", 8, "hotp", "otpLength", 6, 8], // G16
    ["DefaultCountWindow", 4, "hotp", "countWindow", 10, 4], // G17
    ["totp.timeStep", 60, "totp", "timeStep", 30, 60],
    ["totp.timeWindow", 90, "totp", "timeWindow", 180, 90],
    ["totp.timeShift", -30, "totp", "timeShift", 0, -30],
    ["totp.hashlib", "sha512", "totp", "algorithm", "sha1", "sha512"],
    ["hotp.hashlib", "sha256", "hotp", "algorithm", "sha1", "sha256"],
  ];
  for (const [key, value, type, member, before, after] of frozen) {
    test(`${key}: ${member} ${before}, then ${after}`, async () => {
      const memberOf = async (serial: string) => ((await readToken(app, serial)) as unknown as Record<string, unknown>)[member];
      const old = await enrol(app, { type });
      expect(await memberOf(old.serial)).toBe(before);
      await configure(app, { [key]: value });
      const young = await enrol(app, { type });
      expect([await memberOf(old.serial), await memberOf(young.serial)]).toEqual([before, after]);
      await forget(key);
      expect([await memberOf(old.serial), await memberOf(young.serial)]).toEqual([before, after]);
    });
  }
  test("G14 the old limit still counts for the old token", async () => {
    const { serial } = await enrol(app, { type: "spass", pin: "p" });
    await configure(app, { DefaultMaxFailCount: 1 });
    await check(app, { serial, pass: "wrong" });
    expect((await check(app, { serial, pass: "p" })).accepted).toBe(true);
    await forget("DefaultMaxFailCount");
  });
});

describe("GET /system/hsm, POST /system/hsm of a ring that is open", () => {
  test("is_ready", async () => {
    expect((await app.api("GET", "/system/hsm")).value).toEqual({ is_ready: true });
    expect((await app.api("POST", "/system/hsm", { password: "any" })).value).toEqual({ is_ready: true });
    for (const params of [{}, { password: "" }]) expect((await app.api("POST", "/system/hsm", params)).error?.code).toBe(905);
  });
});
