// What the server makes of parameters: rest-api.md 1.7, clients-contract.md W1 to W5 and W22.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createApp } from "../engine/http/app.ts";
import { type Listener, listen } from "../engine/http/server.ts";
import { type RawAnswer, sendRaw } from "./kit/raw-http.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { passwdLine } from "./kit/tokens.ts";

const FORM = "application/x-www-form-urlencoded";
/** A product name: its form values are decoded twice (W4). */
const TWICE = "FreeRADIUS";

let app: TestApp;
let listener: Listener;

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1)]);
  await app.addRealm("barn", [passwdLine("berta", 2)]);
  for (const serial of ["ONE", "TWO", "THREE"]) await app.api("POST", "/token/init", { type: "spass", serial, pin: "sesame" });
  await app.api("POST", "/token/init", { type: "spass", serial: "ALICES", user: "alice", pin: "sesame" });
  listener = await listen(createApp(app.engine), { hostname: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await listener.stop(1000);
  await app.stop();
});

interface Sent {
  method?: string;
  path?: string;
  type?: string | null;
  agent?: string;
  body?: string | Uint8Array | FormData;
}

/** One request as it is, with the administrator's token. */
async function send({ method = "POST", path = "/system/setConfig", type = FORM, agent, body }: Sent) {
  const headers = new Headers({ authorization: app.adminToken });
  if (type !== null) headers.set("content-type", type);
  if (agent !== undefined) headers.set("user-agent", agent);
  const response = await app.send(
    new Request(`http://localhost${path}`, { method, headers, ...(body === undefined ? {} : { body: body as string }) }),
  );
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text), headers: response.headers };
}

/** The value that a request stored under a name: POST /system/setConfig keeps every parameter as it arrived. */
async function stored(name = "probe"): Promise<unknown> {
  return (await app.api("GET", `/system/${encodeURIComponent(name)}`)).value;
}

const multipart = (boundary: string, parts: Record<string, string>) =>
  `${Object.entries(parts)
    .map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join("")}--${boundary}--\r\n`;

describe("W1 forms of a body", () => {
  const bodies: [what: string, type: string | null, body: string][] = [
    ["form", FORM, "probe=W1"],
    ["form with charset", `${FORM}; charset=utf-8`, "probe=W1"],
    ["form, capitals and blanks in the type", "Application/X-WWW-Form-Urlencoded ;Charset=UTF-8", "probe=W1"],
    ["multipart", "multipart/form-data; boundary=x", multipart("x", { probe: "W1" })],
    ["multipart, capitals", "Multipart/Form-Data; Boundary=xY", multipart("xY", { probe: "W1" })],
    [
      "multipart, quoted boundary after a charset",
      'multipart/form-data; charset=utf-8; boundary="x y"',
      multipart("x y", { probe: "W1" }),
    ],
    ["JSON", "application/json", '{"probe":"W1"}'],
    ["JSON with charset", "application/json; charset=utf-8", '{"probe":"W1"}'],
    ["JSON, capitals", "Application/JSON", '{"probe":"W1"}'],
    ["JSON by suffix", "application/vnd.api+json", '{"probe":"W1"}'],
    ["JSON without content type", null, '{"probe":"W1"}'],
    ["JSON as text/plain", "text/plain", ' {"probe":"W1"}'],
    ["JSON under the type of a form", FORM, '{"probe":"W1"}'],
  ];
  for (const [what, type, body] of bodies) {
    test(`POST /system/setConfig as ${what}`, async () => {
      await app.api("DELETE", "/system/probe");
      // A string body would get a content type of its own.
      const answer = await send({ type, body: new TextEncoder().encode(body) });
      expect([answer.status, answer.body.result.value]).toEqual([200, { probe: "insert" }]);
      expect(await stored()).toBe("W1");
    });
    test(`POST /auth as ${what}`, async () => {
      const sent = body.includes("form-data")
        ? body.replace('name="probe"\r\n\r\nW1', 'name="username"\r\n\r\nnobody')
        : body.replace("probe", "username").replace("W1", "nobody");
      const answer = await send({ path: "/auth", type, body: new TextEncoder().encode(sent) });
      // 4031, not 4032: the name arrived.
      expect(answer.body.result.error.code).toBe(4031);
    });
  }

  test("multipart as fetch makes it, with an umlaut and an empty value", async () => {
    const form = new FormData();
    form.set("probe", "Grüße ☕");
    form.set("empty", "");
    expect((await send({ type: null, body: form })).status).toBe(200);
    expect([await stored(), await stored("empty")]).toEqual(["Grüße ☕", ""]);
  });
});

