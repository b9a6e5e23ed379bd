// The attack: a session token that was not made here, not made for this, or not meant to live any longer. HS256 is the only
// algorithm, the key never leaves the server, and who it names must still be who he was (rest-api.md 1.5, RFC 8725).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { logIn } from "../engine/services/log-in.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { passwdLine } from "./kit/tokens.ts";

const PASSWORD = "wonderland";
const HOUR = 3_600_000;
let app: TestApp;
let other: TestApp;
let userToken: string;
/** The key the server signs with: an attacker does not have it, but claims that were never made are best made with it. */
let key: Uint8Array;

beforeAll(async () => {
  app = await startApp();
  other = await startApp();
  const hash = await Bun.password.hash(PASSWORD, { algorithm: "bcrypt", cost: 4 });
  await app.addRealm("home", [passwdLine("alice", 1000, hash), passwdLine("b~o?b>ü", 1001, hash)]);
  userToken = await tokenOf("alice");
  const { mac } = JSON.parse(readFileSync(join(app.dataDir, "keys", "session.json"), "utf8")) as { mac: string };
  key = new Uint8Array(Buffer.from(mac, "base64"));
});
afterAll(async () => {
  await app.stop();
  await other.stop();
});

async function tokenOf(username: string, password = PASSWORD): Promise<string> {
  const login = await app.api<{ token: string }>("POST", "/auth", { username, password }, { token: "" });
  return login.value?.token ?? "";
}

type Json = Record<string, unknown>;
const encode = (part: Json | string) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
const read = (token: string): { header: Json; claims: Json } => {
  const [header = "", claims = ""] = token.split(".");
  return {
    header: JSON.parse(Buffer.from(header, "base64url").toString()),
    claims: JSON.parse(Buffer.from(claims, "base64url").toString()),
  };
};
const hmac = (input: string, secret: Uint8Array | string, hash = "sha256") =>
  createHmac(hash, secret).update(input).digest("base64url");

/** A token as this server would make it, with other contents. */
function forge(claims: Json, header: Json = { alg: "HS256", typ: "JWT" }): string {
  const input = `${encode(header)}.${encode({ ...read(app.adminToken).claims, ...claims })}`;
  return `${input}.${hmac(input, key)}`;
}

/** Asks something only administrators get. */
async function outcome(token: string, path = "/system/"): Promise<[status: number, code: number | undefined]> {
  const { status, error } = await app.api(path === "/system/" ? "GET" : "POST", path, {}, { token });
  return [status, error?.code];
}

test("the tokens of this file are good to begin with", async () => {
  expect(await outcome(app.adminToken)).toEqual([200, undefined]);
  expect(await outcome(userToken)).toEqual([200, undefined]);
  expect(await outcome(forge({}))).toEqual([200, undefined]);
});

