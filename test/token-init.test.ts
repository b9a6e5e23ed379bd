// POST /token/init: rest-api.md 3.1.1 and 3.2 (the part of every type, HOTP, TOTP, spass, pw), config-and-tokens.md K1-01 to K1-03,
// K1-10, K1-24, K1-26, K1-27, G19, clients-contract.md W19.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeBase32 } from "../engine/core/base32.ts";
import { encodeBase32Check } from "../engine/core/base32check.ts";
import { parseKeyUri } from "../engine/core/key-uri.ts";
import { renderQrPng } from "../engine/vault/qr-png.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, configure, enrol, passwdLine, readToken } from "./kit/tokens.ts";

const SEED = "3132333435363738393031323334353637383930";
interface Shown {
  description: string;
  value: string;
  img: string;
  value_b32?: string;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1), passwdLine("bob", 2)]);
  await app.addRealm("barn", [passwdLine("berta", 1)]);
});
afterAll(() => app.stop());

const init = (params: ApiParams) => app.api("POST", "/token/init", params, { json: true });
async function find(serial: string) {
  const list = await app.api<{ tokens: { info: Record<string, string>; [name: string]: unknown }[] }>("GET", "/token/", {
    serial,
  });
  const [token] = list.value?.tokens ?? [];
  if (!token) throw new Error(`no token ${serial}`);
  return token;
}
const serialOf = (answer: { detail?: Record<string, unknown> }) => String(answer.detail?.serial);

describe("POST /token/init detail (W19, rest-api 5 items 25 and 26)", () => {
  const kinds: [type: string, params: ApiParams, google: string, oath: string][] = [
    [
      "hotp",
      { serial: "H1" },
      "otpauth://hotp/H1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1&digits=6&issuer=privacyIDEA",
      `oathtoken:///addToken?name=H1&lockdown=true&key=${SEED}`,
    ],
    [
      "totp",
      { serial: "T1" },
      "otpauth://totp/T1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=30&digits=6&issuer=privacyIDEA",
      `oathtoken:///addToken?name=T1&lockdown=true&key=${SEED}&timeBased=true`,
    ],
    [
      "totp",
      { serial: "T2", hashlib: "sha256", otplen: 8, timeStep: 60 },
      "otpauth://totp/T2?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA256&period=60&digits=8&issuer=privacyIDEA",
      `oathtoken:///addToken?name=T2&lockdown=true&key=${SEED}&timeBased=true`,
    ],
    [
      "hotp",
      { serial: "H2", hashlib: "sha512" },
      "otpauth://hotp/H2?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA512&counter=1&digits=6&issuer=privacyIDEA",
      `oathtoken:///addToken?name=H2&lockdown=true&key=${SEED}`,
    ],
  ];
  for (const [type, params, google, oath] of kinds) {
    test(`${type} ${JSON.stringify(params)}`, async () => {
      const { value, detail } = await init({ type, otpkey: SEED, ...params });
      expect(value).toBe(true);
      const { otpkey, googleurl, oathurl, serial, rollout_state, ...rest } = detail as Record<string, unknown> &
        Record<string, Shown>;
      expect([serial as unknown, rollout_state as unknown, Object.keys(rest)]).toEqual([params.serial, "", ["threadid"]]);
      expect(otpkey?.value).toBe(`seed://${SEED}`);
      expect(otpkey?.value_b32).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
      expect(googleurl?.value).toBe(google);
      expect(oathurl?.value).toBe(oath);
      for (const shown of [otpkey, googleurl, oathurl]) {
        expect(shown?.description).toBeString();
        // renderQrPng is held against a decoder in engine/vault/qr-png.test.ts.
        expect(shown?.img).toBe(`data:image/png;base64,${renderQrPng(shown?.value ?? "").toBase64()}`);
      }
    });
  }
  test("the addresses parse, and say the same seed", async () => {
    const { detail } = await init({ type: "totp", genkey: 1 });
    const { googleurl, otpkey } = detail as unknown as Record<string, Shown>;
    const uri = parseKeyUri(googleurl?.value ?? "");
    expect(`seed://${uri.secret.toHex()}`).toBe(otpkey?.value ?? "");
    expect(decodeBase32(otpkey?.value_b32 ?? "").toHex()).toBe(uri.secret.toHex());
    expect(googleurl?.value.length).toBeLessThanOrEqual(180);
  });
  test("spass has nothing but its serial, pw its password", async () => {
    expect(Object.keys((await init({ type: "spass" })).detail ?? {})).toEqual(["serial", "threadid"]);
    const { detail } = await init({ type: "pw", genkey: 1 });
    expect(Object.keys(detail ?? {})).toEqual(["serial", "password", "threadid"]);
    expect(detail?.password).toMatch(/^[a-zA-Z0-9]{12}$/);
    expect((await init({ type: "pw", otpkey: "my secret" })).detail?.password).toBe("my secret");
  });
});