describe("W2 W3 the query", () => {
  test("W3 a trailing & and unknown parameters do no harm", async () => {
    const { body } = await send({
      method: "GET",
      path: "/validate/check?serial=ONE&pass=sesame&timeout=5&client=1&proxy=x&",
      type: null,
    });
    expect(body.result.value).toBe(true);
  });
  test("empty pieces, a name without =, further = in the value", async () => {
    await send({ path: "/system/setConfig?&&probe=a=b==&flag&", type: null });
    expect([await stored(), await stored("flag")]).toEqual(["a=b==", ""]);
  });
  test("the first of several equal names counts, within query, form, multipart", async () => {
    const twice = `--x\r\nContent-Disposition: form-data; name="probe"\r\n\r\nfirst\r\n`;
    const bodies: Sent[] = [
      { path: "/system/setConfig?probe=first&probe=second", type: null },
      { body: "probe=first&probe=second" },
      { type: "multipart/form-data; boundary=x", body: twice + multipart("x", { probe: "second" }) },
    ];
    for (const sent of bodies) {
      await app.api("POST", "/system/setConfig", { probe: "before" });
      await send(sent);
      expect(await stored()).toBe("first");
    }
  });
  test("body wins over query", async () => {
    await send({ path: "/system/setConfig?probe=query&other=query", body: "probe=body" });
    expect([await stored(), await stored("other")]).toEqual(["body", "query"]);
    await send({ path: "/system/setConfig?probe=query", type: "application/json", body: '{"probe":"json"}' });
    expect(await stored()).toBe("json");
  });
  test("path wins over body and query", async () => {
    const { body } = await send({ path: "/token/disable/ONE?serial=TWO", body: "serial=THREE" });
    expect(body.result.value).toBe(1);
    const list = await app.api<{ tokens: { serial: string }[] }>("GET", "/token/", { active: "false" });
    expect(list.value?.tokens.map(({ serial }) => serial)).toEqual(["ONE"]);
    await app.api("POST", "/token/enable/ONE");
  });
});

