// What /system/ gives besides settings: the documentation, random bytes, OpenPGP keys, test calls, names; and stored secrets in
// the clear where compat.reveal_secrets says so (rest-api.md 2.5; config-and-tokens.md A67, C05, G22; 5 items 34 and 35).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import { generateKey, readKey } from "openpgp";
import { tokenKinds } from "../engine/tokens/registry.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { configure, passwdLine, readAudit } from "./kit/tokens.ts";

const password = "kaffee mit milch";
let app: TestApp;
let userToken = "";
beforeAll(async () => {
  app = await startApp();
  const hash = Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
  await app.addRealm("house", [passwdLine("alice", 1, hash)]);
  const login = await app.api<{ token: string }>("POST", "/auth", { username: "alice", password }, { token: "" });
  userToken = login.value?.token ?? "";
  expect(userToken).not.toBe("");
});
afterAll(() => app.stop());

const refused = async (method: string, path: string, token: string) => {
  const { status, error } = await app.api(method, path, {}, { token });
  return [status, error?.code];
};

describe("who may call", () => {
  const admins: [string, string][] = [
    ["GET", "/system/documentation"],
    ["GET", "/system/random"],
    ["GET", "/system/hsm"],
    ["POST", "/system/hsm"],
    ["POST", "/system/setConfig"],
    ["POST", "/system/setDefault"],
    ["DELETE", "/system/splitAtSign"],
    ["POST", "/system/test/hotp"],
  ];
  test.each(admins)("%s %s: administrators only", async (method, path) => {
    expect(await refused(method, path, userToken)).toEqual([401, 4306]);
    expect(await refused(method, path, "")).toEqual([401, 4033]);
  });
  test.each([
    ["GET", "/system/"],
    ["GET", "/system/gpgkeys"],
    ["GET", "/system/names/radius"],
    ["GET", "/system/names/caconnector"],
  ])("%s %s: users as well, nobody else", async (method, path) => {
    expect((await app.api(method, path, {}, { token: userToken })).status).toBe(200);
    expect(await refused(method, path, "")).toEqual([401, 4033]);
  });
});

describe("GET /system/documentation", () => {
  const read = async () => app.api("GET", "/system/documentation");
  test("G22 an attachment documentation.rst, plain text, no envelope, not kept by caches (1.7, item 51)", async () => {
    const { status, headers, text } = await read();
    expect([status, headers.get("content-type"), headers.get("content-disposition"), headers.get("cache-control")]).toEqual([
      200,
      "text/plain; charset=utf-8",
      "attachment; filename=documentation.rst",
      "no-cache, no-store",
    ]);
    expect(text).toStartWith("Configuration of Ostiary\n========================\n");
  });
  test("names realms, user sources with their fields, settings with words and defaults; every key of G is there", async () => {
    await configure(app, { DefaultOtpLen: 8, "DefaultOtpLen.desc": "as the auditors want it" });
    const { text } = await read();
    for (const word of ["**house**\n  The default realm.", "Type passwdresolver.", "**Filename**", "as the auditors want it"])
      expect(text).toContain(word);
    for (const [name, key] of Object.entries(systemKeys) as [string, SystemKey][]) {
      expect(text).toContain(`**${name.replace(/[^\p{L}\p{N} .,-]/gu, "\\$&")}**`);
      expect(text).toContain(`(${key.id})`);
    }
    expect(text).toMatch(/\*\*DefaultOtpLen\*\*\n.*\n\n {6}8\n/);
    expect(text).toContain("Not stored; this is the default.");
    await app.api("DELETE", "/system/DefaultOtpLen");
  });
  test("a setting that nothing reads yet says so", async () => {
    const unused = Object.values(systemKeys as Record<string, SystemKey>).filter((key) => key.unused);
    const { text } = await read();
    expect(text.match(/Nothing reads it yet\./g)?.length ?? 0).toBe(unused.length);
  });
  test("secrets are censored; what somebody stored is never markup, and no control character comes out", async () => {
    await configure(app, {
      "mail.secret": "hunter2",
      "mail.secret.type": "password",
      "**evil** `x`_": "value\n**bold**\n\u001b[31m",
      "**evil** `x`_.desc": ".. include:: /etc/passwd",
    });
    const { text } = await read();
    expect(text).not.toContain("hunter2");
    expect(text).toContain("__CENSORED__");
    expect(text).toContain("**\\*\\*evil\\*\\* \\`x\\`\\_**");
    expect(text).not.toMatch(/^\.\. include|^\*\*bold\*\*/m);
    expect(text).not.toContain("\u001b");
    for (const key of ["mail.secret", "**evil** `x`_"]) await app.api("DELETE", `/system/${encodeURIComponent(key)}`);
  });
});

