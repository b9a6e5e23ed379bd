// What no honest client sends, over real sockets to a server of its own (clients-contract.md W20, rest-api.md 1.7): a refusal within
// a second, in the envelope once the head could be read, or a closed connection; never a 500; memory bounded; others log in meanwhile.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openRaw, type RawAnswer, sendRaw } from "./kit/raw-http.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";

let server: TestServer;
beforeAll(async () => {
  // Refused log-ins take as long as a hash; a cheap one, because the machine may be busy.
  server = await startServer({ env: { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1" } });
  await server.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
});
afterAll(async () => {
  expect(server.output()).not.toContain("unexpected");
  expect(await server.stop()).toBe(0);
});

const SECOND = 1000;
const FORM = "Content-Type: application/x-www-form-urlencoded";
const JSON_TYPE = "Content-Type: application/json";
const PARTS = "Content-Type: multipart/form-data; boundary=x";
const CHUNKED = "Transfer-Encoding: chunked";
const LOGIN = "serial=ONE&pass=sesame";

/** A request with a body of which the length is told. Strings are Latin-1. */
function post(header: string, body: string, path = "/validate/check"): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${header}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
const head = (...lines: string[]) => `${["POST /validate/check HTTP/1.1", "Host: a", FORM, ...lines].join("\r\n")}\r\n\r\n`;
const get = (target: string, ...lines: string[]) => `${[`GET ${target} HTTP/1.1`, "Host: a", ...lines].join("\r\n")}\r\n\r\n`;
const part = (name: string, value: string, header = "") =>
  `--x\r\nContent-Disposition: form-data; name="${name}"${header}\r\n\r\n${value}\r\n`;
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join("");

async function expectLogin(): Promise<void> {
  const began = performance.now();
  const answer = await sendRaw(server.port, post(FORM, LOGIN));
  expect(JSON.parse(answer?.body ?? "{}").result?.value).toBe(true);
  expect(performance.now() - began).toBeLessThan(SECOND);
}

/** In the envelope with a number and a message; what the parser of HTTP refuses has no body. */
function expectRefusal(answer: RawAnswer | null): void {
  if (answer === null) return;
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  if (answer.body === "") return;
  const { result } = JSON.parse(answer.body);
  expect([result.status, typeof result.error.code, typeof result.error.message, "value" in result]).toEqual([
    false,
    "number",
    "string",
    false,
  ]);
}

type Case = [what: string, bytes: string, /** null: closed or refused by the parser */ status: number | null];

function refuses(cases: Case[]): void {
  for (const [what, bytes, status] of cases) {
    test(`${what}: ${status ?? "refused or closed"}`, async () => {
      const began = performance.now();
      const answer = await sendRaw(server.port, Buffer.from(bytes, "latin1"), 5 * SECOND);
      expect(performance.now() - began).toBeLessThan(SECOND);
      expectRefusal(answer);
      if (status !== null) expect(answer?.status).toBe(status);
      await expectLogin();
    });
  }
}

describe("framing (RFC 9112 5, 6, 7)", () => {
  refuses([
    ["a length with a sign", `${head("Content-Length: +5")}user=`, 400],
    ["a length in hexadecimal", `${head("Content-Length: 0x5")}user=`, 400],
    ["an empty length", head("Content-Length:"), 400],
    ["a length of 31 digits", head(`Content-Length: 1${"0".repeat(30)}`), null],
    ["a list of lengths", `${head("Content-Length: 5, 5")}user=`, 400],
    ["two lengths", `${head("Content-Length: 5", "Content-Length: 6")}user=`, 400],
    ["chunked, then a length", `${head(CHUNKED, "Content-Length: 5")}0\r\n\r\n`, 400],
    ["a length, then chunked", `${head("Content-Length: 5", CHUNKED)}0\r\n\r\n`, 400],
    ["chunked behind a tab, and a length", `${head("Transfer-Encoding:\tchunked", "Content-Length: 5")}0\r\n\r\n`, 400],
    ["a blank before the colon", `${head("Transfer-Encoding : chunked")}0\r\n\r\n`, 400],
    ["a coding that only looks like chunked", `${head("Transfer-Encoding: xchunked")}0\r\n\r\n`, 400],
    ["chunked before another coding", `${head("Transfer-Encoding: chunked, identity")}0\r\n\r\n`, 400],
    ["chunked behind another coding", `${head("Transfer-Encoding: gzip, chunked")}0\r\n\r\n`, 400],
    ["two codings in two lines", `${head(CHUNKED, "Transfer-Encoding: identity")}0\r\n\r\n`, 400],
    ["chunked on a folded line", `${head("Transfer-Encoding:\r\n chunked")}0\r\n\r\n`, 400],
    ["a chunk of a negative size", `${head(CHUNKED)}-1\r\nx\r\n0\r\n\r\n`, 400],
    ["a chunk of 2^64 bytes", `${head(CHUNKED)}ffffffffffffffff\r\nx`, 400],
    ["chunks with bare line feeds", `${head(CHUNKED)}5\nuser=\n0\n\n`, 400],
    ["a chunk longer than it says", `${head(CHUNKED)}5\r\nuser=xx0\r\n\r\n`, 400],
    ["a chunk extension of a megabyte", `${head(CHUNKED)}5;${"a".repeat(1e6)}\r\nuser=\r\n0\r\n\r\n`, 413],
    ["a folded header", get("/healthz", "X: a\r\n  b"), 400],
    ["bare line feeds", "GET /healthz HTTP/1.1\nHost: a\n\n", 400],
    ["bare carriage returns", "GET /healthz HTTP/1.1\rHost: a\r\r", 400],
    ["a carriage return in a value", get("/healthz", "X: a\rY: b"), 400],
    ["NUL in a value", get("/healthz", "X: a\0b"), 400],
    ["a header without a colon", get("/healthz", "Xab"), 400],
    ["a header without a name", get("/healthz", ": b"), 400],
    ["a name beyond ASCII", get("/healthz", "\xff: b"), 400],
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", head("Host: b"), 400],
    ["two Hosts that are the same, in other letters", get("/healthz", "hOST: a"), 400],
    ["two Hosts, for nobody", get("/nothing", "Accept: */*", "host: b"), 400],
    ["a thousand headers", get("/healthz", ...Array.from({ length: 1000 }, (_, i) => `X${i}: a`)), 431],
    ["a header of ten megabytes", get("/healthz", `X: ${"a".repeat(1e7)}`), 431],
    ["an expectation nobody has", `${head("Expect: 200-maybe", "Content-Length: 5")}user=`, 417],
  ]);

  test("chunked in HTTP/1.0, and any coding beside it, is refused and the line is closed: nothing hides behind it", async () => {
    for (const request of [
      `${head(CHUNKED, "Connection: keep-alive").replace("HTTP/1.1", "HTTP/1.0")}0\r\n\r\n`,
      `${head("Transfer-Encoding: gzip, chunked")}0\r\n\r\n`,
    ]) {
      const line = await openRaw(server.port);
      line.write(request + get("/healthz"));
      const [first, ...others] = (await line.readClose()).match(/HTTP\/1\.1 \d+/g) ?? [];
      expect([first, others]).toEqual(["HTTP/1.1 400", []]);
      line.close();
    }
  });
});

describe("what is no HTTP/1.1", () => {
  refuses([
    ["HTTP/0.9", "GET /healthz\r\n", null],
    ["HTTP/2.0 in the line", "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 400],
    ["HTTP/9.9", "GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n", 400],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", 400],
    ["the hello of TLS", `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${"a".repeat(200)}`, null],
    ["SSH", "SSH-2.0-x\r\n", 400],
    ["a method nobody knows", "BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n", null],
    ["a method of 100,000 letters", `${"A".repeat(100_000)} / HTTP/1.1\r\nHost: a\r\n\r\n`, null],
    ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", null],
    ["a method that does not fit", "QUERY /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405],
  ]);

  test.each([
    ["h2c", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings"],
    [
      "websocket",
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nConnection: Upgrade",
    ],
  ])("an upgrade to %s is not taken up (RFC 9110 7.8)", async (_what, headers) => {
    const answer = await sendRaw(server.port, post(`${FORM}\r\n${headers}`, LOGIN));
    expect([answer?.status, JSON.parse(answer?.body ?? "{}").result.value]).toEqual([200, true]);
  });
});

describe("addresses", () => {
  refuses([
    ["an encoded slash", get("/validate%2fcheck"), 404],
    ["dot segments", get("/validate/../token/"), 404],
    ["encoded dots", get("/%2e%2e/%2e%2e/etc/passwd"), 404],
    ["dots below the pages of the API", get("/docs/../../main.ts"), 404],
    ["encoded dots below the pages of the API", get("/docs/..%2f..%2f..%2fmain.ts"), 404],
    ["backslashes", get("/..\\..\\etc\\passwd"), 404],
    ["10,000 slashes", get("/".repeat(10_000)), 404],
    ["5,000 segments", get("/a".repeat(5000)), 404],
    ["15,000 letters in a place", get(`/token/${"a".repeat(15_000)}`), 405],
    ["100,000 letters", get(`/token/${"a".repeat(100_000)}`), 431],
    ["ten million letters", get(`/token/${"a".repeat(1e7)}`), 431],
    ["bytes beyond ASCII", get("/\xff\xfe"), null],
    ["a blank", get("/a b"), 400],
    ["none", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a star", get("*"), 400],
    ["no slash", get("token"), 400],
    ["another scheme", get("javascript:alert(1)"), 400],
    ["a whole address without a path", get("http://evil.example"), 404],
    ["NUL", get("/health\0z"), 400],
    ["an encoded NUL in a place", `DELETE /token/a%00b HTTP/1.1\r\nHost: a\r\n\r\n`, 401],
  ]);
});

describe("bodies", () => {
  const tooMany = (count: number) => times(count, (i) => `p${i}=1&`);
  const nest = (open: string, close: string, count: number) => `${open.repeat(count)}1${close.repeat(count)}`;
  refuses([
    ["a length over the limit", head("Content-Length: 1048577"), 413],
    ["a length of a petabyte", head("Content-Length: 1000000000000000"), 413],
    ["chunks over the limit", head(CHUNKED) + `10000\r\n${"a".repeat(65_536)}\r\n`.repeat(20), 413],
    ["5,000 parameters", post(FORM, tooMany(5000)), 400],
    ["a quarter million of the same", post(FORM, "a=1&".repeat(250_000)), 400],
    ["a million separators", post(FORM, "&".repeat(1e6)), 400],
    ["2,000 parameters in the query", get(`/validate/check?${times(2000, (i) => `${i}&`)}`), 400],
    ["a million percent signs", post(FORM, `user=${"%".repeat(1e6)}`), 400],
    ["330,000 encoded percent signs", post(FORM, `user=${"%25".repeat(330_000)}`), 400],
    ["NUL", post(FORM, "user=a%00b&pass=x"), 400],
    ["invalid UTF-8", post(FORM, "user=\xff%c0%80&pass=x"), 400],
    ["lone percent signs", post(FORM, "user=%&pass=%&%=%"), 400],
    ["names of Object.prototype", post(FORM, "__proto__=1&constructor=2&user=__proto__&pass=x"), 400],
    ["names of Object.prototype as JSON", post(JSON_TYPE, '{"__proto__":{"pass":"x"},"user":"constructor","pass":"x"}'), 400],
    ["a realm of Object.prototype", post(JSON_TYPE, '{"user":"x","realm":"__proto__","pass":"x"}'), 400],
    ["a million [", post(JSON_TYPE, "[".repeat(1e6)), 400],
    ["half a million [ and ]", post(JSON_TYPE, nest("[", "]", 500_000)), 400],
    ['100,000 {"a":', post(JSON_TYPE, '{"a":'.repeat(100_000)), 400],
    ['100,000 {"a": and }', post(JSON_TYPE, nest('{"a":', "}", 100_000)), 400],
    ['100,000 {"a": and } as a form', post(FORM, nest('{"a":', "}", 100_000)), 400],
    ['100,000 {"a": and } as nothing', post("X: y", nest('{"a":', "}", 100_000)), 400],
    ["half a million numbers", post(JSON_TYPE, `{"user":[${"0,".repeat(500_000)}0]}`), 400],
    ["300,000 objects", post(JSON_TYPE, `{"user":[${"{},".repeat(300_000)}0]}`), 400],
    ["5,000 names", post(JSON_TYPE, `{${times(5000, (i) => `"p${i}":1,`)}"p":1}`), 400],
    ["UTF-16", post(JSON_TYPE, Buffer.from('{"user":"a"}', "utf16le").toString("latin1")), 400],
    ["a lone surrogate", post(JSON_TYPE, '{"user":"\\ud800","pass":"x"}'), 400],
    ["compressed, which nobody announced", post(`${FORM}\r\nContent-Encoding: gzip`, Bun.gzipSync(LOGIN).toString()), 400],
    ["no boundary", post("Content-Type: multipart/form-data", `${part("user", "a")}--x--\r\n`), 400],
    ["an empty boundary", post("Content-Type: multipart/form-data; boundary=", "--\r\n\r\n\r\n----\r\n"), 400],
    ["a boundary of 5,000 letters", post(`${PARTS}${"x".repeat(5000)}`, `${part("user", "a")}--x--\r\n`), 400],
    ["no closing boundary", post(PARTS, part("user", "a")), 400],
    ["a part's header that breaks off", post(PARTS, '--x\r\nContent-Disposition: form-data; name="a'), 400],
    ["5,000 parts", post(PARTS, `${times(5000, (i) => part(`p${i}`, "1"))}--x--\r\n`), 400],
    ["a part's header of 900,000 letters", post(PARTS, part("user", "a", `\r\nX: ${"y".repeat(900_000)}`)), 400],
    ["100,000 headers of a part", post(PARTS, part("user", "a", "\r\nX: y".repeat(100_000))), 400],
    ["parts in a part", post(PARTS, `${part("user", `${part("user", "b")}--x--`)}--x--\r\n`), 400],
    ["boundaries and nothing else", post(PARTS, "--x\r\n".repeat(200_000)), 400],
    ["dashes", post(PARTS, "-".repeat(1e6)), 400],
    ["a boundary that is nearly there 13,000 times", post(PARTS, `\r\n--${"x".repeat(69)}`.repeat(13_000)), 400],
    ["a file for a user", post(PARTS, `${part("user", "a", '; filename="f"')}${part("pass", "x")}--x--\r\n`), 400],
  ]);

  const numbers = ["1e400", "-0", "1e308", "9".repeat(40), "1.5", "-1"];
  for (const number of [...numbers, "0x10", "NaN", "Infinity", "1e1", "%EF%BC%96", "6%00"])
    test(`otplen=${number} is refused`, async () => {
      const header = `${FORM}\r\nAuthorization: ${server.adminToken}`;
      const answer = await sendRaw(server.port, post(header, `type=hotp&genkey=1&otplen=${number}`, "/token/init"));
      expect([answer?.status, JSON.parse(answer?.body ?? "{}").result.error.code]).toEqual([400, 905]);
    });
  for (const number of [...numbers, "true", "[6]", "{}"])
    test(`{"otplen": ${number}} is refused`, async () => {
      const header = `${JSON_TYPE}\r\nAuthorization: ${server.adminToken}`;
      const body = `{"type":"hotp","genkey":1,"otplen":${number}}`;
      const answer = await sendRaw(server.port, post(header, body, "/token/init"));
      expect([answer?.status, JSON.parse(answer?.body ?? "{}").result.error.code]).toEqual([400, 905]);
    });

  test("of a duplicate parameter the first counts, in every kind of body", async () => {
    for (const request of [
      post(FORM, `${LOGIN}&serial=TWO&pass=wrong`),
      post(PARTS, `${times(2, (i) => part("serial", i ? "TWO" : "ONE") + part("pass", i ? "wrong" : "sesame"))}--x--\r\n`),
    ])
      expect(JSON.parse((await sendRaw(server.port, request))?.body ?? "{}").result.value).toBe(true);
  });
});
