// Whatever arrives gets an envelope with a refusal or an answer, never a 500 and never silence: the parameter bag of rest-api.md 1.7
// under generated input.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { passwdLine } from "./kit/tokens.ts";

const FORM = "application/x-www-form-urlencoded";
/** A product name: its form values are decoded twice (W4). */
const TWICE = "FreeRADIUS";

/** As a form has it; of what has no text (`{ toString: [] }`) the JSON. */
const toText = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1)]);
  await app.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
});
afterAll(() => app.stop());

describe("whatever arrives gets an envelope, and never a 500", () => {
  const paths = [
    "/validate/check",
    "/auth",
    "/token/init",
    "/token/assign",
    "/token/setpin/ONE",
    "/token/resync",
    "/system/setConfig",
    "/system/setDefault",
    "/realm/r1",
    "/resolver/r1",
    "/resolver/test",
    "/nothing",
  ];
  const names = fc.constantFrom(
    ..."user,realm,resolver,serial,pass,otponly,type,otpkey,genkey,keysize,otplen,hashlib,pin,tokenrealm,description,validity_period_end,hotp.x,hotp.x.type,Filename,resolvers,priority.house,username,password,nonce,__proto__,prefix,otp1,otp2,otppin,key,DefaultOtpLen,splitAtSign,session,client".split(
      ",",
    ),
  );
  const texts = fc.oneof(
    fc.constantFrom(
      "",
      "alice",
      "ONE",
      "house",
      "1",
      "true",
      "-1",
      "1e9",
      "%",
      "%zz",
      "%00",
      "\0",
      "\ud800",
      "*",
      "../../etc/passwd",
      "hotp",
      "spass",
      "pw",
      "a@house",
      "house\\a",
      "9".repeat(400),
      "[]",
      "{}",
      "null",
    ),
    fc.string({ unit: "binary", maxLength: 30 }),
  );
  const values = fc.oneof({ weight: 3, arbitrary: texts }, fc.jsonValue({ maxDepth: 3 }));
  const bags = fc.array(fc.tuple(fc.oneof({ weight: 5, arbitrary: names }, fc.string({ maxLength: 12 })), values), {
    maxLength: 7,
  });

  const expectEnvelope = async (request: Request) => {
    const response = await app.send(request);
    const body = JSON.parse(await response.text());
    expect([200, 400, 401, 403, 404, 405, 413]).toContain(response.status);
    expect(body.result.status).toBe(response.status === 200);
    expect(body.jsonrpc).toBe("2.0");
  };
  const headersOf = (type: string) => ({ authorization: app.adminToken, "content-type": type, "user-agent": TWICE });

  test("parameters of every kind, as JSON and as form", async () => {
    const property = fc.asyncProperty(fc.constantFrom(...paths), bags, fc.boolean(), async (path, bag, json) => {
      const body = json
        ? JSON.stringify(Object.fromEntries(bag))
        : new URLSearchParams(bag.map(([name, value]): [string, string] => [name, toText(value)])).toString();
      const type = json ? "application/json" : FORM;
      await expectEnvelope(new Request(`http://localhost${path}`, { method: "POST", headers: headersOf(type), body }));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test("bytes of every kind, under every content type", async () => {
    const types = fc.constantFrom(
      FORM,
      "application/json",
      "multipart/form-data; boundary=x",
      "multipart/form-data",
      "text/plain",
      "x",
    );
    const starts = fc.constantFrom("", "{", "--x\r\n", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', "user=", "[");
    const property = fc.asyncProperty(
      fc.constantFrom(...paths),
      types,
      starts,
      fc.uint8Array({ maxLength: 60 }),
      async (path, type, start, bytes) => {
        const body = Buffer.concat([Buffer.from(start), bytes]);
        await expectEnvelope(new Request(`http://localhost${path}`, { method: "POST", headers: headersOf(type), body }));
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  test("addresses of every kind", async () => {
    const parts = fc.constantFrom(
      "/",
      "//",
      "token",
      "init",
      "system",
      "validate",
      "check",
      "%",
      "%2f",
      "%00",
      "..",
      ".",
      "*",
      "ü",
      "?",
      "&",
      "=",
      "a",
      "#",
      "%ff",
      ";",
      "@",
      ":",
      "\\",
    );
    const property = fc.asyncProperty(
      fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"),
      fc.array(parts, { maxLength: 8 }),
      async (method, pieces) => {
        await expectEnvelope(
          new Request(`http://localhost/${pieces.join("")}`, { method, headers: { authorization: app.adminToken } }),
        );
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