describe("W4 W5 the second decoding (rest-api 5 item 27)", () => {
  const agents: [agent: string | undefined, twice: boolean][] = [
    ["FreeRADIUS", true],
    ["PAM/1.1.0", true],
    ["privacyIDEA-Keycloak/1.8.0 Keycloak/25.0", true],
    ["pam-passkey/0.9 ComputerName/abc", true],
    ["Mozilla/5.0 (X11; Linux x86_64)", true],
    ["privacyIDEA-LDAP-Proxy", false],
    ["privacyidea-ldap-proxy/0.7", false],
    ["simpleSAMLphp", false],
    ["SIMPLESAMLPHP/2.1", false],
    ["privacyidea-cp/3.8.0", false],
    ["privacyidea-cp/3.8.0 Windows/10", false],
    ["privacyidea-cpx/3.8.0", true],
    [undefined, false],
    ["", false],
    ["(no product)", false],
    ["a/b/c", false],
  ];
  for (const [agent, twice] of agents) {
    test(`${JSON.stringify(agent)}: ${twice ? "twice" : "once"}, in form, query, path and multipart`, async () => {
      const expected = twice ? "100%" : "100%25";
      await send({ agent, body: "probe=100%2525" });
      expect(await stored()).toBe(expected);
      await send({ agent, path: "/system/setConfig?probe=100%2525", type: null });
      expect(await stored()).toBe(expected);
      await send({ agent, type: "multipart/form-data; boundary=x", body: multipart("x", { probe: "100%25" }) });
      expect(await stored()).toBe(expected);
      await app.api("POST", "/system/setConfig", { [expected]: "by path" }, { json: true });
      expect((await send({ agent, method: "GET", path: "/system/100%2525", type: null })).body.result.value).toBe("by path");
      await send({ agent, type: "application/json", body: '{"probe":"100%2525"}' });
      expect(await stored()).toBe("100%2525");
    });
  }
  const values: [sent: string, value: string][] = [
    ["a+b", "a b"],
    ["a%2Bb", "a+b"],
    ["a%252Bb", "a+b"],
    ["a%20b", "a b"],
    ["a%26b%3Dc", "a&b=c"],
    ["%2541", "A"],
    ["%25%34%31", "A"],
    ["100%", "100%"],
    ["100%zz", "100%zz"],
    ["%e4%b6%", "\ufffd%"],
    ["%C3%BC", "ü"],
    ["%25C3%25BC", "ü"],
    ["%FF", "\ufffd"],
    ["%25FF", "\ufffd"],
    ["AAECAwQ-_w", "AAECAwQ-_w"],
  ];
  for (const [sent, value] of values) {
    test(`W4 W5 ${sent} arrives as ${JSON.stringify(value)}`, async () => {
      await send({ agent: TWICE, body: `probe=${sent}` });
      expect(await stored()).toBe(value);
    });
  }
  test("names are decoded once", async () => {
    await send({ agent: TWICE, body: "pro%2562e=x&a%20name=y" });
    expect([await stored("pro%62e"), await stored("a name")]).toEqual(["x", "y"]);
  });
  test("an escape that is none in the path stays as it is typed", async () => {
    const { body } = await send({ method: "DELETE", path: "/token/100%", type: null });
    expect(body.result.error.code).toBe(601);
  });
});

describe("1.7 booleans, absent, null, empty", () => {
  // Without otpkey only a true genkey makes a token.
  const isTrue = async (value: unknown) =>
    (await app.api("POST", "/token/init", { genkey: value }, { json: true })).status === 200;
  for (const value of [1, "1", true, "True", "true", "TRUE"]) {
    test(`${JSON.stringify(value)} is true`, async () => expect(await isTrue(value)).toBe(true));
  }
  for (const value of [0, 2, "0", "01", " 1", "yes", "on", "t", "tRUE", false, "", null, [1], [true], {}]) {
    test(`${JSON.stringify(value)} is not true`, async () => expect(await isTrue(value)).toBe(false));
  }
  test("W22 an empty realm is the default realm", async () => {
    const check = (params: Record<string, string>) =>
      app.api("POST", "/validate/check", { pass: "sesame", ...params }, { token: "" });
    expect((await check({ user: "alice", realm: "" })).value).toBe(true);
    expect((await check({ user: "alice", realm: "house" })).value).toBe(true);
    expect((await check({ user: "alice", realm: "barn" })).error?.code).toBe(904);
  });
  test("null in JSON is absent: a missing parameter is missing, an optional one is not set", async () => {
    const without = await app.api("POST", "/validate/check", { serial: "ONE", pass: null }, { json: true });
    expect(without.error?.message).toBe("ERR905: Missing parameter: 'pass'");
    const withRealm = await app.api("POST", "/validate/check", { user: "alice", realm: null, pass: "sesame" }, { json: true });
    expect(withRealm.value).toBe(true);
  });
  test("an empty pass is a value (rest-api 5 item 12)", async () => {
    const answer = await app.api("POST", "/validate/check", { serial: "ONE", pass: "" }, { token: "" });
    expect([answer.status, answer.value]).toEqual([200, false]);
  });
  test("numbers and booleans in JSON are taken as text where text is asked for", async () => {
    await app.api("POST", "/token/init", { type: "spass", serial: "NUMBER", pin: 4711 }, { json: true });
    const answer = await app.api("POST", "/validate/check", { serial: "NUMBER", pass: "4711" }, { token: "" });
    expect(answer.value).toBe(true);
  });
});

