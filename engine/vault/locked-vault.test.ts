import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchRing, serveRing } from "./handover.ts";
import { createKeys, KeyFileError } from "./keys.ts";
import { startVault } from "./open-vault.ts";
import { closeRing, makePassphraseSeal } from "./ring-seal.ts";
import { VaultBusyError, VaultLockedError } from "./vault.ts";

// scrypt at its real cost is tested in keys.test.ts.
const CHEAP = { n: 1024, r: 8, p: 1 };
const directory = join(mkdtempSync(join(tmpdir(), "ostiary-locked-")), "keys");
const ringFile = join(directory, "keyring.json");
const SEED = new TextEncoder().encode("12345678901234567890");
const catchFault = (job: Promise<unknown>): Promise<unknown> => job.then(() => "no error").catch((fault: unknown) => fault);
const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 2));

await createKeys(directory);
const plain = readFileSync(ringFile, "utf8");
writeFileSync(ringFile, closeRing(plain, await makePassphraseSeal("correct horse", CHEAP)));
const running = await startVault({
  keysDirectory: directory,
  fastWorkers: 2,
  dearWorkers: 1,
  hash: { memoryKib: 256, iterations: 1 },
});
const { vault } = running;

afterAll(async () => {
  await vault.close();
  rmSync(join(directory, ".."), { recursive: true });
});

describe("a ring sealed by a passphrase", () => {
  test("locked: not ready, jobs of the ring are refused, what a login to unlock needs works", async () => {
    expect(vault.ready).toBe(false);
    const search = {
      sealed: SEED,
      context: "c",
      algorithm: "sha1",
      digits: 6,
      otp: "755224",
      from: 0,
      until: 1,
      first: 0,
    } as const;
    const jobs = [
      vault.findOtp(search),
      vault.equals(SEED, "c", "x"),
      vault.seal(SEED, "c"),
      vault.unseal(SEED, "c"),
      vault.newSeed(20, "c"),
      vault.signResponse(SEED),
      vault.signAudit(SEED),
    ];
    for (const fault of await Promise.all(jobs.map(catchFault))) expect(fault).toBeInstanceOf(VaultLockedError);
    expect((await vault.sessionMac(SEED)).length).toBe(32);
    expect(await vault.verifyPassword("x", await vault.hashPassword("x", true), true)).toBe(true);
    expect((await vault.renderQrs(["x"]))[0]?.length).toBeGreaterThan(50);
    expect((await vault.publicKeys()).audit.length).toBe(32);
  });

  test("a wrong passphrase is false; many at once are refused instead of queued", async () => {
    expect(await vault.unlock("wrong")).toBe(false);
    expect(await vault.unlock("")).toBe(false);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, i) => vault.unlock(`wrong ${i}`).catch((fault: unknown) => fault)),
    );
    expect(outcomes.filter((outcome) => outcome === false).length).toBe(4);
    expect(outcomes.filter((outcome) => outcome instanceof VaultBusyError).length).toBe(6);
    expect(vault.ready).toBe(false);
  });

  test("C06: the right passphrase opens every worker", async () => {
    expect(await vault.unlock("correct horse")).toBe(true);
    expect(vault.ready).toBe(true);
    const sealed = await vault.seal(SEED, "c");
    const opened = await Promise.all(Array.from({ length: 20 }, () => vault.unseal(sealed, "c")));
    for (const clear of opened) expect(clear).toEqual(SEED);
    expect(await vault.unlock("wrong")).toBe(false);
    expect(vault.ready).toBe(true);
  });

  test("workers that replace lost ones are open without the passphrase, even when all were lost at once", async () => {
    const sealed = await vault.seal(SEED, "c");
    const before = vault.gauges.restarts;
    for (const thread of running.fast.pool.threads) void thread.terminate();
    while (vault.gauges.restarts < before + 2) await nextTurn();
    for (let round = 0; round < 5; round++) {
      const opened = await Promise.all(Array.from({ length: 20 }, () => vault.unseal(sealed, "c")));
      for (const clear of opened) expect(clear).toEqual(SEED);
    }
    while (!vault.ready) await nextTurn();
  });

  test("a damaged ring file is a KeyFileError, not a wrong passphrase", async () => {
    const text = readFileSync(ringFile, "utf8");
    writeFileSync(ringFile, "{}");
    expect(await catchFault(vault.unlock("correct horse"))).toBeInstanceOf(KeyFileError);
    writeFileSync(ringFile, text);
    expect(await vault.unlock("correct horse")).toBe(true);
  });
});

describe("handing over the ring", () => {
  test("what goes over the channel is readable by the asking worker only", async () => {
    const name = `test-${crypto.randomUUID()}`;
    const seen: unknown[] = [];
    const spy = new BroadcastChannel(name);
    spy.onmessage = (event) => seen.push(event.data);
    const server = serveRing(name, () => ({ text: plain, outdated: false }));
    const handed = { text: plain, outdated: false };
    expect(await Promise.all([fetchRing(name, 1000), fetchRing(name, 1000)])).toEqual([handed, handed]);
    while (seen.length < 4) await nextTurn();
    const { key } = JSON.parse(plain).sealKeys[0];
    const bytes = Buffer.concat(
      seen.flatMap((message) =>
        Object.values(message as object).map((part) => (typeof part === "boolean" ? Buffer.alloc(0) : Buffer.from(part))),
      ),
    );
    expect(bytes.length).toBeGreaterThan(plain.length * 2);
    expect(bytes.includes(key)).toBe(false);
    expect(bytes.includes("PRIVATE KEY")).toBe(false);
    spy.close();
    server.close();
  });

  test("a locked keeper says so; no keeper is null after the wait", async () => {
    const name = `test-${crypto.randomUUID()}`;
    const server = serveRing(name, () => null);
    expect(await fetchRing(name, 60_000)).toBeNull();
    server.close();
    expect(await fetchRing(name, 5)).toBeNull();
  });
});
