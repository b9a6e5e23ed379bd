// What holds for every input of the codecs in engine/core: decode of encode is the identity; garbage raises the codec's own error or
// nothing; megabytes of hostile text end. fast-check prints seed and counterexample on failure.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { toAsciiJson } from "../engine/core/ascii-json.ts";
import { Base32Error, decodeBase32, encodeBase32 } from "../engine/core/base32.ts";
import { Base32CheckError, decodeBase32Check, encodeBase32Check } from "../engine/core/base32check.ts";
import { CidrError, isInNetwork, parseAddress, parseNetwork } from "../engine/core/cidr.ts";
import { KeyUriError, keyUri, parseKeyUri } from "../engine/core/key-uri.ts";
import { verifyForeignHash } from "../engine/core/password-hash.ts";
import { FormSizeError, parseForm, unquote, unquotePlus } from "../engine/core/percent.ts";
import { splitPin } from "../engine/core/pin-split.ts";
import { toPythonJson } from "../engine/core/python-json.ts";
import { createTokenBucket } from "../engine/core/token-bucket.ts";
import { formatValidity, parseValidity, ValidityFormatError } from "../engine/core/validity.ts";
import { compileWildcard } from "../engine/core/wildcard.ts";

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string());
const bytes = fc.uint8Array({ maxLength: 100 });

/** Calls and forgives one kind of error only. */
function raisesOnly(kind: new (...rest: never[]) => Error, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
  }
}

describe("base32, RFC 4648", () => {
  test("round trip, in both cases", () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(decodeBase32(encodeBase32(data))).toEqual(data);
        expect(decodeBase32(encodeBase32(data).toLowerCase())).toEqual(data);
      }),
    );
  });
  test("what decodes has one text only", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ABCxyz234567=01") }), (text) => {
        raisesOnly(Base32Error, () => expect(encodeBase32(decodeBase32(text))).toBe(text.replace(/=+$/, "").toUpperCase()));
      }),
    );
  });
  test("garbage", () => fc.assert(fc.property(anyText, (text) => raisesOnly(Base32Error, () => decodeBase32(text)))));
  test("base32check: round trip and garbage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (data) => expect(decodeBase32Check(encodeBase32Check(data))).toEqual(data)),
    );
    fc.assert(fc.property(anyText, (text) => raisesOnly(Base32CheckError, () => decodeBase32Check(text))));
  });
});

describe("percent", () => {
  const wellFormed = fc.string({ unit: "binary" }).map((text) => text.toWellFormed());
  test("unquote undoes encodeURIComponent", () => {
    fc.assert(fc.property(wellFormed, (text) => expect(unquote(encodeURIComponent(text))).toBe(text)));
  });
  test("any text: no error, and nothing without '%' changes", () => {
    fc.assert(
      fc.property(anyText, fc.string({ unit: fc.constantFrom("%", "4", "1", "c", "3", "a", "+", "ü") }), (text, escapes) => {
        unquote(escapes);
        expect(unquote(text.replaceAll("%", ""))).toBe(text.replaceAll("%", ""));
        expect(unquotePlus(text.replaceAll("+", ""))).toBe(unquote(text.replaceAll("+", "")));
      }),
    );
  });
  test("parseForm undoes URLSearchParams", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 20 }), (pairs) => {
        expect(parseForm(new URLSearchParams(pairs).toString())).toEqual(pairs);
      }),
    );
  });
  test("parseForm of any text raises FormSizeError only", () => {
    fc.assert(fc.property(anyText, (text) => raisesOnly(FormSizeError, () => parseForm(text, 5))));
  });
});

describe("JSON", () => {
  // -0 is written "0" by both.
  const values = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)));
  test("Python's form and the ASCII form are JSON of the same value", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(JSON.parse(toPythonJson(value))).toEqual(value);
        expect(JSON.parse(toAsciiJson(value))).toEqual(value);
        expect(toAsciiJson(value)).toMatch(/^[ -=@-}]*$/);
      }),
    );
  });
  test("member order does not matter", () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.integer()), (value) => {
        expect(toPythonJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(toPythonJson(value));
      }),
    );
  });
});

describe("key URI", () => {
  const labels = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).map((text) => text.toWellFormed());
  test("round trip of short labels", () => {
    const uris = fc.record({
      kind: fc.constantFrom("hotp" as const, "totp" as const),
      label: fc.stringMatching(/^[A-Za-z0-9@:/ ]{1,12}$/),
      secret: fc.uint8Array({ minLength: 1, maxLength: 32 }),
      digits: fc.integer({ min: 4, max: 10 }),
      algorithm: fc.constantFrom("sha1" as const, "sha256" as const, "sha512" as const),
      issuer: labels,
      period: fc.integer({ min: 1, max: 86_400 }),
    });
    fc.assert(
      fc.property(uris, (uri) => {
        const parsed = parseKeyUri(keyUri({ ...uri, issuer: "x" }));
        expect(parsed).toMatchObject({ ...uri, issuer: "x", period: uri.kind === "totp" ? uri.period : 30 });
        expect(parseKeyUri(keyUri(uri)).issuer).toBe(uri.issuer);
      }),
    );
  });
  test("garbage", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        raisesOnly(KeyUriError, () => parseKeyUri(text));
        raisesOnly(KeyUriError, () => parseKeyUri(`otpauth://totp/${text}`));
        raisesOnly(KeyUriError, () => parseKeyUri(`otpauth://hotp/x?secret=MFRA&${text}`));
      }),
    );
  });
});