describe("hostile parameters", () => {
  test("__proto__ and its kin are names like any other", async () => {
    const sent = '{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d"}';
    const answer = await send({ type: "application/json", body: sent });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body.result.value)).toEqual(["__proto__", "constructor", "toString", "hasOwnProperty"]);
    for (const [name, value] of Object.entries({ ["__proto__"]: "a", constructor: "b", toString: "c" }))
      expect(await stored(name)).toBe(value);
    await send({ body: "__proto__=form&__proto__[polluted]=yes" });
    expect(await stored("__proto__")).toBe("form");
    await send({ type: "application/json", body: '{"__proto__":{"polluted":"yes"}}' });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) await app.api("DELETE", `/system/${name}`);
    expect(await stored("toString")).toBeNull();
  });

  const refused: [what: string, sent: Sent, status: number, text: RegExp][] = [
    ["NUL in a text", { path: "/token/init", body: "genkey=1&description=a%00b" }, 400, /NUL/],
    ["NUL in a serial of the path", { method: "DELETE", path: "/token/a%00b", type: null }, 400, /NUL/],
    ["NUL in a setting", { body: "probe=a%00b" }, 400, /NUL/],
    ["NUL in token information", { path: "/token/init", body: "genkey=1&hotp.x=a%00b" }, 400, /NUL/],
    ["broken JSON", { type: "application/json", body: '{"probe":' }, 400, /not JSON/],
    ["a list as JSON", { type: "application/json", body: "[1]" }, 400, /not an object/],
    ["a text as JSON", { type: "application/json", body: '"probe"' }, 400, /not an object/],
    ["deep JSON", { type: "application/json", body: `{"a":${"[".repeat(40)}${"]".repeat(40)}}` }, 400, /too deeply/],
    ["very deep JSON", { type: "application/json", body: `{"a":${"[".repeat(200_000)}` }, 400, /not JSON|too deeply/],
    [
      "very deep JSON that ends",
      { type: "application/json", body: `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}` },
      400,
      /not JSON|too deeply/,
    ],
    [
      "an object where text is asked for",
      { path: "/token/init", type: "application/json", body: '{"serial":{"a":1}}' },
      400,
      /'serial' must be text/,
    ],
    [
      "a list where text is asked for",
      { path: "/token/init", type: "application/json", body: '{"serial":["ONE"]}' },
      400,
      /'serial' must be text/,
    ],
    [
      "a number beyond the bounds",
      { path: "/token/init", body: "genkey=1&otplen=99999999999999999999" },
      400,
      /'otplen' must be a whole number/,
    ],
    [
      "a fraction for a whole number",
      { path: "/token/init", type: "application/json", body: '{"genkey":1,"otplen":6.5}' },
      400,
      /'otplen'/,
    ],
    ["too long a text", { path: "/token/init", body: `genkey=1&description=${"x".repeat(81)}` }, 400, /at most 80/],
    ["multipart without boundary", { type: "multipart/form-data", body: "--x\r\n" }, 400, /multipart/],
    [
      "multipart that breaks off",
      { type: "multipart/form-data; boundary=x", body: "--x\r\nContent-Disposition: form-data; na" },
      400,
      /multipart/,
    ],
    ["1001 parameters in a form", { body: Array.from({ length: 1001 }, (_, i) => `p${i}=`).join("&") }, 400, /more than 1000/],
    [
      "1001 parameters in the query",
      { path: `/system/setConfig?${Array.from({ length: 1001 }, (_, i) => `p${i}`).join("&")}` },
      400,
      /more than 1000/,
    ],
    [
      "1001 parameters in JSON",
      {
        type: "application/json",
        body: JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`p${i}`, 1]))),
      },
      400,
      /more than 1000/,
    ],
    [
      "1001 parameters in multipart",
      {
        type: "multipart/form-data; boundary=x",
        body: multipart("x", Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`p${i}`, "1"]))),
      },
      400,
      /more than 1000/,
    ],
    ["a body over the limit", { body: `probe=${"x".repeat(1024 * 1024)}` }, 413, /larger than the 1048576 bytes/],
  ];
  for (const [what, sent, status, text] of refused) {
    test(`${what}: ${status}`, async () => {
      const answer = await send(sent);
      expect([answer.status, answer.body.result.status]).toEqual([status, false]);
      expect(answer.body.result.error.message).toMatch(text);
      expect(answer.text.length).toBeLessThan(600);
    });
  }

  test("a thousand parameters are fine", async () => {
    const names = Array.from({ length: 999 }, (_, i) => `p${i}=`).join("&");
    const { body } = await send({
      path: "/validate/check",
      body: `serial=ONE&pass=sesame&${names.slice(0, names.lastIndexOf("&"))}`,
    });
    expect(body.result.value).toBe(true);
  });
  test("bytes that are no UTF-8 become U+FFFD", async () => {
    await send({ body: Buffer.from("probe=a\xffb", "latin1") });
    expect(await stored()).toBe("a\ufffdb");
  });
});

