// HTTP as real clients speak it, byte by byte: clients-contract.md W6, W20 and W26, rest-api.md 1.5 and 1.7.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openRaw, sendRaw } from "./kit/raw-http.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  // Log-ins whose client hung up are counted all the same, some of them after the last reset: never enough to lock the token.
  await server.api("POST", "/system/setDefault", { DefaultMaxFailCount: 10_000 });
  await server.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
});
afterAll(() => server.stop());

const FORM = "Content-Type: application/x-www-form-urlencoded";
const BODY = "serial=ONE&pass=sesame";

/** A request; `Host: localhost` unless the headers name one. */
function write(line: string, headers: string[] = [], body = ""): string {
  const all = headers.some((header) => /^host:/i.test(header)) ? headers : ["Host: localhost", ...headers];
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return `${[line, ...all, ...length].join("\r\n")}\r\n\r\n${body}`;
}
const ask = (line: string, headers: string[] = [], body = "") => sendRaw(server.port, write(line, headers, body));

async function askJson(line: string, headers: string[] = [], body = "") {
  const answer = await ask(line, headers, body);
  return { status: answer?.status, headers: answer?.headers, ...JSON.parse(answer?.body ?? "{}") };
}

/** Everything the server sends until it closes, for answers whose length their head does not tell (HEAD, 100, 204). */
async function readAll(line: string, headers: string[] = [], body = ""): Promise<string> {
  const connection = await openRaw(server.port);
  connection.write(write(line, [...headers, "Connection: close"], body));
  return connection.readClose();
}

describe("W6 the header that carries the token (rest-api 5 item 1)", () => {
  const bad = "a.b.c";
  const good = () => server.adminToken;
  const cases: [what: string, headers: () => string[], code: number | null][] = [
    ["Authorization with the bare token", () => [`Authorization: ${good()}`], null],
    ["no blank after the colon", () => [`Authorization:${good()}`], null],
    ["any capitals", () => [`aUTHORIZATION: ${good()}`], null],
    ["blanks around it", () => [`Authorization:   ${good()}  `], null],
    ["Bearer", () => [`Authorization: Bearer ${good()}`], null],
    ["bearer", () => [`authorization: bearer  ${good()}`], null],
    ["PI-Authorization", () => [`PI-Authorization: ${good()}`], null],
    ["pi-authorization without a blank", () => [`pi-authorization:${good()}`], null],
    ["PI-Authorization is looked at first", () => [`Authorization: ${bad}`, `PI-Authorization: ${good()}`], null],
    [
      "PI-Authorization is looked at first, also when it is wrong",
      () => [`PI-Authorization: ${bad}`, `Authorization: ${good()}`],
      4304,
    ],
    ["an empty PI-Authorization is none", () => ["PI-Authorization:", `Authorization: ${good()}`], null],
    ["Basic of a proxy", () => ["Authorization: Basic YTpi"], 4304],
    ["none", () => [], 4033],
    ["empty", () => ["Authorization:"], 4033],
    ["Bearer and nothing", () => ["Authorization: Bearer"], 4304],
  ];
  for (const [what, headers, code] of cases) {
    test(`${what}: ${code ?? "accepted"}`, async () => {
      const answer = await askJson("GET /token/ HTTP/1.1", headers());
      expect(answer.result.error?.code ?? null).toBe(code);
      expect(answer.status).toBe(code === null ? 200 : 401);
    });
  }
  test("a token is not even looked at where nobody is asked", async () => {
    const answer = await askJson("POST /validate/check HTTP/1.1", [FORM, `Authorization: ${bad}`], BODY);
    expect(answer.result.value).toBe(true);
  });
});