describe("rest-api 1.4: 4304 for what was not made here", () => {
  const parts = () => app.adminToken.split(".") as [string, string, string];
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const rows: [name: string, make: () => string][] = [
    ["alg none, no signature", () => `${encode({ alg: "none", typ: "JWT" })}.${parts()[1]}.`],
    ["alg none with the old signature", () => `${encode({ alg: "none", typ: "JWT" })}.${parts()[1]}.${parts()[2]}`],
    ["alg nOnE", () => `${encode({ alg: "nOnE" })}.${parts()[1]}.AA`],
    ["no alg", () => `${encode({ typ: "JWT" })}.${parts()[1]}.${parts()[2]}`],
    ["alg as a list", () => `${encode({ alg: ["HS256"] })}.${parts()[1]}.${parts()[2]}`],
    [
      "HS512 with the right key",
      () => {
        const input = `${encode({ alg: "HS512", typ: "JWT" })}.${parts()[1]}`;
        return `${input}.${hmac(input, key, "sha512")}`;
      },
    ],
    [
      "RS256 confusion: HMAC under the public key text",
      () => {
        const input = `${parts()[0]}.${parts()[1]}`;
        return `${input}.${hmac(input, readFileSync(join(app.dataDir, "keys", "response.pub"), "utf8"))}`;
      },
    ],
    [
      "RS256 with a key of the attacker's, announced in the header",
      () => {
        const jwk = createPublicKey(rsa.privateKey).export({ format: "jwk" });
        const input = `${encode({ alg: "RS256", typ: "JWT", jwk })}.${parts()[1]}`;
        return `${input}.${sign("sha256", Buffer.from(input), rsa.privateKey).toString("base64url")}`;
      },
    ],
    ["an empty signature", () => `${parts()[0]}.${parts()[1]}.`],
    ["a signature cut short", () => `${parts()[0]}.${parts()[1]}.${parts()[2].slice(0, 20)}`],
    ["a signature of zeros", () => `${parts()[0]}.${parts()[1]}.${encode("\0".repeat(32))}`],
    ["two parts", () => `${parts()[0]}.${parts()[1]}`],
    ["four parts", () => `${app.adminToken}.${parts()[2]}`],
    ["another server's token", () => other.adminToken],
    ["a HMAC under the empty key", () => `${parts()[0]}.${parts()[1]}.${hmac(`${parts()[0]}.${parts()[1]}`, "")}`],
    [
      "changed claims, old signature",
      () => `${parts()[0]}.${encode({ ...read(userToken).claims, role: "admin" })}.${parts()[2]}`,
    ],
    ["a user's claims under an administrator's signature", () => `${parts()[0]}.${userToken.split(".")[1]}.${parts()[2]}`],
    [
      "one bit of the signature",
      () => `${parts()[0]}.${parts()[1]}.${parts()[2].startsWith("A") ? "B" : "A"}${parts()[2].slice(1)}`,
    ],
    ["alg none over a signature that is right", () => forge({}, { alg: "none", typ: "JWT" })],
    ["alg hs256 over a signature that is right", () => forge({}, { alg: "hs256", typ: "JWT" })],
    ["a critical header, signed", () => forge({}, { alg: "HS256", crit: ["exp"], exp: 1 })],
    ["a nested critical header, signed", () => forge({}, { alg: "HS256", crit: { crit: [["crit"]] } })],
    ["claims that are a list, signed", () => signed(encode({ alg: "HS256" }), encode("[]"))],
    ["claims that are null, signed", () => signed(encode({ alg: "HS256" }), encode("null"))],
    ["claims that are no JSON, signed", () => signed(encode({ alg: "HS256" }), encode("{"))],
    ["a header that is no JSON", () => signed(encode("{"), parts()[1])],
    ["not base64url", () => `${parts()[0]}.!!!!.${parts()[2]}`],
    ["invalid UTF-8, signed", () => signed(encode({ alg: "HS256" }), Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url"))],
    ["17 kB", () => forge({ filler: "x".repeat(17_000) })],
    ["dots", () => "..."],
    ["a word", () => "garbage"],
    ["a thousand open braces", () => signed(encode("{".repeat(1000)), encode("{".repeat(1000)))],
  ];
  const signed = (header: string, claims: string) => `${header}.${claims}.${hmac(`${header}.${claims}`, key)}`;

  test.each(rows)("%s", async (_name, make) => {
    expect(await outcome(make())).toEqual([401, 4304]);
  });
});

describe("claims, signed with the right key, that no server made", () => {
  test.each([
    ["role", { role: "root" }, 4305],
    ["role as an object", { role: { admin: true } }, 4304],
    ["username as a number", { username: 1 }, 4304],
    ["no username", { username: undefined }, 4304],
    ["no exp", { exp: undefined }, 4305],
    ["exp as text", { exp: "9999999999" }, 4305],
    ["exp in scientific text", { exp: "1e99" }, 4305],
    ["no iat", { iat: undefined }, 4304],
    ["made in the future", { iat: 99_999_999_999, exp: 999_999_999_999 }, 4304],
    ["no generation", { generation: undefined }, 4305],
    ["generation as text", { generation: "1" }, 4305],
    ["another generation", { generation: 12_345 }, 4305],
    ["an administrator nobody knows", { username: "nobody" }, 4305],
    ["an administrator's name in other capitals", { username: "Admin" }, 4305],
    ["a user without his id", { role: "user", username: "alice", realm: "home" }, 4305],
    ["a user with another's id", { role: "user", username: "alice", realm: "home", userid: "1001" }, 4305],
    ["a user of no realm", { role: "user", username: "alice", realm: "", userid: "1000" }, 4305],
    ["a user of a realm that is not his", { role: "user", username: "alice", realm: "away", userid: "1000" }, 4305],
    ["__proto__", { role: undefined, ["__proto__"]: { role: "admin" } }, 4304],
  ] as [string, Json, number][])("%s", async (_name, claims, code) => {
    expect(await outcome(forge(claims))).toEqual([401, code]);
  });
});

describe("rest-api 1.5: what a token is good for", () => {
  test("4306: a user gets nowhere where an administrator is needed", async () => {
    for (const path of ["/system/setConfig", "/system/setDefault", "/resolver/x", "/realm/x"]) {
      expect([path, await outcome(userToken, path)]).toEqual([path, [401, 4306]]);
    }
  });

  test("4033 without one; W6 with or without Bearer, and PI-Authorization first", async () => {
    expect(await outcome("")).toEqual([401, 4033]);
    expect(await outcome(`Bearer ${app.adminToken}`)).toEqual([200, undefined]);
    const both = await app.api("GET", "/system/", {}, { token: app.adminToken, headers: { "pi-authorization": "garbage" } });
    expect(both.error?.code).toBe(4304);
  });

  test("where nobody is asked a bad token does no harm", async () => {
    const { status } = await app.api("POST", "/validate/check", { serial: "NONE", pass: "1" }, { token: "garbage" });
    expect(status).toBe(404);
  });

  test("the payload names no secret and holds what clients read", () => {
    const { header, claims } = read(app.adminToken);
    expect(header).toEqual({ alg: "HS256", typ: "JWT" });
    expect(Object.keys(claims).sort()).toEqual(
      ["authtype", "exp", "generation", "iat", "nonce", "realm", "rights", "role", "username"].sort(),
    );
    expect(claims).toMatchObject({ username: "admin", realm: "", role: "admin", authtype: "password" });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
  });

  test("W7 the payload has no character in which base64url differs from base64, whatever the name", async () => {
    await app.engine.admins.set("~~~???>>>üöä\u{1F600}", "long enough");
    for (const token of [await tokenOf("b~o?b>ü"), await tokenOf("~~~???>>>üöä\u{1F600}", "long enough")]) {
      expect(token.split(".")[1]).toMatch(/^[A-Za-z0-9]+$/);
      const text = Buffer.from(token.split(".")[1] ?? "", "base64").toString("latin1");
      expect(text).toMatch(/^[\x20-\x7e]+$/);
      expect(await outcome(token)).toEqual([200, undefined]);
    }
    expect(read(await tokenOf("b~o?b>ü")).claims.username).toBe("b~o?b>ü");
  });
});

describe("how long it lives", () => {
  test("a user's session ends when his realm or he himself is gone", async () => {
    const alice = await tokenOf("alice");
    await app.addRealm("short", [passwdLine("gast", 5000, await Bun.password.hash(PASSWORD, { algorithm: "bcrypt", cost: 4 }))]);
    const guest = await tokenOf("gast@short");
    expect(await outcome(guest)).toEqual([200, undefined]);
    expect((await app.api("DELETE", "/realm/short")).status).toBe(200);
    expect(await outcome(guest)).toEqual([401, 4305]);
    expect(await outcome(alice)).toEqual([200, undefined]);
  });

  test("4305: to the second, one hour", async () => {
    const token = await tokenOf("alice");
    app.advance(HOUR - 10_000);
    expect(await outcome(token)).toEqual([200, undefined]);
    app.advance(10_000);
    expect(await outcome(token)).toEqual([401, 4305]);
  });

  const rootLogin = (password: string) =>
    logIn({ username: "root", password }, "10.0.0.1", performance.now(), app.engine).then(
      (caller) => app.engine.sessions.issue(caller, []),
      () => "",
    );

  test("an administrator's new password ends his sessions, at once, and nobody else's", async () => {
    const { admins } = app.engine;
    await admins.set("root", "first password");
    await admins.set("second", "other password");
    const [root, second] = [await rootLogin("first password"), await tokenOf("second", "other password")];
    expect(await outcome(root)).toEqual([200, undefined]);
    await admins.set("root", "second password");
    expect(await outcome(root)).toEqual([401, 4305]);
    expect(await outcome(second)).toEqual([200, undefined]);
    expect(await rootLogin("first password")).toBe("");
    expect(await outcome(await rootLogin("second password"))).toEqual([200, undefined]);
  });

  test("deleted, and made again under the same name: the old session stays dead", async () => {
    const { admins } = app.engine;
    await admins.remove("root");
    await admins.set("root", "first password");
    const old = await rootLogin("first password");
    expect(await outcome(old)).toEqual([200, undefined]);
    await admins.remove("root");
    expect(await outcome(old)).toEqual([401, 4305]);
    await admins.set("root", "first password");
    expect(await outcome(old)).toEqual([401, 4305]);
  });

  test("a password that is changed between its check and the token gives a dead token", async () => {
    const { admins, sessions } = app.engine;
    await admins.set("root", "first password");
    const caller = await logIn({ username: "root", password: "first password" }, "10.0.0.1", performance.now(), app.engine);
    await admins.set("root", "second password");
    expect(await outcome(await sessions.issue(caller, []))).toEqual([401, 4305]);
  });
});