describe("POST /token/init type", () => {
  test("hotp if none is named; capitals do not matter", async () => {
    expect((await find(serialOf(await init({ genkey: 1 })))).tokentype).toBe("hotp");
    expect((await find(serialOf(await init({ genkey: 1, type: "" })))).tokentype).toBe("hotp");
    expect((await find(serialOf(await init({ genkey: 1, type: "TOTP" })))).tokentype).toBe("totp");
  });
  test("1610 for one nobody knows", async () => {
    for (const type of ["pigeon", "__proto__", "constructor"]) expect((await init({ type, genkey: 1 })).error?.code).toBe(1610);
  });
});

describe("K1-03 serial numbers", () => {
  for (const [type, prefix] of [
    ["hotp", "OATH"],
    ["totp", "TOTP"],
    ["spass", "PISP"],
    ["pw", "PW"],
  ] as const) {
    test(`${type}: ${prefix}, four digits or more, then hexadecimal digits, eight in all`, async () => {
      expect(serialOf(await init({ type, genkey: 1 }))).toMatch(new RegExp(`^${prefix}\\d{4}[0-9A-F]{4}$`));
    });
  }
  test("G19 SerialLength is their number after the prefix", async () => {
    await configure(app, { SerialLength: 12 });
    expect(serialOf(await init({ genkey: 1 }))).toMatch(/^OATH\d{4}[0-9A-F]{8}$/);
    await app.api("DELETE", "/system/SerialLength");
  });
  test("prefix replaces that of the type", async () => {
    expect(serialOf(await init({ genkey: 1, prefix: "UBAM" }))).toMatch(/^UBAM\d{4}[0-9A-F]{4}$/);
    for (const prefix of ["a b", "*", "ü", "x".repeat(21)]) expect((await init({ genkey: 1, prefix })).error?.code).toBe(905);
  });
  test("a serial that is taken is not given again", async () => {
    await configure(app, { SerialLength: 4 });
    // Without random digits the next serial is the number of the newest token: that one takes it.
    const newest = (await find(serialOf(await init({ genkey: 1 })))).id as number;
    const taken = `OATH${String(newest + 1).padStart(4, "0")}`;
    await init({ type: "spass", serial: taken });
    const given = serialOf(await init({ genkey: 1 }));
    await app.api("DELETE", "/system/SerialLength");
    expect(given).toBe(`OATH${String(newest + 2).padStart(4, "0")}`);
    expect((await find(taken)).tokentype).toBe("spass");
  });
  test("of many at once each is another", async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => init({ type: "spass" })));
    expect(new Set(made.map(serialOf)).size).toBe(20);
  });
  test("one serial enrolled many times at once: one token, nobody is told a seed that is not in force", async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => init({ genkey: 1, serial: "RACE" })));
    const won = made.filter(({ value }) => value === true);
    expect(won.length).toBeGreaterThanOrEqual(1);
    for (const { error } of made) if (error) expect([301, 905]).toContain(error.code);
    const list = await app.api<{ count: number }>("GET", "/token/", { serial: "RACE" });
    expect(list.value?.count).toBe(1);
  });
  test("letters, digits, - and _ only, at most 40 (rest-api 1.7)", async () => {
    for (const serial of ["a b", "a*", "a/b", "ü", "a'b", "a%41", "x".repeat(41)]) {
      expect((await init({ type: "spass", serial })).error?.code).toBe(905);
    }
    for (const serial of ["my-token_1", "x".repeat(40)]) expect((await init({ type: "spass", serial })).value).toBe(true);
  });
  test("an empty serial is none", async () => expect(serialOf(await init({ genkey: 1, serial: "" }))).toMatch(/^OATH/));
});

