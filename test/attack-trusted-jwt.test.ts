// The attack: a JWT of another application that its key may not sign, or that says more than the key may say (Z06, A37; rest-api.md
// 1.5; RFC 8725). Entries of auth.trusted_jwt say which key speaks for whom, by which algorithm.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSettings, SettingsError } from "../engine/config.ts";
import { openTrustedJwts } from "../engine/services/trusted-jwts.ts";
import { makeDataDir, removeDataDir } from "./kit/data-dir.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine, readAudit } from "./kit/tokens.ts";

type Json = Record<string, unknown>;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
const pem = (key: KeyObject, type: "spki" | "pkcs1" = "spki") => String(key.export({ type, format: "pem" }));

const entry = (algorithm: string, publicKey: KeyObject, more: Json = {}) => ({
  public_key: pem(publicKey),
  algorithm,
  role: "user",
  realm: "home",
  resolver: "home",
  username: "alice",
  ...more,
});
const ENTRIES = [
  entry("RS256", rsa.publicKey),
  entry("RS256", rsa.publicKey, { role: "admin", realm: "super", resolver: "", username: "robot[0-9]+" }),
  entry("RS256", rsa.publicKey, { realm: "nowhere", resolver: "none", username: ".*" }),
  entry("RS256", rsa.publicKey, { realm: "slow", resolver: "", username: "(a+)+b" }),
  entry("RS384", rsa.publicKey, { realm: "rs384" }),
  entry("RS512", rsa.publicKey, { realm: "rs512", public_key: pem(rsa.publicKey, "pkcs1") }),
  entry("PS256", rsa.publicKey, { realm: "ps256" }),
  entry("PS384", rsa.publicKey, { realm: "ps384" }),
  entry("PS512", rsa.publicKey, { realm: "ps512" }),
  entry("ES256", p256.publicKey, { realm: "es256" }),
  entry("ES384", p384.publicKey, { realm: "es384" }),
  entry("ES512", p521.publicKey, { realm: "es512" }),
];
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ "auth.trusted_jwt": JSON.stringify(ENTRIES), "auth.superuser_realms": "super" });
  await app.addRealm("home", [passwdLine("alice", 1000), passwdLine("bob", 1001)]);
});
afterAll(() => app.stop());

const encode = (part: Json | string) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
const ALICE = { role: "user", username: "alice", realm: "home", resolver: "home" };

/** Signed as RFC 7518 section 3 has it. */
function make(algorithm: string, key: KeyObject, claims: Json = ALICE, header: Json = {}): string {
  const input = `${encode({ alg: algorithm, typ: "JWT", ...header })}.${encode(claims)}`;
  const hash = `sha${algorithm.slice(2)}`;
  const options = algorithm.startsWith("PS")
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, dsaEncoding: "ieee-p1363" as const };
  return `${input}.${sign(hash, Buffer.from(input), options).toString("base64url")}`;
}
const rs256 = (claims: Json = ALICE, header: Json = {}) => make("RS256", rsa.privateKey, claims, header);

async function outcome(token: string, path = "/auth/rights"): Promise<(number | undefined)[]> {
  const { status, error } = await app.api("GET", path, {}, { token });
  return [status, error?.code];
}
const GOOD = [200, undefined];
const UNREADABLE = [401, 4304];

describe("A37: who may speak for whom", () => {
  test("the user himself, no other, and he is no administrator; his calls are his in the trail", async () => {
    expect(await outcome(rs256())).toEqual(GOOD);
    expect(await outcome(rs256(), "/system/setting")).toEqual(GOOD);
    expect(await outcome(rs256(), "/realm/")).toEqual([401, 4306]);
    await enrol({ api: (method, path, params) => app.api(method, path, params, { token: rs256() }) }, {});
    expect(readAudit(app.dataDir).at(-1)).toMatchObject({ action: "POST /token/init", user: "alice", realm: "home", success: 1 });
    expect((await app.api<{ count: number }>("GET", "/token/", {}, { token: rs256() })).value?.count).toBe(1);
  });

  test("an administrator of a superuser realm, whom no source knows; the trail says how he came", async () => {
    const robot = rs256({ role: "admin", username: "robot7", realm: "super" });
    expect(await outcome(robot, "/realm/")).toEqual(GOOD);
    expect(JSON.stringify(readAudit(app.dataDir).at(-1))).toContain("trusted JWT");
    expect(readAudit(app.dataDir).at(-1)?.administrator).toBe("robot7@super");
    for (const [method, path] of [
      ["POST", "/apikey/"],
      ["POST", "/admin/mallory"],
      ["POST", "/auth/logout"],
    ] as const)
      expect((await app.api(method, path, { role: "admin", password: "long enough" }, { token: robot })).error?.code).toBe(303);
  });

  test("Z06: a user who exists nowhere owns nothing and can be given nothing", async () => {
    const token = rs256({ role: "user", username: "ghost", realm: "nowhere", resolver: "none" });
    expect(await outcome(token)).toEqual(GOOD);
    expect((await app.api<{ count: number }>("GET", "/token/", {}, { token })).value?.count).toBe(0);
    expect((await app.api("POST", "/token/init", { type: "hotp", genkey: 1 }, { token })).error?.code).toBe(904);
  });

  test.each([
    ["RS384", rsa],
    ["RS512", rsa],
    ["PS256", rsa],
    ["PS384", rsa],
    ["PS512", rsa],
    ["ES256", p256],
    ["ES384", p384],
    ["ES512", p521],
  ] as [string, typeof rsa][])("%s", async (algorithm, pair) => {
    const claims = { ...ALICE, realm: algorithm.toLowerCase() };
    expect(await outcome(make(algorithm, pair.privateKey, claims))).toEqual(GOOD);
    const good = make(algorithm, pair.privateKey, claims);
    const spoilt = good.slice(0, -20) + (good.at(-20) === "A" ? "B" : "A") + good.slice(-19);
    expect(await outcome(spoilt)).toEqual(UNREADABLE);
  });
});

