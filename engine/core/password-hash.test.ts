import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { unwrapCryptHash, verifyForeignHash } from "./password-hash.ts";

const expectOnly = (password: string, hash: string) => {
  expect(verifyForeignHash(password, hash)).toBe(true);
  expect(verifyForeignHash(`${password}x`, hash)).toBe(false);
  expect(verifyForeignHash("", hash)).toBe(false);
};

describe("SHA-crypt paper, test vectors (settings of the paper; values checked with libxcrypt)", () => {
  const long = "a very much longer text to encrypt.  This one even stretches over morethan one line.";
  test.each([
    ["Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
    ["Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"],
    ["This is just a test", "$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5"],
    [long, "$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1"],
    ["Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"],
    [
      "Hello world!",
      "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ],
    [
      long,
      "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
    ],
  ])("%s in %s", (password, hash) => {
    expectOnly(password, hash);
    expect(
      verifyForeignHash(
        password,
        hash.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
      ),
    ).toBe(false);
  });
});

describe("hashcat's published example hashes, password 'hashcat'", () => {
  test.each([
    ["400 phpass", "$P$984478476IagS59wHZvyQMArzfx58u."],
    ["500 md5-crypt", "$1$28772684$iEwNOgGugqO9.bIz5sk8k/"],
    ["1600 apr1", "$apr1$71850310$gh9m4xcAn3MGxogwX/ztb."],
    ["7400 sha256-crypt", "$5$rounds=5000$GX7BopJZJxPc/KEK$le16UF8I2Anb.rOrn22AUPWvzUETDGefUmAV8AZkGcD"],
    ["1800 sha512-crypt", "$6$52450745$k5ka2p8bFuSmoVT1tzOyyuaREkkKBcCNqoDKzYiJL9RaE8yMnPgh2XzzF0NDrUhgrcLwg78xs1w5pJiypEdFX/"],
    ["7900 Drupal 7", "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf"],
    ["111 {SSHA}", "{SSHA}AZKja92fbuuB9SpRlHqaoXxbTc43Mzc2MDM1Ng=="],
    [
      "1711 {SSHA512}",
      "{SSHA512}ALtwKGBdRgD+U0fPAy31C28RyKYx7+a8kmfksccsOeLknLHv2DBXYI7TDnTolQMBuPkWDISgZr2cHfnNPFjGZTEyNDU4OTkw",
    ],
    ["1400 bare SHA-256 (E305, OTRS)", "127e6fbfe24a750e72930c220a8e138275656b8e5d8f48a98c3c92df2caba935"],
  ])("%s", (_, hash) => expectOnly("hashcat", hash));
});

// Made with passlib 1.7.4: non-ASCII shows that both sides hash UTF-8.
describe("A25, E305 hashes made by passlib, password 'Grüße, Tür 7'", () => {
  test.each([
    "$P$6HTaLh3aHTr0yK6SIbEHfBNrc2OY9h1",
    "$H$5CLpwTtpoSQIzryP/9WsRonSivO35i.",
    "$pbkdf2-sha256$1000$irEWwtgbQ0jpfW8txfi/dw$Dug17eA12l0Y30pgOGBpUlh7b0ubE68FKF66bbdEO58",
    "$pbkdf2-sha512$1000$9Z4zZgzBmNM6x/gfA0BIyQ$0BNOEx6TKgouM4q5AsJ38naAUVc4nzrho6XhTnWLPVqQSJjUrfuXzwBI3zf/jnIO4Shl524isF2U/ldRf15REA",
    "$pbkdf2-sha512$1000$gpASYgyhNAbgvA$2O0LISE790ol/S8jY/YWx1xdbm1Nm611fsKgWjSaimGI..sux.tupelTuX3dMc.DkHiSPBfIDndcRmj.61Wtdg",
    "$pbkdf2$1000$XCvFWGttrTVG6L23dq6VMg$rTWC.3W1GtqZ4LMCY6y6Oz6.75Y",
    "{SSHA}jSkQpAdix67tpabflEB3rFFZtzO2NsZ4",
    "{SHA}KIcemfMmauOJJnqtM5b28rWwOzY=",
    "{MD5}TQ8lALssOeaC3AyAK2DzkA==",
    "{SMD5}cqGe+NIcsxNT3dWTUhWeZKm1FgI=",
    "{SSHA256}Wp5hH0Sx0r0jMg4qj3Y6dhCSah0uJ276NndVWODBClp8rxXC+F8rJQ==",
    "{SSHA512}JXzEs9DbsRQP9FbLXr2ojy/e0mCP75qPQuI3CHxMD4JCNwS+HbC4lvhwhc3wSvLTW4RQV07U7gZwI22oK7jtw5bSWitljFEq",
    "$1$1SgyOt4G$kfbeayUbdpTIPp64ts0SL0",
    "$5$rounds=1000$Ug9DbASj20HSe4QV$V/pUTOqxGnStjs4MOfwluMbn.RCwhW4PFT6W3m8rM46",
    "$6$zD4lld232s/8/yw9$4yfI8CkRhLNTBraeiQD.qNk1mDWnMIdKY4PfQFcAaG.soySobsAlhnRAXiPlJvsN3/BS4zbYswpcw1vjMQrEq.",
    "{CRYPT}$6$rounds=1000$zdez0O85ruEdEKlP$lzFJVgXAn9XLsYpi2DsACu.lZ4Z/bs4ehR0eDmoUNkwG2Fz/R6kCF3oP1lTCmBXxqBWPGMrX4YCOPuqVKT0YI1",
  ])("%s", (hash) => expectOnly("Grüße, Tür 7", hash));
});

describe("block edges: passwords of exactly one digest (values from openssl passwd)", () => {
  test.each([
    [32, "$5$saltsalt$tWapoD8pPXtbv36Daa/gvGzhHl1q7GaspUoh386s.vD"],
    [64, "$6$saltsalt$dLW1aYM9zDeSwgYsFmvdxmhFQ.ehaT6i5XzWyeDv4Z677.mp/Lc.0XPmnwvDvk6TP4Px9uVPQy2OHM2Vxg9vW/"],
  ])("%d bytes", (length, hash) => expectOnly("a".repeat(length), hash));
});

describe("refused without work", () => {
  const tail86 = "a".repeat(86);
  test.each([
    ["empty", ""],
    ["x of /etc/passwd", "x"],
    ["locked", "!$6$52450745$k5ka2p8bFuSmoVT1tzOyyuaREkkKBcCNqoDKzYiJL9RaE8yMnPgh2XzzF0NDrUhgrcLwg78xs1w5pJiypEdFX/"],
    ["argon2 (the vault's)", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"],
    ["bcrypt (the vault's)", "$2b$12$abcdefghijklmnopqrstuu"],
    ["SHA-crypt for a week", `$6$rounds=999999999$salt$${tail86}`],
    ["SHA-crypt with the hash length of its sister", `$5$salt$${tail86}`],
    ["SHA-crypt cut off", `$6$salt$${tail86.slice(1)}`],
    ["PBKDF2 for a week", `$pbkdf2-sha512$999999999$c2FsdA$${tail86}`],
    ["PBKDF2 without rounds", `$pbkdf2-sha512$0$c2FsdA$${tail86}`],
    ["PBKDF2 with a short key", "$pbkdf2-sha512$1000$c2FsdA$aaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    ["phpass 2^30", `$P$S${"a".repeat(30)}`],
    ["phpass 2^0", `$P$.${"a".repeat(30)}`],
    ["{SSHA} without salt", `{SSHA}${btoa("a".repeat(20))}`],
    ["{SHA} with salt", `{SHA}${btoa("a".repeat(24))}`],
    ["unknown scheme", "{NTLM}AAAAAAAAAAAAAAAAAAAAAAAA"],
    ["a megabyte", `{SSHA}${"A".repeat(1 << 20)}`],
  ])("%s", (_, hash) => {
    expect(verifyForeignHash("hashcat", hash)).toBeNull();
  });

  test("a password over 512 bytes never matches, counted in UTF-8", () => {
    const hashOf = (password: string) => `{SHA}${createHash("sha1").update(password).digest("base64")}`;
    for (const [password, matches] of [
      ["a".repeat(512), true],
      ["a".repeat(513), false],
      ["ü".repeat(256), true],
      ["ü".repeat(257), false],
    ] as const) {
      expect(verifyForeignHash(password, hashOf(password))).toBe(matches);
    }
  });
});

test("unwrapCryptHash takes {CRYPT} off in any case and nothing else", () => {
  expect(unwrapCryptHash("{crypt}$2b$12$x")).toBe("$2b$12$x");
  expect(unwrapCryptHash("{SSHA}x")).toBe("{SSHA}x");
});
