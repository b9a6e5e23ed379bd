// Fuzzing of the decoders that read texts: tokens, seeds, addresses, times, configuration of other systems; kit/fuzz-decoder.ts says how to let it run longer.
// Each raises its own error only, ends in bounded time, and gives back what its encoder would write.
import { describe, expect, test } from "bun:test";
import { explainPiCfg } from "../engine/cli/pi-cfg/explain.ts";
import { printToml } from "../engine/cli/pi-cfg/toml.ts";
import { Base32Error, decodeBase32, encodeBase32 } from "../engine/core/base32.ts";
import { Base32CheckError, decodeBase32Check, encodeBase32Check } from "../engine/core/base32check.ts";
import { CidrError, formatAddress, isInNetwork, parseAddress, parseNetwork, subscriberOf } from "../engine/core/cidr.ts";
import { JwtError, joinSignature, parseJwt, readAlgorithm, signingInput } from "../engine/core/jwt.ts";
import { KeyUriError, keyUri, parseKeyUri } from "../engine/core/key-uri.ts";
import { expandLabel } from "../engine/core/label.ts";
import { findNearestWord } from "../engine/core/nearest-word.ts";
import { JsonValueError, toPythonJson } from "../engine/core/python-json.ts";
import { readPythonConfig } from "../engine/core/python-literals.ts";
import { quoteCsvValue } from "../engine/core/quoted-csv.ts";
import { formatValidity, parseValidity, ValidityFormatError } from "../engine/core/validity.ts";
import { compileWildcard } from "../engine/core/wildcard.ts";
import { type Decoder, fuzzDecoder, fuzzPatience } from "./kit/fuzz-decoder.ts";

const str = (input: Buffer) => input.toString("utf8");

const decoders: Record<string, Decoder> = {
  CIDR: {
    seeds: ["192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1", "fe80::1%eth0", "::1/128", "0.0.0.0/0"],
    tokens: ["::", "ffff", "/32", "/129", "%", "."],
    run: (input) => {
      const sent = str(input);
      const address = parseAddress(sent);
      subscriberOf(sent);
      if (address) expect(parseAddress(formatAddress(address))).toEqual(address);
      const network = parseNetwork(sent);
      expect(isInNetwork(network.address, network)).toBe(true);
      expect(parseNetwork(`${formatAddress(network.address)}/${network.bits}`)).toEqual(network);
      return network;
    },
    errors: [CidrError],
  },
  JWT: {
    seeds: [joinSignature(signingInput({ username: "admin", realm: "", role: "admin", exp: 1 }), new Uint8Array(32))],
    tokens: ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", ".", "..", "e30", "bnVsbA", "W10"],
    run: (input) => {
      readAlgorithm(str(input));
      const claims = parseJwt(str(input)).readClaims();
      for (const name of ["username", "realm", "role"]) expect(claims[name]).toBeString();
      return claims;
    },
    errors: [JwtError],
  },
  base32: {
    seeds: ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "MFRA====", ""],
    run: (input) => {
      const bytes = decodeBase32(str(input));
      expect(encodeBase32(bytes)).toBe(str(input).replace(/=+$/, "").toUpperCase());
      return bytes.length;
    },
    errors: [Base32Error],
  },
  base32check: {
    seeds: [encodeBase32Check(Buffer.from("12345678901234567890")), encodeBase32Check(Buffer.from("a"))],
    run: (input) => {
      const bytes = decodeBase32Check(str(input));
      expect(decodeBase32Check(encodeBase32Check(bytes))).toEqual(bytes);
      return bytes.length;
    },
    errors: [Base32CheckError],
  },
  "key URI": {
    seeds: [
      "otpauth://hotp/OATH1?secret=GEZDGNBVGY3TQOJQ&counter=1&digits=6&issuer=a",
      keyUri({
        kind: "totp",
        label: "a:b",
        secret: Buffer.from("1234567890"),
        digits: 8,
        algorithm: "sha256",
        issuer: "é",
        period: 60,
      }),
    ],
    tokens: ["otpauth://", "secret=", "algorithm=SHA512", "period=", "digits=", "counter=", "%00", "image="],
    run: (input) => parseKeyUri(str(input)),
    errors: [KeyUriError],
  },
  labels: {
    seeds: ["<s>", "<u>@<r>/<t> {user.givenname}", "{serial}-{username}"],
    tokens: ["{", "}", "{user", "<s>", "<u>", "<r>", ".__proto__"],
    run: (input) => expandLabel(str(input), labelValues),
    errors: [],
  },
  validity: {
    seeds: ["2026-11-25T08:00+0100", "0001-01-01T00:00+0000", "9999-12-31T23:59-1200"],
    run: (input) => {
      const time = parseValidity(str(input));
      expect(parseValidity(formatValidity(time))).toBe(time);
      return time;
    },
    errors: [ValidityFormatError],
  },
  wildcard: {
    seeds: ["a*b*c", "*", "OATH*"],
    run: (input) => compileWildcard(str(input).slice(0, 2000))("a".repeat(2000)),
    errors: [],
  },
  "nearest word": {
    seeds: ["server.lisen", "user"],
    run: (input) => findNearestWord(str(input), ["server.listen", "server.docs", "guard.user"]),
    errors: [],
  },
  "Python's JSON": {
    seeds: ['{"a":[1,2.5,"é"],"b":null}', "[1e20,-0,1e-7,123456789012345680000]"],
    tokens: ["1e21", "1e-7", "5e-324", "\\ud800"],
    run: (input) => {
      let value: unknown;
      try {
        value = JSON.parse(str(input));
      } catch {
        return "no JSON";
      }
      expect(JSON.stringify(JSON.parse(toPythonJson(value)))).toHaveLength(JSON.stringify(value).length);
      return value;
    },
    errors: [JsonValueError],
    ms: 2000,
  },
  "pi.cfg": {
    seeds: [
      'import os\nPI_PEPPER = "abc"\nSUPERUSER_REALM = ["super", "admins"]\nPI_AUDIT_NO_TRUNCATE = True\n',
      "A = {'a': 1, 'b': [1, 2, (3,)]}\nB = A\nC = os.path.join('/a', \"b\") + r'\\x' + f'{x}'\nif True:\n  D = 1\n",
      'X = """a\nb"""\nY = 0x10 + 1_000\nZ = "\\N{DASH}" "\\x41" \'\\u00e9\'\n',
    ],
    tokens: [
      "'''",
      '"""',
      "PI_PEPPER",
      "SUPERUSER_REALM",
      "os.environ.get(",
      "lambda",
      "\\\n",
      "#",
      "+",
      "(((((",
      "{{{{",
      "A = A + A\n",
    ],
    run: (input) => {
      const read = readPythonConfig(str(input), { HOME: "/root" });
      const explained = explainPiCfg([{ name: "pi.cfg", text: str(input) }], {});
      Bun.TOML.parse(printToml(["x"], explained.settings));
      return read;
    },
    errors: [],
    ms: 2000,
  },
  "CSV values": {
    seeds: ["=cmd|' /C calc'!A0", 'a"b', "-1", "\t@x"],
    run: (input) => {
      const quoted = quoteCsvValue(str(input));
      expect(/^'(?:[^']|'')*'$/.test(quoted)).toBe(true);
      expect(/^'[=+@-]/.test(quoted)).toBe(false);
      return quoted;
    },
    errors: [],
  },
};

const labelValues = { serial: "S", user: "{serial}", realm: "<s>" };

describe("decoders of text", () => {
  for (const [name, decoder] of Object.entries(decoders)) test(name, () => fuzzDecoder(name, decoder), fuzzPatience);
});
