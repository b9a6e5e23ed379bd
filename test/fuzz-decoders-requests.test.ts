// Fuzzing of the decoders that every request passes; kit/fuzz-decoder.ts says how to let it run longer.
// Each raises its own error only, ends in bounded time, and gives back what its encoder would write.
import { describe, expect, test } from "bun:test";
import { ApiError } from "@ostiary/shared/errors.ts";
import { chooseLanguage } from "@ostiary/shared/messages/language.ts";
import { choice, flag, integer, list, secret, text } from "@ostiary/shared/params.ts";
import { Type } from "@sinclair/typebox";
import { parseAddress } from "../engine/core/cidr.ts";
import { ClientChainError, parseClientChains, resolveClient } from "../engine/core/client-chain.ts";
import { clientTypeOf } from "../engine/core/client-type.ts";
import { findJsonExcess } from "../engine/core/json-shape.ts";
import { FormSizeError, parseForm, unquote, unquotePlus } from "../engine/core/percent.ts";
import { skipsSecondDecoding } from "../engine/core/user-agent.ts";
import { readBag } from "../engine/http/bag.ts";
import { normalisePath } from "../engine/http/exchange.ts";
import { compileParams } from "../engine/http/params.ts";
import { splitUser } from "../engine/users/split-user.ts";
import { type Decoder, fuzzDecoder, fuzzPatience } from "./kit/fuzz-decoder.ts";

const FORM = "application/x-www-form-urlencoded";
const PARTS = "multipart/form-data; boundary=x";
const part = (name: string, value: string) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

const schema = Type.Object({
  user: text(""),
  pass: Type.Optional(secret("")),
  otplen: Type.Optional(integer("", { minimum: 4, maximum: 10 })),
  genkey: Type.Optional(flag("")),
  resolvers: Type.Optional(list("")),
  type: Type.Optional(choice("", ["hotp", "totp"])),
});
const decodeParams = compileParams(schema);

/** The bag of a body, and what the parameters make of it. */
async function readBody(body: Uint8Array, contentType: string, query = ""): Promise<unknown> {
  const headers = new Headers({ "content-type": contentType, "user-agent": "FreeRADIUS" });
  const inbound = {
    method: "POST",
    target: "/",
    path: "/",
    query,
    headers,
    peer: "127.0.0.1",
    namesTwoHosts: () => false,
    line: {},
    isGone: () => false,
    read: async () => body,
  };
  const bag = await readBag(inbound, {}, 1e6);
  expect(bag.size).toBeLessThanOrEqual(1000);
  for (const name of bag.keys()) expect(name).toBeString();
  const params = decodeParams(bag);
  expect(Object.getPrototypeOf(params)).toBe(Object.prototype);
  if ("otplen" in params) expect(String(params.otplen)).toMatch(/^(?:[4-9]|10)$/);
  return params;
}

const refused = (error: Error) => error instanceof ApiError && error.spec.code === 905 && error.spec.status < 500;
const bodyTokens = [
  "user",
  "pass",
  "otplen",
  "genkey",
  "resolvers",
  "type",
  "hotp",
  "true",
  "1",
  "&",
  "%2526",
  "\\u0000",
  "\\ud800",
];
const str = (input: Buffer) => input.toString("utf8");