describe("GET /system/random", () => {
  const random = async (params: Record<string, unknown> = {}) => app.api<string>("GET", "/system/random", params);
  test("20 bytes in hex unless asked otherwise; hex and b64; 1 to 1024 bytes", async () => {
    expect((await random()).value).toMatch(/^[0-9a-f]{40}$/);
    expect((await random({ len: 1 })).value).toMatch(/^[0-9a-f]{2}$/);
    expect((await random({ len: 1024, encode: "hex" })).value).toMatch(/^[0-9a-f]{2048}$/);
    expect(Buffer.from((await random({ len: 32, encode: "b64" })).value ?? "", "base64").length).toBe(32);
    // Empty is absent, as for every parameter that is not needed.
    expect((await random({ len: "", encode: "" })).value).toMatch(/^[0-9a-f]{40}$/);
  });
  test.each([{ len: 0 }, { len: 1025 }, { len: -1 }, { len: "many" }, { len: 1.5 }, { encode: "base64" }, { encode: "HEX" }])(
    "905: %j",
    async (params) => {
      expect((await random(params)).error?.code).toBe(905);
    },
  );
  test("never the same twice, and in no audit row", async () => {
    const values = await Promise.all(Array.from({ length: 50 }, async () => (await random({ len: 8 })).value ?? ""));
    expect(new Set(values).size).toBe(50);
    const audit = JSON.stringify(readAudit(app.dataDir, "action = 'GET /system/random'"));
    for (const value of values) expect(audit).not.toContain(value);
  });
});

describe("GET /system/gpgkeys", () => {
  type Keys = Record<string, { armor: string; fingerprint: string }>;
  const list = async () => (await app.api<Keys>("GET", "/system/gpgkeys")).value ?? {};
  const directory = () => join(app.dataDir, "gpg");
  const makeKey = (name: string) => generateKey({ userIDs: [{ name }], type: "curve25519", format: "object" });

  test("without the directory, and with an empty one: no keys", async () => {
    expect(await list()).toEqual({});
    mkdirSync(directory());
    expect(await list()).toEqual({});
  });
  test("A67 armoured and binary keys, several in a file; of private keys the public half only", async () => {
    const [one, two, three] = await Promise.all(["one", "two", "three"].map(makeKey));
    if (!one || !two || !three) throw new Error("no keys");
    writeFileSync(join(directory(), "private.asc"), one.privateKey.armor());
    writeFileSync(join(directory(), "both.asc"), `some words\n${two.publicKey.armor()}\n${one.publicKey.armor()}`);
    writeFileSync(join(directory(), "binary.gpg"), three.publicKey.write());
    writeFileSync(join(directory(), "notes.txt"), two.privateKey.armor());
    writeFileSync(
      join(directory(), "broken.asc"),
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnothing\n-----END PGP PUBLIC KEY BLOCK-----\n",
    );
    const keys = await list();
    const ids = [one, two, three].map(({ publicKey }) => publicKey.getKeyID().toHex().toUpperCase());
    expect(Object.keys(keys).sort()).toEqual([...ids].sort());
    for (const [id, { armor, fingerprint }] of Object.entries(keys)) {
      expect([fingerprint.length, fingerprint.endsWith(id)]).toEqual([40, true]);
      const read = await readKey({ armoredKey: armor });
      expect([read.isPrivate(), read.getFingerprint().toUpperCase()]).toEqual([false, fingerprint]);
    }
    expect(JSON.stringify(keys)).not.toContain("PRIVATE");
    // Users see them too: they encrypt seeds to them.
    expect((await app.api<Keys>("GET", "/system/gpgkeys", {}, { token: userToken })).value).toEqual(keys);
  });
  test("a file that is changed, added or removed is noticed", async () => {
    const { publicKey } = await makeKey("four");
    const before = Object.keys(await list());
    writeFileSync(join(directory(), "four.asc"), publicKey.armor());
    const id = publicKey.getKeyID().toHex().toUpperCase();
    expect(Object.keys(await list()).sort()).toEqual([...before, id].sort());
    copyFileSync(join(directory(), "binary.gpg"), join(directory(), "four.asc"));
    utimesSync(join(directory(), "four.asc"), 1, 1);
    expect(Object.keys(await list()).sort()).toEqual([...before].sort());
    rmSync(directory(), { recursive: true });
    expect(await list()).toEqual({});
  });
});

describe("POST /system/test/", () => {
  test.each([...tokenKinds, "HOTP"])("%s: nothing to try out, said so", async (type) => {
    const { value, detail } = await app.api<boolean>("POST", `/system/test/${type}`, { anything: "x" });
    expect([value, detail?.message]).toEqual([false, `The token type ${type.toLowerCase()} has nothing to try out.`]);
  });
  test("1610 for a type there is not", async () => {
    for (const type of ["pigeon", "__proto__", "constructor"])
      expect((await app.api("POST", `/system/test/${type}`)).error?.code).toBe(1610);
  });
});