describe("K1-02 a serial that exists gets new contents", () => {
  test("same row, new seed from its beginning; PIN, description and owner stay unless they are given", async () => {
    const token = await enrol(app, { serial: "AGAIN", user: "alice", pin: "old", description: "mine", "hotp.colour": "red" });
    await check(app, { serial: "AGAIN", pass: `old${token.value(5)}` });
    await check(app, { serial: "AGAIN", pass: `old${token.value(3)}` });
    const before = await readToken(app, "AGAIN");
    expect([before.counter, before.failCount]).toEqual([6, 1]);
    const next = await enrol(app, { serial: "AGAIN", hashlib: "sha256", otplen: 8 });
    const after = await readToken(app, "AGAIN");
    expect(after).toMatchObject({
      id: before.id,
      counter: 0,
      failCount: 0,
      otpLength: 8,
      algorithm: "sha256",
      pinHash: before.pinHash,
    });
    expect(after.owner).toEqual(before.owner);
    const shown = await find("AGAIN");
    expect([shown.description, shown.info["hotp.colour"]]).toEqual(["mine", undefined]);
    expect((await check(app, { serial: "AGAIN", pass: `old${token.value(7)}` })).accepted).toBe(false);
    expect((await check(app, { serial: "AGAIN", pass: `old${next.value(0)}` })).accepted).toBe(true);
    await enrol(app, { serial: "AGAIN", pin: "new", user: "bob" });
    expect((await find("AGAIN")).username).toBe("bob");
    expect((await check(app, { user: "alice", pass: "old" })).message).toBe("The user has no tokens assigned");
  });
  test("another type is 301 and changes nothing", async () => {
    await enrol(app, { serial: "FIRM" });
    const before = await readToken(app, "FIRM");
    for (const type of ["totp", "spass", "pw"]) expect((await init({ serial: "FIRM", type, genkey: 1 })).error?.code).toBe(301);
    expect(await readToken(app, "FIRM")).toEqual(before);
  });
  test("rest-api 5 item 65: a missing type is that of the token", async () => {
    await init({ type: "totp", genkey: 1, serial: "STEP2" });
    expect((await init({ genkey: 1, serial: "STEP2", rollover: 1 })).value).toBe(true);
    expect((await find("STEP2")).tokentype).toBe("totp");
  });
});