const decoders: Record<string, Decoder> = {
  "the bag, form": {
    seeds: ["user=alice&pass=secret%25&otplen=6", "user=a%2540b&genkey=1&resolvers=a,b&type=hotp", '{"user":"alice"}', ""],
    tokens: bodyTokens,
    run: (input) => readBody(input, FORM, "a=b"),
    errors: refused,
  },
  "the bag, JSON": {
    seeds: [
      '{"user":"alice","pass":"p","otplen":6,"genkey":true,"resolvers":["a","b"],"type":"totp"}',
      '{"user":1,"a":{"b":[null,1.5e3,{"c":"\\u00e9"}]}}',
    ],
    tokens: [...bodyTokens, '{"a":', "[[[[", '"__proto__":{}', "1e999", "-0"],
    run: (input) => readBody(input, "application/json"),
    errors: refused,
  },
  "the bag, multipart": {
    seeds: [
      `${part("user", "alice")}${part("pass", "secret")}${part("otplen", "6")}--x--\r\n`,
      `${part("user", "a")}--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n`,
    ],
    tokens: [...bodyTokens, "--x", "--x--", "\r\n\r\n", "Content-Disposition: form-data;", "filename*=UTF-8''%e2", "name="],
    run: (input) => readBody(input, PARTS),
    errors: refused,
  },
  "the bag, any content type": {
    seeds: [`${FORM}; charset=utf-8`, "application/json", "multipart/form-data; boundary=x", "application/ld+json", "text/plain"],
    tokens: ["multipart/form-data", "boundary=", "boundary*0=", '"', ";", "application/", "+json", "charset=utf-16"],
    run: (input) =>
      readBody(Buffer.from(`user=alice${part("user", "a")}--x--\r\n`), input.toString("latin1").replace(/[\0\r\n]/g, "")),
    errors: refused,
  },
  "percent and forms": {
    seeds: ["a=b&c=%C3%A9&d=%252525", "user=a+b%20c&x=%zz&y=%"],
    tokens: ["%25", "%C3%A9", "%u0041", "+"],
    run: (input) => {
      const sent = str(input);
      for (const plain of [unquote(sent), unquotePlus(sent)]) expect(plain.length).toBeLessThanOrEqual(sent.length);
      const pairs = parseForm(sent, 50);
      expect(pairs.length).toBeLessThanOrEqual(50);
      return pairs;
    },
    errors: [FormSizeError],
  },
  paths: {
    seeds: ["/token/init", "//validate///check/", "/token/%2e%2e/x", "/"],
    run: (input) => {
      const path = normalisePath(str(input));
      expect(normalisePath(path)).toBe(path);
      return path;
    },
    errors: [],
  },
  "shape of JSON": {
    seeds: ['{"a":[1,2,{"b":"\\"[,"}]}', '["\\\\",[[]]]'],
    tokens: ["\\\\", '\\"'],
    run: (input) => {
      const sent = str(input);
      const excess = findJsonExcess(sent, { depth: 3, members: 10 });
      let value: unknown;
      try {
        value = JSON.parse(sent);
      } catch {
        return excess;
      }
      const depth = (inner: unknown): number =>
        typeof inner === "object" && inner !== null ? 1 + Math.max(0, ...Object.values(inner).map(depth)) : 0;
      if (excess === null) expect(depth(value)).toBeLessThanOrEqual(3);
      if (excess === "depth") expect(sent.match(/[[{]/g)?.length ?? 0).toBeGreaterThan(3);
      return [excess, value];
    },
    errors: [],
  },
  "client chain": {
    seeds: ["10.1.2.0/24 > 192.168.0.0/16, 172.16.0.1", "::1 > 2001:db8::/32 > 0.0.0.0/0"],
    tokens: [">", ",", "0.0.0.0/0"],
    run: (input) => parseClientChains(str(input)).length,
    errors: [ClientChainError],
  },
  "client claims": {
    seeds: ["192.0.2.1, 198.51.100.7", "[2001:db8::1]:4711, 192.0.2.1:99", "unknown, ,,"],
    tokens: ["[", "]", ":", ",", "::1"],
    run: (input) => {
      const client = resolveClient("10.0.0.1", { forwarded: str(input), parameter: str(input) }, chains);
      expect(parseAddress(client)).not.toBeNull();
      return client;
    },
    errors: [],
  },
  "user agent": {
    seeds: ["PAM/2.15.0", "simpleSAMLphp", "privacyIDEA-LDAP-Proxy/0.7 (x)", "Mozilla/5.0 (X11; Linux)"],
    run: (input) => [skipsSecondDecoding(str(input)), clientTypeOf(str(input)).length <= 40],
    errors: [],
  },
  "Accept-Language": {
    seeds: ["de-AT,de;q=0.9,en;q=0.5", "*;q=0.1", "en"],
    tokens: [";q=", "de", "*", ","],
    run: (input) => chooseLanguage(str(input), ["en", "de"]),
    errors: [],
  },
  "split user": {
    seeds: ["alice@house", "house\\alice", "a@b@house"],
    tokens: ["@", "\\", "house", "HOUSE"],
    run: (input) =>
      splitUser({ login: str(input), realm: "", splitAtSign: true, realms: new Set(["house"]), defaultRealm: "house" }),
    errors: [],
  },
};

const chains = parseClientChains("10.0.0.1 > 192.0.2.0/24 > 0.0.0.0/0, 10.0.0.1");

describe("decoders of requests", () => {
  for (const [name, decoder] of Object.entries(decoders)) test(name, () => fuzzDecoder(name, decoder), fuzzPatience);
});
