// Wycheproof against the primitives as the engine calls them: HMAC through the function HOTP uses, AES-GCM through node:crypto as the vault
// seals with it, PBKDF2 as password-hash.ts uses it.
import { describe, expect, test } from "bun:test";
import { createCipheriv, createDecipheriv, pbkdf2Sync } from "node:crypto";
import { computeHmac, type OtpAlgorithm } from "../engine/core/hotp.ts";
import { hasWycheproof, readWycheproof, wycheproofNote } from "./vectors/wycheproof.ts";

const hex = (text: string) => Uint8Array.fromHex(text);

describe("Wycheproof HMAC, through hotp.ts", () => {
  test.skipIf(!hasWycheproof).each([
    ["hmac_sha1", "sha1", 170],
    ["hmac_sha256", "sha256", 174],
    ["hmac_sha512", "sha512", 174],
  ] as [string, OtpAlgorithm, number][])(`%s${wycheproofNote}`, (name, algorithm, least) => {
    let count = 0;
    for (const group of readWycheproof<{ tagSize: number }, { key: string; msg: string; tag: string }>(name)) {
      for (const { tcId, key, msg, tag, result } of group.tests) {
        const computed = computeHmac(algorithm, hex(key), hex(msg)).subarray(0, group.tagSize / 8);
        expect([tcId, computed.toHex() === tag]).toEqual([tcId, result === "valid"]);
        count++;
      }
    }
    expect(count).toBeGreaterThanOrEqual(least);
  });
});

describe("Wycheproof AES-GCM, through node:crypto as sealing uses it", () => {
  interface GcmCase {
    key: string;
    iv: string;
    aad: string;
    msg: string;
    ct: string;
    tag: string;
  }

  test.skipIf(!hasWycheproof)(`aes_gcm: 256-bit keys, 96-bit nonces, 128-bit tags${wycheproofNote}`, () => {
    let [valid, invalid] = [0, 0];
    for (const group of readWycheproof<{ keySize: number; ivSize: number; tagSize: number }, GcmCase>("aes_gcm")) {
      if (group.keySize !== 256 || group.ivSize !== 96 || group.tagSize !== 128) continue;
      for (const { tcId, key, iv, aad, msg, ct, tag, result } of group.tests) {
        expect([tcId, openGcm(hex(key), hex(iv), hex(aad), hex(ct), hex(tag))]).toEqual([tcId, result === "valid" ? msg : null]);
        if (result !== "valid") {
          invalid++;
          continue;
        }
        valid++;
        const cipher = createCipheriv("aes-256-gcm", hex(key), hex(iv)).setAAD(hex(aad));
        expect(Buffer.concat([cipher.update(hex(msg)), cipher.final()]).toString("hex")).toBe(ct);
        expect(cipher.getAuthTag().toString("hex")).toBe(tag);
      }
    }
    expect(valid).toBeGreaterThan(30);
    expect(invalid).toBeGreaterThan(10);
  });
});

function openGcm(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, ct: Uint8Array, tag: Uint8Array): string | null {
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 }).setAAD(aad).setAuthTag(tag);
  const clear = decipher.update(ct);
  try {
    return Buffer.concat([clear, decipher.final()]).toString("hex");
  } catch {
    return null;
  }
}

describe("Wycheproof PBKDF2, through node:crypto as password-hash.ts uses it", () => {
  interface Pbkdf2Case {
    password: string;
    salt: string;
    iterationCount: number;
    dkLen: number;
    dk: string;
  }
  test.skipIf(!hasWycheproof).each([
    ["pbkdf2_hmacsha1", "sha1"],
    ["pbkdf2_hmacsha256", "sha256"],
    ["pbkdf2_hmacsha512", "sha512"],
  ])(`%s, up to 10,000 rounds${wycheproofNote}`, (name, algorithm) => {
    let count = 0;
    for (const group of readWycheproof<object, Pbkdf2Case>(name)) {
      for (const { tcId, password, salt, iterationCount, dkLen, dk, result } of group.tests) {
        if (iterationCount > 10_000) continue;
        const key = pbkdf2Sync(hex(password), hex(salt), iterationCount, dkLen, algorithm).toString("hex");
        expect([tcId, key === dk]).toEqual([tcId, result === "valid"]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(30);
  });
});