describe("the seed", () => {
  const seedOf = (answer: { detail?: Record<string, unknown> }) =>
    (answer.detail?.otpkey as Shown | undefined)?.value.slice(7) ?? "";

  test("K1-01 genkey: 20, 32 or 64 bytes by hash, keysize bytes if that is given", async () => {
    for (const [params, bytes] of [
      [{}, 20],
      [{ hashlib: "sha1" }, 20],
      [{ hashlib: "sha256" }, 32],
      [{ hashlib: "sha512" }, 64],
      [{ keysize: 32 }, 32],
      [{ keysize: 20, hashlib: "sha512" }, 20],
    ] as const) {
      expect(seedOf(await init({ genkey: 1, ...params })).length).toBe(2 * bytes);
    }
    for (const keysize of [0, 8, 1000, "many"]) expect((await init({ genkey: 1, keysize })).error?.code).toBe(905);
  });
  test("no two are equal", async () => {
    const seeds = await Promise.all(Array.from({ length: 10 }, async () => seedOf(await init({ genkey: 1 }))));
    expect(new Set(seeds).size).toBe(10);
  });
  test("genkey wins over otpkey for the HOTP family; for others both are 344", async () => {
    for (const type of ["hotp", "totp"]) expect(seedOf(await init({ type, genkey: 1, otpkey: SEED }))).not.toBe(SEED);
    expect((await init({ type: "pw", genkey: 1, otpkey: "x" })).error?.code).toBe(344);
  });
  test("hexadecimal, capitals and blanks around it as they come", async () => {
    expect(seedOf(await init({ otpkey: SEED.toUpperCase() }))).toBe(SEED);
    expect(seedOf(await init({ otpkey: ` ${SEED}\n`, otpkeyformat: "hex" }))).toBe(SEED);
    for (const otpkey of ["abc", "xyz0", "0x12", SEED.repeat(30)]) expect((await init({ otpkey })).error?.code).toBe(905);
    expect((await init({ otpkey: "" })).error?.message).toBe("ERR905: Missing parameter: 'otpkey'");
  });
  test("base32check: with its checksum only", async () => {
    const text = encodeBase32Check(Uint8Array.fromHex(SEED));
    expect(seedOf(await init({ otpkey: text, otpkeyformat: "base32check" }))).toBe(SEED);
    expect(seedOf(await init({ otpkey: text.toLowerCase(), otpkeyformat: "base32check" }))).toBe(SEED);
    const wrong = `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;
    for (const otpkey of [wrong, SEED, "", "1"])
      expect((await init({ otpkey, otpkeyformat: "base32check" })).error?.code).toBe(905);
    expect((await init({ otpkey: SEED, otpkeyformat: "base64" })).error?.code).toBe(905);
  });
  test("an error does not repeat the seed", async () => {
    const answer = await init({ otpkey: "5ec12e7zz", otpkeyformat: "hex" });
    expect(answer.text).not.toContain("5ec12e7");
  });
});

describe("bounds and defaults", () => {
  for (const [name, good, bad] of [
    ["otplen", [4, 6, "8", 10], [0, 3, 11, -6, 6.5, "six"]],
    ["hashlib", ["sha1", "sha256", "sha512"], ["md5", "SHA-1", "sha3"]],
    ["timeStep", [1, 30, 60], [0, -30, "half"]],
    ["timeWindow", [0, 180], [-1, "x"]],
    ["timeShift", [-300, 0, 300], ["x", 0.5]],
  ] as const) {
    test(`${name}: ${good} are taken, ${bad} are refused`, async () => {
      for (const value of good) expect((await init({ type: "totp", genkey: 1, [name]: value })).status).toBe(200);
      for (const value of bad) expect((await init({ type: "totp", genkey: 1, [name]: value })).error?.code).toBe(905);
    });
  }
  test("description: 80 characters", async () => {
    const text = "ü".repeat(80);
    expect((await find(serialOf(await init({ type: "spass", description: text })))).description).toBe(text);
    expect((await init({ type: "spass", description: `${text}x` })).error?.code).toBe(905);
  });

  test("K1-10 validity period: YYYY-MM-DDThh:mm+oooo, shown as such; another form is refused, an empty one takes it away", async () => {
    const period = { validity_period_start: "2024-02-29T23:30-0130", validity_period_end: "2031-01-01T00:00+0100" };
    const serial = serialOf(await init({ type: "spass", ...period }));
    expect((await find(serial)).info).toMatchObject({
      validity_period_start: "2024-03-01T01:00+0000",
      validity_period_end: "2030-12-31T23:00+0000",
    });
    const bad = [
      "2024-01-01",
      "2024-01-01T10:00",
      "2024-01-01T10:00Z",
      "2024-01-01T10:00+01:00",
      "2023-02-29T10:00+0000",
      "2024-01-01T24:00+0000",
      "tomorrow",
      " 2024-01-01T10:00+0000",
    ];
    for (const name of Object.keys(period)) {
      for (const text of bad) expect((await init({ type: "spass", [name]: text })).error?.code).toBe(905);
    }
    await init({ serial, validity_period_end: "" });
    expect((await find(serial)).info).not.toHaveProperty("validity_period_end");
  });

  test("K1-27 tokenkind: hardware for serials that begin with UB", async () => {
    expect((await find(serialOf(await init({ genkey: 1 })))).info.tokenkind).toBe("software");
    expect((await find(serialOf(await init({ genkey: 1, serial: "UBOM1" })))).info.tokenkind).toBe("hardware");
  });
});

describe("K1-26 token information by <type>.<key>", () => {
  test("kept verbatim; that of another type is not", async () => {
    const serial = serialOf(
      await init({ genkey: 1, "hotp.colour": "rot & weiß", "hotp.size": 7, "totp.colour": "blue", hotp: "x" }),
    );
    const { info } = await find(serial);
    expect(info).toMatchObject({ "hotp.colour": "rot & weiß", "hotp.size": "7" });
    expect(Object.keys(info)).not.toContain("totp.colour");
  });
  test("type password: sealed on disk, and shown sealed", async () => {
    const serial = serialOf(await init({ genkey: 1, "hotp.pw": "open sesame 4711", "hotp.pw.type": "password" }));
    const { info } = await find(serial);
    expect(info["hotp.pw.type"]).toBe("password");
    expect(info["hotp.pw"]).toBeString();
    expect(info["hotp.pw"]).not.toContain("sesame");
    for (const file of ["ostiary.db", "ostiary.db-wal"]) {
      expect(readFileSync(join(app.dataDir, file)).includes("open sesame 4711")).toBe(false);
    }
  });
  test("neither PIN nor seed nor password of a token lies on disk in the clear", async () => {
    await init({ type: "hotp", otpkey: Buffer.from("a very plain seed!!!").toHex(), pin: "a very plain PIN" });
    await init({ type: "pw", otpkey: "a very plain password" });
    for (const file of ["ostiary.db", "ostiary.db-wal"]) {
      const bytes = readFileSync(join(app.dataDir, file));
      for (const secret of ["a very plain", Buffer.from("a very plain").toHex()]) expect(bytes.includes(secret)).toBe(false);
    }
  });
  test("no objects, no endless texts", async () => {
    expect((await init({ genkey: 1, "hotp.x": { a: 1 } })).error?.code).toBe(905);
    expect((await init({ genkey: 1, "hotp.x": "x".repeat(10_001) })).error?.code).toBe(905);
    expect((await init({ genkey: 1, [`hotp.${"x".repeat(300)}`]: "x" })).error?.code).toBe(905);
  });
});

describe("K1-24 owner and realms", () => {
  const cases: [what: string, params: ApiParams, owner: string, realms: string[]][] = [
    ["a user of the default realm", { user: "alice" }, "alice@house", ["house"]],
    ["a user of a realm", { user: "berta", realm: "barn" }, "berta@barn", ["barn"]],
    ["a user with his realm behind the @", { user: "berta@barn" }, "berta@barn", ["barn"]],
    ["realm without a user: the token is in that realm", { realm: "barn" }, "@", ["barn"]],
    ["tokenrealm, as list and as text", { tokenrealm: ["barn", "house"] }, "@", ["barn", "house"]],
    ["tokenrealm as text with blanks", { tokenrealm: "barn, house" }, "@", ["barn", "house"]],
    ["tokenrealm besides that of the owner", { user: "alice", tokenrealm: "barn" }, "alice@house", ["barn", "house"]],
    ["capitals do not matter", { tokenrealm: "BARN" }, "@", ["barn"]],
    ["unknown realms are left out", { tokenrealm: "barn,moon" }, "@", ["barn"]],
    ["neither", {}, "@", []],
  ];
  for (const [what, params, owner, realms] of cases) {
    test(what, async () => {
      const token = await find(serialOf(await init({ genkey: 1, ...params })));
      expect([`${token.username}@${token.user_realm}`, token.realms]).toEqual([owner, realms]);
    });
  }
  test("904 for a user nobody knows, or whose realm nobody knows; nothing is made", async () => {
    for (const params of [
      { user: "nobody" },
      { user: "alice", realm: "moon" },
      { user: "alice", realm: "barn" },
      { user: "alice", resolver: "barn" },
    ]) {
      expect((await init({ genkey: 1, serial: "NOTHING", ...params })).error?.code).toBe(904);
    }
    expect((await app.api<{ count: number }>("GET", "/token/", { serial: "NOTHING" })).value?.count).toBe(0);
  });
});
