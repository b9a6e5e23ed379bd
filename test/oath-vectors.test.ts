// The test vectors of RFC 4226 and RFC 6238, each as a login of its own, and oathtool (Debian) as a second opinion.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, enrol } from "./kit/tokens.ts";

const OATHTOOL = "/usr/bin/oathtool";
const hex = (text: string) => new TextEncoder().encode(text).toHex();

/** The seeds of RFC 6238 appendix A: the digits over and over, as long as the hash. */
const SEEDS = {
  sha1: hex("12345678901234567890"),
  sha256: hex("12345678901234567890123456789012"),
  sha512: hex("1234567890123456789012345678901234567890123456789012345678901234"),
} as const;

let app: TestApp;
beforeAll(async () => {
  // RFC 6238 begins 59 seconds after 1970.
  app = await startApp({}, 59_000);
});
afterAll(() => app.stop());

/** Moves the clock to a moment at or after now. */
function moveTo(seconds: number): void {
  app.advance(seconds * 1000 - app.engine.now());
}

describe("RFC 4226 appendix D", () => {
  const values = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];

  test("each value in its turn, and none of them again", async () => {
    const { serial } = await enrol(app, { otpkey: SEEDS.sha1 });
    for (const [counter, pass] of values.entries()) {
      expect([counter, (await check(app, { serial, pass })).accepted]).toEqual([counter, true]);
    }
    await enrol(app, { otpkey: SEEDS.sha1, serial: "AGAIN" });
    expect((await check(app, { serial: "AGAIN", pass: "520489" })).accepted).toBe(true);
    for (const pass of values) expect((await check(app, { serial: "AGAIN", pass })).accepted).toBe(false);
  });

  test("8 digits are the same numbers less truncated (RFC 4226 section 5.3)", async () => {
    const { serial } = await enrol(app, { otpkey: SEEDS.sha1, otplen: 8 });
    // appendix D, table 2, last column: 1284755224, 1094287082
    expect((await check(app, { serial, pass: "84755224" })).accepted).toBe(true);
    expect((await check(app, { serial, pass: "94287082" })).accepted).toBe(true);
  });
});

describe("RFC 6238 appendix B", () => {
  const rows: [seconds: number, sha1: string, sha256: string, sha512: string][] = [
    [59, "94287082", "46119246", "90693936"],
    [1111111109, "07081804", "68084774", "25091201"],
    [1111111111, "14050471", "67062674", "99943326"],
    [1234567890, "89005924", "91819424", "93441116"],
    [2000000000, "69279037", "90698825", "38618901"],
    [20000000000, "65353130", "77737706", "47863826"],
  ];

  test("SHA-1, SHA-256 and SHA-512 at every time of the table, each value once", async () => {
    for (const hashlib of ["sha1", "sha256", "sha512"] as const) {
      await enrol(app, { serial: hashlib, type: "totp", otpkey: SEEDS[hashlib], otplen: 8, hashlib });
    }
    for (const [seconds, sha1, sha256, sha512] of rows) {
      moveTo(seconds);
      for (const [serial, pass] of Object.entries({ sha1, sha256, sha512 })) {
        const first = await check(app, { serial, pass });
        const again = await check(app, { serial, pass });
        expect([seconds, serial, first.accepted, again.accepted]).toEqual([seconds, serial, true, false]);
        expect(again.message).toBe("wrong otp value. previous otp used again");
      }
    }
  });
});

describe.skipIf(!existsSync(OATHTOOL))("oathtool agrees", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.stop());

  const KINDS = [
    { hashlib: "sha1", otplen: 6, bytes: 20 },
    { hashlib: "sha1", otplen: 8, bytes: 16 },
    { hashlib: "sha256", otplen: 6, bytes: 32 },
    { hashlib: "sha512", otplen: 8, bytes: 64 },
    { hashlib: "sha512", otplen: 7, bytes: 33 },
  ] as const;
  const ask = (...args: string[]): string[] =>
    Bun.spawnSync([OATHTOOL, ...args])
      .stdout.toString()
      .trim()
      .split("\n");

  test("HOTP: six values in a row, keys of all lengths", async () => {
    for (let round = 0; round < 6; round++) {
      const otpkey = crypto.getRandomValues(new Uint8Array(10 + round * 9)).toHex();
      const otplen = 6 + (round % 3);
      const { serial } = await enrol(app, { otpkey, otplen });
      for (const pass of ask("--hotp", `--digits=${otplen}`, "--counter=0", "--window=5", otpkey)) {
        expect([otpkey, pass, (await check(app, { serial, pass })).accepted]).toEqual([otpkey, pass, true]);
      }
    }
  });

  test("TOTP: random keys and steps, all hashes", async () => {
    for (const { hashlib, otplen, bytes } of KINDS) {
      const otpkey = crypto.getRandomValues(new Uint8Array(bytes)).toHex();
      const timeStep = bytes % 2 === 0 ? 30 : 60;
      const { serial } = await enrol(app, { type: "totp", otpkey, otplen, hashlib, timeStep });
      const at = `@${Math.floor(app.engine.now() / 1000)}`;
      const [pass = ""] = ask(`--totp=${hashlib}`, `--digits=${otplen}`, `--time-step-size=${timeStep}s`, `--now=${at}`, otpkey);
      expect([hashlib, otpkey, pass.length]).toEqual([hashlib, otpkey, otplen]);
      expect([hashlib, otpkey, (await check(app, { serial, pass })).accepted]).toEqual([hashlib, otpkey, true]);
    }
  });
});