describe("over the wire", () => {
  const raw = (head: string, body = "") =>
    sendRaw(
      listener.port,
      `${head}\r\nHost: localhost\r\n${body ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : ""}\r\n${body}`,
    );
  const resultOf = (answer: RawAnswer | null) => JSON.parse(answer?.body ?? "{}").result?.value;

  test("W2 GET /validate/check with a form body", async () => {
    expect(resultOf(await raw(`GET /validate/check HTTP/1.1\r\nContent-Type: ${FORM}`, "serial=ONE&pass=sesame"))).toBe(true);
  });
  test("W2 GET /validate/check, half in the query and half in the body; the body wins", async () => {
    const head = `GET /validate/check?serial=ONE&pass=wrong HTTP/1.1\r\nContent-Type: ${FORM}`;
    expect(resultOf(await raw(head, "pass=sesame"))).toBe(true);
  });
  test("W2 GET with a chunked body, and with JSON", async () => {
    const chunks = "7\r\nserial=\r\nf\r\nONE&pass=sesame\r\n0\r\n\r\n";
    const head = `GET /validate/check HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nTransfer-Encoding: chunked`;
    expect(resultOf(await sendRaw(listener.port, `${head}\r\n\r\n${chunks}`))).toBe(true);
    expect(resultOf(await raw("GET /validate/check HTTP/1.1", '{"serial":"ONE","pass":"sesame"}'))).toBe(true);
  });
  for (const method of ["POST", "GET", "DELETE"]) {
    test(`${method} with an announced body over the limit is refused before it comes`, async () => {
      const path = method === "DELETE" ? "/token/ONE" : "/validate/check";
      const answer = await sendRaw(
        listener.port,
        `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nuser=`,
      );
      expect([answer?.status, JSON.parse(answer?.body ?? "{}").result.error.code]).toEqual([413, 905]);
      expect(answer?.headers.get("connection")).toBe("close");
    });
    test(`${method} with a chunked body over the limit`, async () => {
      const path = method === "DELETE" ? "/token/ONE" : "/validate/check";
      const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const answer = await sendRaw(listener.port, `${head}200000\r\n${"x".repeat(0x200000)}\r\n0\r\n\r\n`);
      expect(answer?.status).toBe(413);
    });
  }
  test("a body that breaks off leaves nothing behind", async () => {
    const line = await Bun.connect({ hostname: "127.0.0.1", port: listener.port, socket: { data() {} } });
    line.write(`POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nContent-Length: 50\r\n\r\nserial=ONE&pa`);
    line.end();
    expect(resultOf(await raw("GET /validate/check?serial=ONE&pass=sesame HTTP/1.1"))).toBe(true);
  });
});