describe("validity", () => {
  test("round trip", () => {
    const minutes = fc.integer({ min: -1_035_580_000, max: 4_223_360_000 }) /* years 1 to 9999 */;
    fc.assert(
      fc.property(minutes, fc.integer({ min: -720, max: 840 }), (minute, offset) => {
        expect(parseValidity(formatValidity(minute * 60_000, offset))).toBe(minute * 60_000);
      }),
    );
  });
  test("garbage", () => {
    fc.assert(fc.property(anyText, (text) => raisesOnly(ValidityFormatError, () => parseValidity(text))));
    const near = fc.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[+-]\d{4}$/);
    fc.assert(
      fc.property(near, (text) =>
        raisesOnly(ValidityFormatError, () => expect(parseValidity(text)).toBe(Date.parse(text.replace(/(..)$/, ":$1")))),
      ),
    );
  });
});

describe("CIDR", () => {
  test("an address lies in every network made of it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(32), (text, bits) => {
        const address = parseAddress(text);
        expect(address).not.toBeNull();
        // A mapped address is IPv4; a network of fewer than 96 bits around it is not.
        if (!address || (address.length === 4 && text.includes(":"))) return;
        expect(isInNetwork(address, parseNetwork(`${text}/${bits}`))).toBe(true);
      }),
    );
  });
  test("garbage", () => {
    fc.assert(
      fc.property(anyText, fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./%") }), (text, near) => {
        for (const candidate of [text, near]) {
          parseAddress(candidate);
          raisesOnly(CidrError, () => parseNetwork(candidate));
        }
      }),
    );
  });
});

describe("PIN split", () => {
  test("the halves make the whole; the OTP has its length in code points", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(10), (pass, length) => {
        const [front, back] = [splitPin(pass, length, true), splitPin(pass, length, false)];
        expect([front.pin + front.otp, back.otp + back.pin]).toEqual([pass, pass]);
        const expected = Math.min(length, Array.from(pass).length);
        expect([Array.from(front.otp).length, Array.from(back.otp).length]).toEqual([expected, expected]);
      }),
    );
  });
});

describe("wildcard", () => {
  test("agrees with the regular expression it stands for", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 }), (pattern, text) => {
        expect(compileWildcard(pattern)(text)).toBe(new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("token bucket", () => {
  test("never allows more than capacity plus refill, whatever is taken and given back", () => {
    const steps = fc.array(fc.record({ wait: fc.nat(20_000), giveBack: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), steps, (capacity, plan) => {
        const bucket = createTokenBucket({ capacity, periodSeconds: 60, maxKeys: 10 });
        let [now, allowed, returned] = [0, 0, 0];
        for (const { wait, giveBack } of plan) {
          now += wait;
          const taken = bucket.take("key", now).allowed;
          if (taken) allowed++;
          if (taken && giveBack) {
            bucket.giveBack("key", now);
            returned++;
          }
        }
        expect(allowed - returned).toBeLessThanOrEqual(capacity + (now * capacity) / 60_000 + 1e-6);
      }),
    );
  });
});

describe("foreign hashes", () => {
  test("any text is null or false for a random password, and never an error", () => {
    const prefixes = fc.constantFrom(
      "",
      "$1$",
      "$5$",
      "$6$rounds=1000$",
      "$P$B",
      "$S$C",
      "$pbkdf2-sha256$10$",
      "{SSHA}",
      "{SHA}",
      "{CRYPT}",
      "{CRYPT}{CRYPT}$1$",
    );
    const tails = fc.oneof(anyText, fc.stringMatching(/^[./A-Za-z0-9$]{0,100}$/));
    fc.assert(
      fc.property(prefixes, tails, (prefix, tail) => expect(verifyForeignHash("password", prefix + tail)).not.toBe(true)),
    );
  });
});

// Each of these takes milliseconds; an algorithm worse than linear would run into the test's own limit.
test("a megabyte of hostile text ends", () => {
  const large = 1 << 20;
  for (const unit of [
    "%",
    "%C3",
    "%zz",
    "+",
    "&",
    "=",
    "*",
    "a*",
    "\\",
    "@",
    "A",
    "=",
    "0",
    ":",
    "::",
    "1.",
    "\ud800",
    '"',
    "{s}",
    "$",
  ]) {
    const text = unit.repeat(large / unit.length);
    unquote(text);
    raisesOnly(FormSizeError, () => parseForm(text));
    raisesOnly(Base32Error, () => decodeBase32(text));
    raisesOnly(Base32CheckError, () => decodeBase32Check(text));
    raisesOnly(ValidityFormatError, () => parseValidity(text));
    raisesOnly(KeyUriError, () => parseKeyUri(`otpauth://totp/${text}`));
    raisesOnly(CidrError, () => parseNetwork(text));
    expect(parseAddress(text)).toBeNull();
    expect(verifyForeignHash(text, text)).toBeNull();
    compileWildcard(text.slice(0, 1000))(text);
    splitPin(text, large, true);
  }
});
