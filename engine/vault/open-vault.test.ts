import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac, createPublicKey, constants as crypto, verify } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { WorkersFailingError } from "../workers/failing.ts";
import { createKeys, KeyFileError } from "./keys.ts";
import { openVault, type RunningVault, startVault } from "./open-vault.ts";
import { type OtpSearch, SealBrokenError, type Vault, VaultBusyError } from "./vault.ts";

const directory = join(mkdtempSync(join(tmpdir(), "ostiary-vault-")), "keys");
const HASH = { memoryKib: 256, iterations: 1 };
const CONTEXT = "token|HOTP0001|key";
const SEED = new TextEncoder().encode("12345678901234567890");
// RFC 4226 appendix D
const VALUES = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];

let running: RunningVault;
let vault: Vault;
let sealed: Uint8Array;
const findIn = (otp: string, change: Partial<OtpSearch> = {}): Promise<number> =>
  vault.findOtp({ sealed, context: CONTEXT, algorithm: "sha1", digits: 6, otp, from: 0, until: 10, first: 0, ...change });
// Not `expect().rejects`: it waits inside the current callback, and when that is a reply of a worker, Bun 1.4.5 delivers no other.
const catchFault = (job: Promise<unknown>): Promise<unknown> => job.then(() => "no error").catch((fault: unknown) => fault);

beforeAll(async () => {
  await createKeys(directory);
  running = await startVault({ keysDirectory: directory, fastWorkers: 2, dearWorkers: 1, hash: HASH });
  vault = running.vault;
  sealed = await vault.seal(SEED, CONTEXT);
});
afterAll(async () => {
  await vault.close();
  rmSync(join(directory, ".."), { recursive: true });
});