describe("names", () => {
  test.each<[what: string, claims: Json]>([
    ["another user", { ...ALICE, username: "bob" }],
    ["more behind it: anchored at the end", { ...ALICE, username: "alice2" }],
    ["more before it: anchored at the start", { ...ALICE, username: "malice" }],
    ["a line end behind it", { ...ALICE, username: "alice\n" }],
    ["a pattern half met", { role: "admin", realm: "super", username: "robot" }],
    ["longer than any name", { role: "user", realm: "nowhere", resolver: "none", username: "x".repeat(321) }],
  ])("401/403 not allowed to impersonate: %s", async (_what, claims) => {
    const { status, error } = await app.api("GET", "/auth/rights", {}, { token: rs256(claims) });
    expect([status, error?.code, error?.message]).toEqual([401, 403, expect.stringContaining("not allowed to impersonate")]);
  });

  test("a pattern that stalls a backtracking matcher does not stall this one", async () => {
    const started = performance.now();
    expect((await outcome(rs256({ role: "user", realm: "slow", username: "a".repeat(300) })))[1]).toBe(403);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("who can not sign is not told which names there are", async () => {
    expect(await outcome(make("RS256", otherRsa.privateKey, { ...ALICE, username: "bob" }))).toEqual(UNREADABLE);
  });
});

describe("4304: what no entry allows", () => {
  const rows: [what: string, token: () => string][] = [
    ["another key", () => make("RS256", otherRsa.privateKey)],
    ["alg none", () => `${encode({ alg: "none" })}.${encode(ALICE)}.`],
    ["alg none with a signature", () => rs256(ALICE, { alg: "none" })],
    ["HS256 under the public key (PEM)", () => hmac(pem(rsa.publicKey))],
    ["HS256 under the public key (DER)", () => hmac(rsa.publicKey.export({ type: "spki", format: "der" }))],
    ["PS256 where the entry says RS256", () => make("PS256", rsa.privateKey)],
    ["RS512 where the entry says RS256", () => make("RS512", rsa.privateKey)],
    ["RS256 in the header over another signature", () => make("RS512", rsa.privateKey, ALICE, { alg: "RS256" })],
    ["rs256 in small letters", () => rs256(ALICE, { alg: "rs256" })],
    ["a curve key under an RSA entry", () => make("ES256", p256.privateKey)],
    ["ES256 of another curve", () => make("ES256", p384.privateKey, { ...ALICE, realm: "es256" })],
    ["a signature of zeros (ECDSA)", () => cut(make("ES256", p256.privateKey, { ...ALICE, realm: "es256" }), "A".repeat(86))],
    ["an empty signature", () => cut(rs256(), "")],
    [
      "the key in the header",
      () => make("RS256", otherRsa.privateKey, ALICE, { jwk: otherRsa.publicKey.export({ format: "jwk" }) }),
    ],
    [
      "a key address in the header",
      () => make("RS256", otherRsa.privateKey, ALICE, { jku: "http://127.0.0.1:1/", kid: "../../etc/passwd" }),
    ],
    ["an unknown critical header", () => rs256(ALICE, { crit: ["x"], x: 1 })],
    ["b64 false", () => rs256(ALICE, { crit: ["b64"], b64: false })],
    ["another realm", () => rs256({ ...ALICE, realm: "away" })],
    ["another resolver", () => rs256({ ...ALICE, resolver: "other" })],
    ["no resolver", () => rs256({ ...ALICE, resolver: undefined })],
    ["another role", () => rs256({ ...ALICE, role: "admin" })],
    ["role validate", () => rs256({ ...ALICE, role: "validate" })],
    ["no role", () => rs256({ ...ALICE, role: undefined })],
    ["role as a list", () => rs256({ ...ALICE, role: ["user"] })],
    [
      "a user's name for the administrator's entry",
      () => rs256({ role: "admin", realm: "home", resolver: "home", username: "alice" }),
    ],
    ["no name", () => rs256({ ...ALICE, username: undefined })],
    ["an empty name", () => rs256({ ...ALICE, username: "" })],
    ["a name that is a list", () => rs256({ ...ALICE, username: ["alice"] })],
    ["not yet valid", () => rs256({ ...ALICE, nbf: 99_999_999_999 })],
    ["exp as text", () => rs256({ ...ALICE, exp: "99999999999" })],
    ["claims that are no object", () => signedText("[]")],
    ["an API key's claims under this key", () => rs256({ ...ALICE, role: "validate", authtype: "API", jti: "1" })],
  ];
  const hmac = (secret: string | Buffer) => {
    const input = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(ALICE)}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const cut = (token: string, signature: string) => `${token.split(".").slice(0, 2).join(".")}.${signature}`;
  const signedText = (claims: string) => {
    const input = `${encode({ alg: "RS256" })}.${encode(claims)}`;
    return `${input}.${sign("sha256", Buffer.from(input), rsa.privateKey).toString("base64url")}`;
  };
  test.each(rows)("%s", async (_what, token) => expect(await outcome(token())).toEqual(UNREADABLE));

  test("4305: exp is honoured to the second; without one it is good until the key leaves the setting", async () => {
    const seconds = Math.floor(app.engine.now() / 1000);
    expect(await outcome(rs256({ ...ALICE, exp: seconds + 30 }))).toEqual(GOOD);
    expect(await outcome(rs256({ ...ALICE, exp: seconds }))).toEqual([401, 4305]);
    expect(await outcome(rs256({ ...ALICE, exp: seconds - 1 }))).toEqual([401, 4305]);
  });

  test("without entries nothing but our own", async () => {
    const plain = await startApp();
    expect((await plain.api("GET", "/auth/rights", {}, { token: rs256() })).error?.code).toBe(4304);
    await plain.stop();
  });
});

describe("the setting auth.trusted_jwt", () => {
  const read = (entries: unknown[]) =>
    loadSettings({ dataDir: "/tmp", env: {}, flags: [{ key: "auth.trusted_jwt", text: JSON.stringify(entries), from: "test" }] });
  const deps = { dataDir: "/tmp", directory: null as never, isSuperuserRealm: () => false, now: Date.now };
  const open = (entries: unknown[]) =>
    openTrustedJwts(read(entries)["auth.trusted_jwt"], deps).then(
      () => null,
      (fault: unknown) => (fault instanceof SettingsError ? fault.message : fault),
    );

  test.each<[what: string, change: Json]>([
    ["HS256", { algorithm: "HS256" }],
    ["none", { algorithm: "none" }],
    ["EdDSA", { algorithm: "EdDSA" }],
    ["role validate", { role: "validate" }],
    ["no name", { username: undefined }],
    ["no key", { public_key: undefined }],
    ["two keys", { public_key_file: "x.pem" }],
    ["a member nobody knows", { usrname: ".*" }],
    ["a realm that is a number", { realm: 1 }],
  ])("is refused when it is read: %s", (_what, change) => {
    expect(() => read([{ ...entry("RS256", rsa.publicKey), ...change }])).toThrow("auth.trusted_jwt must be");
  });

  test("33 entries are too many", () => {
    expect(() => read(Array(33).fill(entry("RS256", rsa.publicKey)))).toThrow("at most 32");
  });

  const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
  test.each<[what: string, change: Json, text: string]>([
    ["a small RSA key", { public_key: pem(small.publicKey) }, "2048 bits"],
    ["a curve key for RSA", { public_key: pem(p256.publicKey) }, "entry 2"],
    ["another curve", { algorithm: "ES256", public_key: pem(p384.publicKey) }, "entry 2"],
    ["no PEM", { public_key: "MIIB" }, "entry 2"],
    ["a file that is missing", { public_key: undefined, public_key_file: "missing.pem" }, "entry 2"],
    ["a pattern RE2 does not know", { username: "(?=a)b" }, "entry 2"],
    ["an administrator of a realm that is not listed", { role: "admin" }, "must be listed in auth.superuser_realms"],
  ])("stops the start and names the entry: %s", async (_what, change, text) => {
    expect(await open([entry("RS256", rsa.publicKey), { ...entry("RS256", rsa.publicKey), ...change }])).toContain(text);
  });

  test("in ostiary.toml, the key in a file of the data directory", async () => {
    const dataDir = makeDataDir();
    mkdirSync(join(dataDir, "trusted"));
    writeFileSync(join(dataDir, "trusted", "portal.pem"), pem(p256.publicKey));
    writeFileSync(
      join(dataDir, "ostiary.toml"),
      '[[auth.trusted_jwt]]\nalgorithm = "ES256"\npublic_key_file = "trusted/portal.pem"\nrole = "user"\nrealm = "Home"\nusername = ".*"\n',
    );
    const entries = loadSettings({ dataDir, env: {}, flags: [] })["auth.trusted_jwt"];
    expect(entries).toMatchObject([{ realm: "home", resolver: "", algorithm: "ES256" }]);
    const opened = await openTrustedJwts(entries, { ...deps, dataDir, directory: app.engine.directory });
    const token = make("ES256", p256.privateKey, { role: "user", realm: "home", username: "bob" });
    expect(await opened.verify(token)).toMatchObject({ role: "user", authtype: "trusted", user: { userId: "1001" } });
    removeDataDir(dataDir);
  });
});
