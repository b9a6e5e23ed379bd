// Properties of the vault's codecs against independent implementations, and a look into the event loop's heap for keys.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import type { KeyRing } from "../engine/vault/key-ring.ts";
import { answerBatch, encodeBatch, type SmallJob } from "../engine/vault/otp-batch.ts";
import { openBlob, sealBlob } from "../engine/vault/sealed-blob.ts";
import { runSmallJob } from "../engine/vault/small-jobs.ts";
import { SealBrokenError } from "../engine/vault/vault.ts";

const root = mkdtempSync(join(tmpdir(), "ostiary-vault-"));
afterAll(() => rmSync(root, { recursive: true }));

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const job: fc.Arbitrary<SmallJob> = fc.record({
  kind: fc.constantFrom("search" as const, "equals" as const),
  sealed: bytes(0, 80),
  context: fc.string({ unit: "grapheme" }),
  candidate: fc.string({ unit: "grapheme" }),
  algorithm: fc.constantFrom("sha1" as const, "sha256" as const, "sha512" as const),
  digits: fc.integer({ min: 4, max: 10 }),
  from: fc.maxSafeNat(),
  until: fc.maxSafeNat(),
  first: fc.maxSafeInteger(),
});

test("packed batch: what goes in comes out, in order", () => {
  fc.assert(
    fc.property(fc.array(job, { maxLength: 20 }), (jobs) => {
      const seen: SmallJob[] = [];
      const answers = answerBatch(encodeBatch(jobs), (found) => seen.push({ ...found, sealed: found.sealed.slice() }));
      expect(seen).toEqual(jobs.map((sent) => ({ ...sent })));
      expect([...answers]).toEqual(jobs.map((_, i) => i + 1));
    }),
  );
});

test("packed batch: arbitrary bytes are answered or a RangeError", () => {
  fc.assert(
    fc.property(bytes(0, 300), (junk) => {
      try {
        answerBatch(junk, () => 0);
      } catch (fault) {
        expect(fault).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test("sealed blob: arbitrary bytes never open", () => {
  fc.assert(
    fc.property(bytes(0, 100), fc.string(), (junk, context) =>
      expect(() => openBlob(() => new Uint8Array(32), junk, context)).toThrow(SealBrokenError),
    ),
  );
});

/** RFC 4226 section 5.3 once more, over the HMAC of another library. */
function computeOracle(algorithm: SmallJob["algorithm"], key: Uint8Array, counter: number, digits: number): string {
  const message = new Uint8Array(8);
  new DataView(message.buffer).setBigUint64(0, BigInt(counter));
  const tag = hmac({ sha1, sha256, sha512 }[algorithm], key, message);
  const offset = (tag.at(-1) ?? 0) & 15;
  const number = new DataView(tag.buffer, tag.byteOffset).getUint32(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

test("search: seal, pack, open and search agree with an independent HMAC (RFC 4226 5.3)", () => {
  const sealKey = new Uint8Array(32).fill(5);
  const ring = { activeId: 1, sealKeys: new Map([[1, sealKey]]) } as unknown as KeyRing;
  const window = fc.record({
    from: fc.maxSafeNat(),
    width: fc.integer({ min: 1, max: 12 }),
    at: fc.integer({ min: -3, max: 14 }),
  });
  fc.assert(
    fc.property(job, bytes(1, 130), bytes(12, 12), window, (base, seed, nonce, { from, width, at }) => {
      fc.pre(from + 20 < Number.MAX_SAFE_INTEGER && from + at >= 0);
      const { algorithm, context } = base;
      // Eight digits or more, or another counter of the window might by chance have the same value.
      const digits = Math.max(8, base.digits);
      const candidate = computeOracle(algorithm, seed, from + at, digits);
      const sealed = sealBlob(sealKey, 1, nonce, seed, context);
      const search = { ...base, kind: "search" as const, sealed, digits, candidate, from, until: from + width };
      const [answer] = answerBatch(encodeBatch([search]), (found) => runSmallJob(ring, found));
      expect(answer).toBe(at >= 0 && at < width ? from + at : -1);
    }),
  );
});

test("no key in the heap of the event loop (its own strings are there: the control)", () => {
  const keys = join(root, "keys");
  const vault = new URL("../engine/vault/", import.meta.url).href;
  const make = `const { createKeys } = await import("${vault}keys.ts"); await createKeys(${JSON.stringify(keys)});`;
  const look = `
    const { openVault } = await import("${vault}open-vault.ts");
    const vault = await openVault({ keysDirectory: ${JSON.stringify(keys)}, hash: { memoryKib: 256, iterations: 1 } });
    const sealed = await vault.seal(new TextEncoder().encode("12345678901234567890"), "c");
    await Promise.all([vault.equals(sealed, "c", "x"), vault.signResponse(sealed), vault.signAudit(sealed), vault.sessionMac(sealed)]);
    globalThis.control = { text: ["con", "trol-", process.pid].join("") };
    const snapshot = Bun.generateHeapSnapshot("v8");
    const ring = await Bun.file(${JSON.stringify(join(keys, "keyring.json"))}).json();
    const session = await Bun.file(${JSON.stringify(join(keys, "session.json"))}).json();
    const pem = ring.response.split("\\n")[3];
    console.log(JSON.stringify([control.text, ring.sealKeys[0].key, pem, session.mac, session.pepper].map((text) => snapshot.includes(text))));
    await vault.close();`;
  const run = (code: string) =>
    Bun.spawnSync([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" }).stdout.toString().trim();
  run(make);
  expect(run(look)).toBe("[true,false,false,false,false]");
});
