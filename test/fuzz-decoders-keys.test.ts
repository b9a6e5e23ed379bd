// Fuzzing of the decoders of keys, hashes and sealed values; kit/fuzz-decoder.ts says how to let it run longer. Who can write these may
// be an honest disk, an import from another system, or a thief of backups.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeyBundleError, packKeyFiles, unpackKeyFiles } from "../engine/backup/key-bundle.ts";
import { findPathFault } from "../engine/backup/part-path.ts";
import { verifyForeignHash } from "../engine/core/password-hash.ts";
import { describeRing, findDeviceKey, parseRing } from "../engine/vault/key-ring.ts";
import { createKeys, KeyFileError, readSessionKeys } from "../engine/vault/keys.ts";
import { isOutdated, parseArgon2 } from "../engine/vault/password-cost.ts";
import { checkPasswordHash, makePasswordHash } from "../engine/vault/passwords.ts";
import { closeRing, makePassphraseSeal, openByPassphrase, openBySeal, readForm } from "../engine/vault/ring-seal.ts";
import { openBlob, sealBlob } from "../engine/vault/sealed-blob.ts";
import { SealBrokenError } from "../engine/vault/vault.ts";
import { makeDataDir, removeDataDir } from "./kit/data-dir.ts";
import { type Decoder, fuzzDecoder, fuzzPatience } from "./kit/fuzz-decoder.ts";

const folder = makeDataDir();
afterAll(() => removeDataDir(folder));
const str = (input: Buffer) => input.toString("utf8");
/** What the vault and its files raise: an Error itself, with words of ours; not TypeError, RangeError and the like. */
const plainError = (error: Error) => Object.getPrototypeOf(error) === Error.prototype;

const sealKey = Buffer.alloc(32, 7);
const sealed = Buffer.from(sealBlob(sealKey, 0x01020304, Buffer.alloc(12, 1), Buffer.from("12345678901234567890"), "token ONE"));

const HASHES = [
  "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
  "$5$rounds=1000$salt$gGnFpZEQ5JJyNgRZ1LP8c1Pd5mhzAQZ/DfhdGX5GhC5",
  "$6$rounds=1000$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/",
  "$P$7abcdefghijklmnopqrstuvwxyz1234",
  "$S$5abcdefghijklmnopqrstuvwxyz1234567890ABCDEFGHIJKLMNOPQR",
  "$pbkdf2-sha256$100$c2FsdA$j6.SkvTXPBRQuWtuStbpPyrGxzMn2xBZxmZZdEkxKkA",
  "{SSHA}MGYJoBEmiv3JvJMYlPYvKvTnmQhzYWx0",
  "{CRYPT}$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
  "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
  "$2b$04$abcdefghijklmnopqrstuuK7EwTGMZVdYlLyLDWHPCYbJ8bEqUZg2",
  "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$Lo5QlFB7cEYHrKBwT0JF2GFPKMGGzwhJcVYl8fO2BFg",
  "$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHQ$Lo5QlFB7cEYHrKBwT0JF2GFPKMGGzwhJcVYl8fO2BFg",
];

let ring: string;
let sealedRing: string;
let session: string;
let bundle: string;
let seal: Awaited<ReturnType<typeof makePassphraseSeal>>;

const made: Record<string, () => Decoder> = {
  "sealed values": () => ({
    seeds: [sealed],
    run: (input) => {
      const clear = openBlob((id) => (id === 0x01020304 ? sealKey : undefined), input, "token ONE");
      expect(input).toEqual(sealed);
      return clear.length;
    },
    errors: [SealBrokenError],
  }),
  "the key ring": () => ({
    seeds: [ring],
    tokens: ['"kind":"pkcs11","label":"a","ckaId":"00"', '"retired":"2026-01-01"', "null", "{}", "[null]", '"version":1'],
    run: (input) => {
      describeRing(str(input));
      findDeviceKey(str(input), true);
      return [...parseRing(str(input)).sealKeys.keys()];
    },
    errors: plainError,
  }),
  "the sealed key ring": () => ({
    seeds: [sealedRing],
    tokens: ['"n":1073741824', '"r":65536', '"p":4096', "null", '"salt":""', "[]"],
    run: async (input) => {
      const form = readForm(str(input));
      if (form !== "passphrase") return form;
      openBySeal(str(input), seal);
      return (await openByPassphrase(str(input), "wrong"))?.ring.length ?? null;
    },
    errors: (error) => plainError(error) || error instanceof SealBrokenError,
    ms: 6000,
    runs: 300,
  }),
  "session.json": () => ({
    seeds: [session],
    tokens: ['"mac":', '"pepper":', "null", "[]"],
    run: (input) => {
      writeFileSync(join(folder, "session.json"), input, { mode: 0o600 });
      const { mac, pepper } = readSessionKeys(folder);
      expect([mac.length, typeof pepper]).toEqual([32, "string"]);
      return pepper.length;
    },
    errors: [KeyFileError],
  }),
  "the bundle of key files": () => ({
    seeds: [bundle],
    tokens: ['"../../etc/passwd":""', '"/abs":""', '"files":null', '"__proto__":""', '"a\\u0000":""'],
    run: async (input) => {
      const files = await unpackKeyFiles(str(input), "wrong");
      for (const path of files.keys()) expect(findPathFault(path)).toBeNull();
      return [...files.keys()];
    },
    errors: [KeyBundleError],
    ms: 6000,
  }),
  "password hashes": () => ({
    seeds: HASHES,
    tokens: [
      "rounds=",
      "m=",
      "t=",
      "p=",
      "$",
      "1048576",
      "1000000",
      "$argon2d$v=19$",
      "$2y$15$",
      "{SMD5}",
      "$P$S",
      "$6$",
      "v=16",
    ],
    run: (input) => {
      const hash = str(input);
      const dear = parseArgon2(hash);
      if (dear) expect(dear.memoryKib * dear.iterations).toBeLessThanOrEqual(2 ** 20);
      isOutdated(hash, { memoryKib: 8, iterations: 1 });
      return [checkPasswordHash("password", hash), verifyForeignHash("password", hash)];
    },
    errors: [],
    ms: 6000,
    runs: 500,
  }),
};

beforeAll(async () => {
  const keys = join(folder, "keys");
  await createKeys(keys);
  ring = readFileSync(join(keys, "keyring.json"), "utf8");
  session = readFileSync(join(keys, "session.json"), "utf8");
  seal = await makePassphraseSeal("open", { n: 16, r: 8, p: 1 });
  sealedRing = closeRing(ring, seal);
  bundle = await packKeyFiles(
    new Map([
      ["keys/session.json", Buffer.from(session)],
      ["keys/keyring.json", Buffer.from("{}")],
    ]),
  );
  HASHES.push(
    makePasswordHash("password", { memoryKib: 8, iterations: 1 }),
    makePasswordHash("", { memoryKib: 8, iterations: 1 }),
  );
});

describe("decoders of keys, hashes and sealed values", () => {
  for (const [name, make] of Object.entries(made)) test(name, () => fuzzDecoder(name, make()), fuzzPatience);
});