describe("findOtp", () => {
  test("RFC 4226 appendix D: each value at its counter", async () => {
    expect(await Promise.all(VALUES.map((otp) => findIn(otp)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("RFC 6238 appendix B: SHA-256 and SHA-512, 8 digits", async () => {
    const digitsOf = (length: number) => "1234567890".repeat(7).slice(0, length);
    const rows = [
      ["sha1", 20, 59, "94287082"],
      ["sha1", 20, 20000000000, "65353130"],
      ["sha256", 32, 59, "46119246"],
      ["sha256", 32, 1111111109, "68084774"],
      ["sha512", 64, 59, "90693936"],
      ["sha512", 64, 1234567890, "93441116"],
    ] as const;
    for (const [algorithm, length, time, otp] of rows) {
      const step = Math.floor(time / 30);
      const blob = await vault.seal(Buffer.from(digitsOf(length)), "c");
      const search = {
        sealed: blob,
        context: "c",
        algorithm,
        digits: 8,
        from: Math.max(0, step - 10),
        until: step + 11,
        first: step,
      };
      expect([algorithm, time, await findIn(otp, search)]).toEqual([algorithm, time, step]);
      expect(await findIn(otp, { ...search, digits: 6 })).toBe(-1);
    }
  });

  test("the window is half open, and `first` outside of it is not tried (a used counter stays used)", async () => {
    expect(await findIn("254676", { from: 5, until: 6 })).toBe(5);
    expect(await findIn("254676", { from: 6, until: 10, first: 5 })).toBe(-1);
    expect(await findIn("254676", { from: 0, until: 5, first: 5 })).toBe(-1);
    expect(await findIn("254676", { from: 5, until: 5, first: 5 })).toBe(-1);
  });

  test("what is no OTP of the token matches nothing", async () => {
    for (const otp of ["", "75522", "7552240", "75522x", "７５５２２４", " 755224", "x".repeat(100_000)]) {
      expect(await findIn(otp)).toBe(-1);
    }
  });

  test("1000 mixed searches and comparisons at once: every answer belongs to its question", async () => {
    const jobs = Array.from({ length: 1000 }, (_, i) => {
      const at = i % 10;
      if (i % 3 === 0)
        return vault.equals(sealed, CONTEXT, i % 2 ? "12345678901234567890" : `no${i}`).then((yes) => yes === (i % 2 === 1));
      if (i % 7 === 0)
        return findIn(VALUES[at] ?? "", { context: "other" }).then(
          () => false,
          (fault) => fault instanceof SealBrokenError,
        );
      return findIn(VALUES[at] ?? "", { from: i % 5, first: i % 11 }).then((found) => found === (at < i % 5 ? -1 : at));
    });
    expect((await Promise.all(jobs)).filter((right) => !right)).toEqual([]);
    expect(vault.gauges.fastQueued).toBe(0);
  });

  test("arguments out of bounds are a RangeError", async () => {
    const wrong: Partial<OtpSearch>[] = [
      { digits: 3 },
      { digits: 11 },
      { from: -1 },
      { until: 0.5 },
      { until: 1e7 },
      { first: Number.NaN },
    ];
    for (const change of wrong) expect(await catchFault(findIn("755224", change))).toBeInstanceOf(RangeError);
    expect(await catchFault(findIn("755224", { algorithm: "md5" as "sha1" }))).toBeInstanceOf(RangeError);
  });
});

describe("secrets and signatures", () => {
  test("seal, unseal, newSeed; another context or altered bytes do not open", async () => {
    expect(await vault.unseal(sealed, CONTEXT)).toEqual(SEED);
    const seed = await vault.newSeed(20, "token|NEW|key");
    expect(seed.clear.length).toBe(20);
    expect(await vault.unseal(seed.sealed, "token|NEW|key")).toEqual(seed.clear);
    expect((await vault.newSeed(20, "token|NEW|key")).clear).not.toEqual(seed.clear);
    const altered = sealed.slice();
    altered[20] = (altered[20] ?? 0) ^ 1;
    for (const [blob, context] of [
      [sealed, "token|HOTP0002|key"],
      [altered, CONTEXT],
      [new Uint8Array(), CONTEXT],
    ] as const) {
      expect(await catchFault(vault.unseal(blob, context))).toBeInstanceOf(SealBrokenError);
      expect(await catchFault(vault.equals(blob, context, "x"))).toBeInstanceOf(SealBrokenError);
      expect(await catchFault(findIn("755224", { sealed: blob, context }))).toBeInstanceOf(SealBrokenError);
    }
  });

  test("equals: a byte order mark, a prefix and a huge candidate are not equal", async () => {
    expect(await vault.equals(sealed, CONTEXT, "12345678901234567890")).toBe(true);
    for (const candidate of [
      "\uFEFF12345678901234567890",
      "1234567890123456789",
      "12345678901234567890\0",
      "",
      "1".repeat(1e6),
    ]) {
      expect(await vault.equals(sealed, CONTEXT, candidate)).toBe(false);
    }
  });

  test("rest-api.md 1.6: RSA-PSS SHA-256 with the longest salt (222 bytes at 2048 bits), and no other", async () => {
    const { responsePem } = await vault.publicKeys();
    const signature = await vault.signResponse(SEED);
    const check = (saltLength: number) =>
      verify("sha256", SEED, { key: responsePem, padding: crypto.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
    expect([check(222), check(32), check(crypto.RSA_PSS_SALTLEN_AUTO)]).toEqual([true, false, true]);
  });

  test("RFC 8032: the audit signature verifies with the raw public key", async () => {
    const { audit } = await vault.publicKeys();
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(audit).toString("base64url") },
      format: "jwk",
    });
    const signature = await vault.signAudit(SEED);
    expect(verify(null, SEED, key, signature)).toBe(true);
    expect(verify(null, SEED.subarray(1), key, signature)).toBe(false);
  });

  test("sessionMac is HMAC-SHA256 under the key of session.json", async () => {
    const { mac } = JSON.parse(readFileSync(join(directory, "session.json"), "utf8"));
    const expected = createHmac("sha256", Buffer.from(mac, "base64")).update(SEED).digest();
    expect(Buffer.from(await vault.sessionMac(SEED))).toEqual(expected);
  });
});

describe("dear lane", () => {
  test("passwords, peppered and not; the pepper is text before the password (rest-api.md 4)", async () => {
    const bare = await vault.hashPassword("geheim");
    const peppered = await vault.hashPassword("geheim", true);
    const { pepper } = JSON.parse(readFileSync(join(directory, "session.json"), "utf8"));
    expect(await vault.verifyPassword("geheim", bare)).toBe(true);
    expect(await vault.verifyPassword("geheim", bare, true)).toBe(false);
    expect(await vault.verifyPassword("geheim", peppered, true)).toBe(true);
    expect(await vault.verifyPassword("geheim", peppered)).toBe(false);
    expect(await vault.verifyPassword(`${pepper}geheim`, peppered)).toBe(true);
    expect(await vault.verifyPassword("geheim", "no hash")).toBe(false);
    expect([vault.needsRehash(bare), vault.needsRehash(bare.replace("t=1", "t=2"))]).toEqual([false, true]);
  });

  test("hashLatency is measured at the start and moved by real hashes only", async () => {
    const before = vault.hashLatency;
    expect(before).toBeGreaterThan(0);
    await vault.verifyPassword("x", "not a hash");
    expect(vault.hashLatency).toBe(before);
    await vault.verifyPassword("x", await vault.hashPassword("y"));
    expect(vault.hashLatency).not.toBe(before);
  });

  test("hashLatency: who waits raises it, and it falls with the queue", async () => {
    const hash = await vault.hashPassword("y");
    const calm = vault.hashLatency;
    const drawn = vault.renderQrs(["otpauth://totp/x"]);
    expect(vault.hashLatency).toBe(calm);
    await drawn;
    const jobs = Array.from({ length: 64 }, () => vault.verifyPassword("x", hash));
    const flooded = vault.hashLatency;
    expect(flooded).toBeGreaterThan(10 * calm);
    await Promise.all(jobs);
    expect(vault.hashLatency).toBeLessThan(flooded);
  });

  test("renderQrs: PNG, and RangeError for what does not fit", async () => {
    expect([...((await vault.renderQrs(["otpauth://totp/x"]))[0] ?? new Uint8Array()).subarray(1, 4)]).toEqual([
      0x50, 0x4e, 0x47,
    ]);
    expect(await catchFault(vault.renderQrs(["x".repeat(5000)]))).toBeInstanceOf(RangeError);
  });

  test("a full lane refuses at once with a wait, the other lane goes on, and it recovers", async () => {
    const hash = await vault.hashPassword("x");
    const jobs = Array.from({ length: 80 }, () => vault.verifyPassword("x", hash).catch((fault: unknown) => fault));
    expect(vault.gauges.dearQueued).toBe(64);
    expect(await findIn("755224")).toBe(0);
    const outcomes = await Promise.all(jobs);
    const refused = outcomes.filter((outcome) => outcome instanceof VaultBusyError);
    expect(outcomes.filter((outcome) => outcome === true).length).toBe(64);
    expect(refused.length).toBe(16);
    for (const fault of refused) expect(fault.retryAfterSeconds).toBeWithin(1, 61);
    expect(await vault.verifyPassword("x", hash)).toBe(true);
  });
});

describe("lost workers", () => {
  test("one lost worker costs nobody the answer: its jobs are tried again", async () => {
    const before = vault.gauges.restarts;
    const jobs = Array.from({ length: 1000 }, (_, i) => findIn(VALUES[i % 10] ?? ""));
    const signatures = Array.from({ length: 20 }, () => vault.signResponse(SEED));
    await new Promise((resolve) => setImmediate(resolve));
    await running.fast.pool.threads[0]?.terminate();
    expect(await Promise.all(jobs)).toEqual(jobs.map((_, i) => i % 10));
    expect((await Promise.all(signatures)).every(({ length }) => length === 256)).toBe(true);
    expect(vault.gauges.restarts).toBe(before + 1);
  });

  test("workers killed under load: every job is answered once, rightly or as busy, and the pool is full again", async () => {
    const hash = await vault.hashPassword("x");
    let answers = 0;
    const outcomes: Promise<boolean>[] = [];
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 200; i++) {
        const job = findIn(VALUES[i % 10] ?? "").then((found) => found === i % 10);
        outcomes.push(job.catch((fault) => fault instanceof VaultBusyError).finally(() => answers++));
      }
      outcomes.push(
        vault.signAudit(SEED).then(
          (signature) => signature.length === 64,
          (fault) => fault instanceof VaultBusyError,
        ),
      );
      outcomes.push(vault.verifyPassword("x", hash).catch((fault) => fault instanceof VaultBusyError));
      await new Promise((resolve) => setImmediate(resolve));
      if (round % 3 === 0) running.fast.pool.threads[round % 2]?.terminate();
      if (round % 5 === 0) running.dear.pool.threads[0]?.terminate();
    }
    expect((await Promise.all(outcomes)).filter((right) => !right)).toEqual([]);
    expect(answers).toBe(2400);
    expect(vault.gauges.restarts).toBeGreaterThan(0);
    expect(vault.gauges).toMatchObject({ fastQueued: 0, dearQueued: 0 });
    expect(await findIn("287082")).toBe(1);
    expect(await vault.verifyPassword("x", hash)).toBe(true);
  });

  test("workers killed while they start (piscina gives those up): answered or refused, never left waiting, and it is over", async () => {
    const settle = (fault: unknown) => (fault instanceof VaultBusyError || fault instanceof WorkersFailingError ? 1 : fault);
    for (let round = 0; round < 3; round++) {
      for (const thread of running.fast.pool.threads) void thread.terminate();
      await Promise.resolve();
      const job = findIn("287082").catch(settle);
      await new Promise((resolve) => setImmediate(resolve));
      for (const thread of running.fast.pool.threads) void thread.terminate();
      expect(await job).toBe(1);
    }
    while (vault.fault !== null) await Bun.sleep(10);
    expect(await findIn("287082")).toBe(1);
  });
});

describe("opening and closing", () => {
  test("fastQueue bounds what is accepted; close answers what was accepted and refuses the rest", async () => {
    const small = await openVault({
      keysDirectory: directory,
      fastWorkers: 1,
      dearWorkers: 1,
      fastQueue: 10,
      dearQueue: 2,
      hash: HASH,
    });
    const blob = await small.seal(SEED, CONTEXT);
    const ask = () => small.equals(blob, CONTEXT, "12345678901234567890").catch((fault: unknown) => fault);
    const jobs = Array.from({ length: 25 }, ask);
    const closed = small.close();
    const late = [ask(), small.hashPassword("x").catch((fault: unknown) => fault)];
    await Promise.all([closed, small.close()]);
    const outcomes = await Promise.all(jobs);
    expect(outcomes.filter((outcome) => outcome === true).length).toBe(10);
    expect(outcomes.filter((outcome) => outcome instanceof VaultBusyError).length).toBe(15);
    for (const outcome of await Promise.all(late)) expect(outcome).toBeInstanceOf(VaultBusyError);
    expect(small.gauges).toMatchObject({ fastQueued: 0, dearQueued: 0, restarts: 0 });
  });

  test("unsafe or missing key files: openVault says which", async () => {
    const open = () => openVault({ keysDirectory: directory, fastWorkers: 1, dearWorkers: 1, hash: HASH });
    chmodSync(join(directory, "keyring.json"), 0o644);
    expect(await catchFault(open())).toBeInstanceOf(KeyFileError);
    chmodSync(join(directory, "keyring.json"), 0o600);
    expect(await catchFault(openVault({ keysDirectory: "/nonexistent", hash: HASH }))).toMatchObject({
      message: expect.stringContaining("/nonexistent"),
    });
  });

  test("unlock of an unsealed ring is true; nothing shown of the vault holds a key", async () => {
    expect(vault.ready).toBe(true);
    expect(await vault.unlock("anything")).toBe(true);
    const shown = inspect(running, { depth: 12, showHidden: true });
    const ring = JSON.parse(readFileSync(join(directory, "keyring.json"), "utf8"));
    expect(shown).not.toContain(ring.sealKeys[0].key);
    expect(shown).not.toContain("PRIVATE KEY");
  });
});
