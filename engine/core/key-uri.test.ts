import { describe, expect, test } from "bun:test";
import { expandLabel, type KeyUri, KeyUriError, keyUri, oathTokenUri, parseKeyUri } from "./key-uri.ts";

const secret = new TextEncoder().encode("12345678901234567890");
const base: KeyUri = {
  kind: "hotp",
  label: "OATH0001A3B4",
  secret,
  digits: 6,
  algorithm: "sha1",
  issuer: "privacyIDEA",
  period: 30,
};
const B32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

describe("rest-api.md 3.2 googleurl", () => {
  test.each([
    ["hotp", {}, `otpauth://hotp/OATH0001A3B4?secret=${B32}&counter=1&digits=6&issuer=privacyIDEA`],
    ["totp", { kind: "totp", digits: 8 }, `otpauth://totp/OATH0001A3B4?secret=${B32}&period=30&digits=8&issuer=privacyIDEA`],
    [
      "algorithm only if not sha1, before period",
      { kind: "totp", algorithm: "sha256", period: 60 },
      `otpauth://totp/OATH0001A3B4?secret=${B32}&algorithm=SHA256&period=60&digits=6&issuer=privacyIDEA`,
    ],
    [
      "label and issuer are encoded",
      { label: "jörg@r 1", issuer: "A&B" },
      `otpauth://hotp/j%C3%B6rg%40r%201?secret=${B32}&counter=1&digits=6&issuer=A%26B`,
    ],
    [
      "extras as named",
      { extra: { "2step_salt": "8", image: "https://x/y?z", pin: "True" } },
      `otpauth://hotp/OATH0001A3B4?secret=${B32}&counter=1&digits=6&issuer=privacyIDEA&2step_salt=8&image=https%3A%2F%2Fx%2Fy%3Fz&pin=True`,
    ],
  ] as [string, Partial<KeyUri>, string][])("%s", (_, change, uri) => expect(keyUri({ ...base, ...change })).toBe(uri));

  test("a long label is cut so that the address has 180 characters at most", () => {
    expect(keyUri({ ...base, label: "x".repeat(500) })).toHaveLength(180);
  });

  test("no character is cut in half", () => {
    for (let length = 1; length < 12; length++) {
      const uri = keyUri({ ...base, label: `${"x".repeat(length)}${"ü😀".repeat(50)}` });
      expect(uri.length).toBeLessThanOrEqual(180);
      expect(parseKeyUri(uri).label).not.toContain("\ufffd");
    }
  });

  test("the serial stays whole even if seed and issuer fill the address", () => {
    const uri = keyUri({ ...base, kind: "totp", algorithm: "sha512", secret: new Uint8Array(64), issuer: "a long issuer name" });
    expect(parseKeyUri(uri).label).toBe("OATH0001A3B4");
  });
});

describe("rest-api.md 3.2 oathurl", () => {
  const hex = "3132333435363738393031323334353637383930";
  test("hotp", () => expect(oathTokenUri(base)).toBe(`oathtoken:///addToken?name=OATH0001A3B4&lockdown=true&key=${hex}`));
  test("totp, extras", () => {
    expect(oathTokenUri({ ...base, kind: "totp", extra: { pin: "True" } })).toBe(
      `oathtoken:///addToken?name=OATH0001A3B4&lockdown=true&key=${hex}&timeBased=true&pin=True`,
    );
  });
});

describe("parseKeyUri", () => {
  test("reads what keyUri writes", () => {
    const uri = keyUri({ ...base, kind: "totp", algorithm: "sha512", digits: 8, period: 60, label: "a:b c/ü?&" });
    expect(parseKeyUri(uri)).toEqual({
      kind: "totp",
      label: "a:b c/ü?&",
      secret,
      digits: 8,
      algorithm: "sha512",
      issuer: "privacyIDEA",
      period: 60,
      counter: 0,
    });
  });

  test("defaults of the format", () => {
    expect(parseKeyUri(`otpauth://totp/x?secret=${B32.toLowerCase()}`)).toEqual({
      kind: "totp",
      label: "x",
      secret,
      digits: 6,
      algorithm: "sha1",
      issuer: "",
      period: 30,
      counter: 0,
    });
  });

  test.each([
    "",
    "hello",
    "https://totp/x?secret=MY",
    `otpauth://steam/x?secret=${B32}`,
    "otpauth://totp/x",
    "otpauth://totp/x?secret=",
    "otpauth://totp/x?secret=M0",
    `otpauth://totp/x?secret=${B32}&digits=3`,
    `otpauth://totp/x?secret=${B32}&digits=six`,
    `otpauth://totp/x?secret=${B32}&period=0`,
    `otpauth://totp/x?secret=${B32}&algorithm=MD5`,
    `otpauth://hotp/x?secret=${B32}&counter=-1`,
    `otpauth://hotp/x?secret=${B32}&counter=99999999999999999`,
    `otpauth://totp/%ff?secret=${B32}`,
  ])("refuses %p without repeating it", (text) => {
    expect(() => parseKeyUri(text)).toThrow(KeyUriError);
    expect(() => parseKeyUri(text)).not.toThrow(B32);
  });
});

describe("expandLabel, tags of tokenlabel and tokenissuer", () => {
  const values = { serial: "S1", user: "alice", realm: "r1", givenname: "Alice", surname: "{serial}" };
  test.each([
    ["<s>", "S1"],
    ["<u>@<r>/<s>", "alice@r1/S1"],
    ["{user}@{realm}", "alice@r1"],
    ["{givenname} {surname}", "Alice {serial}"], // a tag in a value stays text
    ["{username} {} <x> {", "{username} {} <x> {"],
  ])("%s", (template, label) => expect(expandLabel(template, values)).toBe(label));

  test("L6012: without a user '{user}@{realm}' is '@'", () => expect(expandLabel("{user}@{realm}", {})).toBe("@"));
});