test("GET /system/names/radius, GET /system/names/caconnector: empty lists while there are none", async () => {
  for (const name of ["radius", "caconnector"]) expect((await app.api("GET", `/system/names/${name}`)).value).toEqual([]);
});

describe("POST /system/setConfig", () => {
  test("L10964 the form key=…&value=…: stored as two settings, as the contract says, and the answer tells", async () => {
    const { value, detail } = await app.api("POST", "/system/setConfig", { key: "splitAtSign", value: "False" });
    expect([value as never, String(detail?.message)]).toEqual([
      { key: "insert", value: "insert" } as never,
      expect.stringContaining("NAME=VALUE"),
    ]);
    expect((await app.api("GET", "/system/splitAtSign")).value).toBe("True");
    // What he called a password is one.
    await app.api("POST", "/system/setConfig", { key: "mail", value: "hunter2", type: "password" });
    expect((await app.api("GET", "/system/value")).value).toBe("__CENSORED__");
    for (const key of ["key", "value", "type"]) await app.api("DELETE", `/system/${key}`);
    expect((await app.api("POST", "/system/setConfig", { one: "x" })).detail).toBeUndefined();
    await app.api("DELETE", "/system/one");
  });
  test("L10991 the documented example with a password: BINDDN, BINDPW, BINDPW.type", async () => {
    const { value } = await app.api("POST", "/system/setConfig", {
      BINDDN: "myName",
      BINDPW: "mySecretPassword",
      "BINDPW.type": "password",
    });
    expect(value).toEqual({ BINDDN: "insert", BINDPW: "insert" });
    expect((await app.api("GET", "/system/")).value).toMatchObject({ BINDDN: "myName", BINDPW: "__CENSORED__" });
    for (const key of ["BINDDN", "BINDPW"]) await app.api("DELETE", `/system/${key}`);
  });
  test("__CENSORED__ where no secret is stored is refused, not stored", async () => {
    for (const type of [{}, { "x.type": "password" }])
      expect((await app.api("POST", "/system/setConfig", { x: "__CENSORED__", ...type })).error?.code).toBe(905);
    await configure(app, { "mail.secret": "hunter2", "mail.secret.type": "password" });
    // The type alone would show in the clear what is sealed.
    const shown = await app.api("POST", "/system/setConfig", { "mail.secret": "__CENSORED__", "mail.secret.type": "public" });
    expect(shown.error?.message).toContain("A stored secret stays one");
    await app.api("DELETE", "/system/mail.secret");
  });
  test("two at the same moment: both are stored, one as insert, one as update or insert; nothing is lost", async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        app.api("POST", "/system/setConfig", { [`race${index % 4}`]: index, shared: index }),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const { value } = await app.api<Record<string, string>>("GET", "/system/");
    expect(["race0", "race1", "race2", "race3", "shared"].every((key) => value?.[key] !== undefined)).toBe(true);
  });
});

describe("compat.reveal_secrets", () => {
  test("administrators see stored secrets in the clear, users never; the documentation stays censored", async () => {
    const open = await startApp({ "compat.reveal_secrets": "true" });
    try {
      const hash = Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
      await open.addRealm("house", [passwdLine("alice", 1, hash)]);
      const login = await open.api<{ token: string }>("POST", "/auth", { username: "alice", password }, { token: "" });
      const token = login.value?.token ?? "";
      await configure(open, { "mail.secret": "hunter2", "mail.secret.type": "password" });
      expect((await open.api("GET", "/system/mail.secret")).value).toBe("hunter2");
      expect((await open.api("GET", "/system/")).value).toMatchObject({ "mail.secret": "hunter2" });
      expect((await open.api("GET", "/system/mail.secret", {}, { token })).value).toBeNull();
      expect((await open.api("GET", "/system/documentation")).text).not.toContain("hunter2");
      // A client that sends back what it read changes nothing.
      expect((await open.api("POST", "/system/setConfig", { "mail.secret": "hunter2" })).value).toEqual({
        "mail.secret": "update",
      });
      expect((await open.api("GET", "/system/mail.secret")).value).toBe("hunter2");
    } finally {
      await open.stop();
    }
  });
});

test("rest-api 5 item 43: /defaultrealm with and without a slash, /system and /realm too, without a redirect", async () => {
  for (const path of [
    "/defaultrealm",
    "/defaultrealm/",
    "/system",
    "/system/",
    "/realm",
    "/realm/",
    "/resolver",
    "/resolver/",
    "/system/hsm/",
  ])
    expect([path, (await app.api("GET", path)).status]).toEqual([path, 200]);
});
