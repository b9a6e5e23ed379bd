import { describe, expect, test } from "bun:test";
import { isOutdated } from "./password-cost.ts";
import { checkPasswordHash, makePasswordHash } from "./passwords.ts";

const COST = { memoryKib: 256, iterations: 1 };
// Test vector of the reference implementation (phc-winner-argon2, test.c): "password", salt "somesalt", t=2, m=256 KiB, p=1.
const REFERENCE = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
// Openwall crypt_blowfish wrapper.c test vectors.
const BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"; // "U*U"
const BCRYPT_Y = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const BCRYPT_72 = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
const LONG = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

describe("password hashes", () => {
  test("a new hash verifies and states the cost", () => {
    const hash = makePasswordHash("geheim", COST);
    expect(hash).toStartWith("$argon2id$v=19$m=256,t=1,p=1$");
    expect(checkPasswordHash("geheim", hash)).toBe(true);
    expect(checkPasswordHash("geheim ", hash)).toBe(false);
    expect(checkPasswordHash("", hash)).toBe(false);
    expect(makePasswordHash("geheim", COST)).not.toBe(hash);
  });

  test("the empty PIN hashes and verifies like any other", () => {
    const hash = makePasswordHash("", COST);
    expect(hash).toStartWith("$argon2id$v=19$m=256,t=1,p=1$");
    expect(checkPasswordHash("", hash)).toBe(true);
    expect(checkPasswordHash("x", hash)).toBe(false);
    expect(isOutdated(hash, COST)).toBe(false);
  });

  const known: [string, string, string][] = [
    ["argon2id reference vector", "password", REFERENCE],
    ["argon2id within {CRYPT}", "password", `{CRYPT}${REFERENCE}`],
    ["bcrypt 2a", "U*U", BCRYPT],
    ["bcrypt 2y", "U*U", BCRYPT_Y],
    ["bcrypt of 72 bytes", LONG, BCRYPT_72],
    ["bcrypt reads no more than 72 bytes", `${LONG}chars after 72 are ignored`, BCRYPT_72],
  ];
  for (const [title, password, hash] of known) {
    test(title, () => {
      expect(checkPasswordHash(password, hash)).toBe(true);
      expect(checkPasswordHash(`x${password}`, hash)).toBe(false);
    });
  }

  test("hostile and damaged hashes are false at once", () => {
    const hostile = [
      "",
      "$",
      "plain text",
      "$argon2id$junk",
      "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
      "$argon2id$v=19$m=65536,t=4000000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
      "$argon2id$v=19$m=0,t=0,p=0$c29tZXNhbHQ$nf65EOgLrQMR",
      BCRYPT.replace("$05$", "$31$"),
      BCRYPT.slice(0, 40),
      REFERENCE.slice(0, -4),
    ];
    for (const hash of hostile) {
      expect(checkPasswordHash("password", hash)).toBe(false);
      expect(checkPasswordHash("", hash)).toBe(false);
    }
  });

  test("isOutdated: another cost, kind or format", () => {
    const configured = { memoryKib: 256, iterations: 2 };
    expect(isOutdated(REFERENCE, configured)).toBe(false);
    for (const hash of [REFERENCE.replace("m=256", "m=512"), REFERENCE.replace("t=2", "t=3"), REFERENCE.replace("p=1", "p=2")]) {
      expect(isOutdated(hash, configured)).toBe(true);
    }
    for (const hash of [REFERENCE.replace("argon2id", "argon2i"), BCRYPT, "{SSHA}x", ""])
      expect(isOutdated(hash, configured)).toBe(true);
  });
});