describe("W20 requests as clients write them", () => {
  const cases: [what: string, line: string, headers?: string[]][] = [
    ["plain", "POST /validate/check HTTP/1.1"],
    ["a doubled slash in front", "POST //validate/check HTTP/1.1"],
    ["doubled slashes everywhere", "POST //validate///check HTTP/1.1"],
    ["a trailing slash", "POST /validate/check/ HTTP/1.1"],
    ["a host of one letter", "POST /validate/check HTTP/1.1", ["Host: a"]],
    ["a host with port", "POST /validate/check HTTP/1.1", ["Host: [::1]:5001"]],
    ["an empty host", "POST /validate/check HTTP/1.1", ["Host:"]],
    ["an absolute target", "POST http://mfa.example.org/validate/check HTTP/1.1"],
    ["an absolute target with a short host", "POST http://a/validate/check HTTP/1.1", ["Host: a"]],
    ["TE as LWP sends it", "POST /validate/check HTTP/1.1", ["TE: deflate,gzip;q=0.3", "Connection: TE, close"]],
    ["no keep-alive (W26)", "POST /validate/check HTTP/1.1", ["Connection: close"]],
    ["a user agent that is none", "POST /validate/check HTTP/1.1", ["User-Agent:"]],
  ];
  for (const [what, line, headers = []] of cases) {
    test(what, async () => {
      const answer = await askJson(line, [FORM, ...headers], BODY);
      expect([answer.status, answer.result?.value]).toEqual([200, true]);
    });
  }
  for (const target of ["/token", "/token/", "//token", "http://localhost/token"]) {
    test(`GET ${target} is the list of tokens, without a redirect`, async () => {
      const answer = await askJson(`GET ${target} HTTP/1.1`, [`Authorization: ${server.adminToken}`]);
      expect([answer.status, answer.result.value.count]).toEqual([200, 1]);
    });
  }
  test("HTTP/1.0 without Host: answered and closed", async () => {
    const line = await openRaw(server.port);
    line.write(`POST /validate/check HTTP/1.0\r\n${FORM}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`);
    const text = await line.readClose();
    expect(text).toContain('"value":true');
  });
  test("Expect: 100-continue is answered before the body comes (.NET)", async () => {
    const line = await openRaw(server.port);
    line.write(
      write("POST /validate/check HTTP/1.1", [
        FORM,
        "Expect: 100-continue",
        `Content-Length: ${BODY.length}`,
        "Connection: close",
      ]),
    );
    const done = line.readClose();
    await Bun.sleep(20);
    line.write(BODY);
    const text = await done;
    expect(text).toStartWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    expect(text).toContain('"value":true');
  });
  test("HEAD has the head of GET and no body", async () => {
    for (const [path, status] of [
      ["/healthz", 200],
      ["/token/", 401],
      ["/nothing", 404],
    ] as const) {
      const text = await readAll(`HEAD ${path} HTTP/1.1`);
      expect(text).toStartWith(`HTTP/1.1 ${status} `);
      expect(text).toEndWith("\r\n\r\n");
      expect(text.toLowerCase()).toContain("cache-control: no-cache");
    }
  });
  test("OPTIONS names the methods; no CORS header (W21)", async () => {
    const text = await readAll("OPTIONS /validate/check HTTP/1.1", [
      "Origin: https://login.example.org",
      "Access-Control-Request-Method: POST",
    ]);
    expect(text).toMatch(/^HTTP\/1\.1 204 [\s\S]*allow: POST, GET, HEAD, OPTIONS\r\n/i);
    expect(text.toLowerCase()).not.toContain("access-control");
    expect(await readAll("OPTIONS /nothing HTTP/1.1")).toStartWith("HTTP/1.1 404 ");
  });
  for (const method of ["PATCH", "TRACE", "PROPFIND", "PUT"]) {
    test(`${method} is a 405 in the envelope`, async () => {
      const answer = await askJson(`${method} /validate/check HTTP/1.1`);
      expect([answer.status, answer.result.error.code]).toEqual([405, 905]);
      expect(answer.headers?.get("allow")).toBe("POST, GET, HEAD, OPTIONS");
    });
  }
  for (const [what, bytes] of [
    ["a method nobody knows", write("BREW /validate/check HTTP/1.1")],
    ["no HTTP at all", "hello\r\n\r\n"],
    ["the hello of TLS", "\x16\x03\x01\x00\xa5\x01"],
    ["a length that is none", `POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n`],
    ["two lengths", `POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nuser=`],
    [
      "length and chunks (request smuggling)",
      `POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["chunks that are none", `POST /validate/check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`],
    ["a head of 100 kB", `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100_000)}\r\n\r\n`],
    ["a NUL in the address", "GET /health\0z HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["CONNECT", write("CONNECT localhost:80 HTTP/1.1")],
  ] as const) {
    test(`${what}: refused or closed, and the server lives`, async () => {
      const answer = await sendRaw(server.port, Buffer.from(bytes, "latin1"));
      expect(answer?.status ?? 400).toBeGreaterThanOrEqual(400);
      expect(answer?.status ?? 400).toBeLessThan(500);
      expect((await ask("GET /healthz HTTP/1.1"))?.status).toBe(200);
    });
  }
});

describe("connections", () => {
  const post = write("POST /validate/check HTTP/1.1", [FORM], BODY);
  const wrong = write("POST /validate/check HTTP/1.1", [FORM], "serial=ONE&pass=wrong");
  const get = write(`GET /validate/check?${BODY} HTTP/1.1`);
  const missing = write("DELETE /token/NONE HTTP/1.1");

  test("keep-alive: many requests on one line, one after the other", async () => {
    const line = await openRaw(server.port);
    for (const request of [post, get, missing, post, get, wrong, post]) {
      line.write(request);
      const { result } = JSON.parse((await line.readAnswer())?.body ?? "{}");
      expect(result.value ?? result.error.code).toBe(request === missing ? 4033 : request !== wrong);
    }
    line.close();
  });

  // Regression: two requests at once on one line were answered in the wrong order, or killed the process.
  test("pipelining: answers come in the order of the requests, whatever each costs", async () => {
    for (const requests of [
      [post, missing],
      [get, post],
      [post, get],
      [wrong, post, get, missing, wrong, post],
      [post, post, post, get, get],
    ]) {
      const line = await openRaw(server.port);
      line.write(requests.join(""));
      for (const request of requests) {
        const { result } = JSON.parse((await line.readAnswer())?.body ?? "{}");
        expect(result.value ?? result.error?.code).toBe(request === missing ? 4033 : request !== wrong);
      }
      line.close();
    }
    await server.api("POST", "/token/reset", { serial: "ONE" });
  });

  test("pipelining clients that hang up in the middle do not harm the server", async () => {
    const mixes = [post + post, get + post, post + get + post, post + post.slice(0, 60), wrong + get.slice(0, 20)];
    for (let round = 0; round < 12; round++) {
      const lines = await Promise.all(mixes.map(() => openRaw(server.port)));
      lines.forEach((line, index) => {
        line.write(mixes[index] ?? "");
        if (round % 3 === 0) line.close();
      });
      await askJson("GET /healthz HTTP/1.1");
      for (const line of lines) line.close();
    }
    await server.api("POST", "/token/reset", { serial: "ONE" });
    const { result, detail } = await askJson("POST /validate/check HTTP/1.1", [FORM], BODY);
    expect([result.value, detail?.message]).toEqual([true, "matching 1 tokens"]);
    expect(server.output()).not.toContain("unexpected");
  });

  test("many lines at once, POST and GET, each gets its own answer", async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        askJson(i % 2 ? `GET /validate/check?serial=NONE${i}&pass=x HTTP/1.1` : `DELETE /token/NONE${i} HTTP/1.1`),
      ),
    );
    expect(answers.map(({ result }) => result.error.code)).toEqual(answers.map((_, i) => (i % 2 ? 601 : 4033)));
  });
});
