// Clients that send next to nothing, or never stop (clients-contract.md W20, W26): times, numbers and sizes of engine/http/connections.ts
// and read-body.ts, in a server of its own, while others log in.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { openFrom } from "./kit/open-from.ts";
import { openRaw, sendRaw } from "./kit/raw-http.ts";
import { startServer, type TestServer } from "./kit/start-server.ts";

const SETTINGS = {
  "server.head_seconds": "1",
  "server.body_seconds": "1",
  "server.idle_seconds": "3",
  "server.connections": "300",
  "server.connections_per_address": "20",
  "server.connections_uncounted": "127.0.0.1",
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    env: { OSTIARY_HASH_MEMORY_KIB: "8", OSTIARY_HASH_ITERATIONS: "1" },
    args: Object.entries(SETTINGS).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  });
  await server.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
});
afterAll(async () => {
  expect(server.output()).not.toContain("unexpected");
  expect(await server.stop()).toBe(0);
});

const BODY = "serial=ONE&pass=sesame";
const post = `POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

async function expectLogin(): Promise<void> {
  const answer = await sendRaw(server.port, post);
  expect(JSON.parse(answer?.body ?? "{}").result.value).toBe(true);
}

/** Sends `piece` every 100 ms until the server closes; gives what it said and after how many milliseconds it closed. */
async function trickle(start: string, piece: string): Promise<{ said: string; ms: number }> {
  const line = await openRaw(server.port);
  const began = performance.now();
  line.write(start);
  const timer = setInterval(() => line.write(piece), 100);
  try {
    return { said: await line.readClose(), ms: performance.now() - began };
  } finally {
    clearInterval(timer);
    line.close();
  }
}

describe.concurrent("slow clients are cut off after their time, not after a pause", () => {
  const head = "POST /validate/check HTTP/1.1\r\nHost: a\r\n";
  test.each<[what: string, start: string, piece: string, latest: number]>([
    ["a head that never ends", head, "X: y\r\n", 2000],
    ["a head of one byte after the other", "P", "O", 2000],
    ["a header that never ends", `${head}X: `, "y", 2000],
    ["a second head on a line that was good", post, "P", 2000],
    ["a body with a length, byte by byte", `${head}Content-Length: 5000\r\n\r\n`, "u", 3500],
    ["a body in chunks, byte by byte", `${head}Transfer-Encoding: chunked\r\n\r\n`, "1\r\nu\r\n", 3500],
    ["a chunk whose size never ends", `${head}Transfer-Encoding: chunked\r\n\r\n`, "0", 3500],
    ["trailers that never end", `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n`, "X: y\r\n", 3500],
  ])("%s", async (_what, start, piece, latest) => {
    const { said, ms } = await trickle(start, piece);
    expect(said).not.toMatch(/HTTP\/1\.1 5/);
    expect(said.match(/HTTP\/1\.1 \d+/g)?.at(-1) ?? "closed").toMatch(/ 4\d\d$|^closed$/);
    expect(ms).toBeLessThan(latest);
  });

  test("a connection that says nothing", async () => {
    // The system hands it over a second after it came (TCP_DEFER_ACCEPT); then its second begins.
    const line = await openRaw(server.port);
    await line.readClose();
    line.close();
  });

  test("a connection whose answer came is kept for server.idle_seconds, then closed", async () => {
    const line = await openRaw(server.port);
    line.write(post);
    const began = performance.now();
    expect((await line.readAnswer())?.status).toBe(200);
    expect(await line.readClose()).toBe("");
    expect(performance.now() - began).toBeGreaterThan(2500);
    line.close();
  });
});

describe("numbers of connections", () => {
  test("server.connections_per_address: the one too many is closed, others and the uncounted are served", async () => {
    const greedy = await Promise.all(Array.from({ length: 60 }, () => openFrom("127.0.0.9", server.port)));
    for (const line of greedy) line.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    const first = await Promise.all(greedy.map((line) => line.first));
    expect(first.filter((text) => text.startsWith("HTTP/1.1 200"))).toHaveLength(20);
    expect(first.filter((text) => text === "")).toHaveLength(40);
    const other = await openFrom("127.0.0.8", server.port);
    other.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await other.first).toStartWith("HTTP/1.1 200");
    await expectLogin();
    for (const line of [...greedy, other]) line.close();
    // Places come back, as soon as the server has seen the ends.
    for (let answer = ""; answer === ""; ) {
      const later = await openFrom("127.0.0.9", server.port);
      later.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
      answer = await later.first;
      later.close();
    }
  });

  test("server.connections: when all places are taken by the idle, they make room", async () => {
    const idle = await Promise.all(Array.from({ length: 300 }, () => openFrom("127.0.0.1", server.port)));
    for (const line of idle) line.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    await Promise.all(idle.map((line) => line.first));
    // The first is dropped, and with it the others have to let go.
    expect(await sendRaw(server.port, post)).toBeNull();
    await Promise.all(idle.map((line) => line.closed));
    await expectLogin();
    for (const line of idle) line.close();
  });
});

const FORM = "Content-Type: application/x-www-form-urlencoded";
const PARTS = "Content-Type: multipart/form-data; boundary=x";
const CHUNKED = "Transfer-Encoding: chunked";
const SECOND = 1000;
const head = (...lines: string[]) => `${["POST /validate/check HTTP/1.1", "Host: a", FORM, ...lines].join("\r\n")}\r\n\r\n`;

function memoryMiB(field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

describe("who never stops", () => {
  /** Writes `piece` as fast as it is taken, until the server closes; gives what the server said. */
  function pour(start: string, piece: string): Promise<{ said: string; ms: number }> {
    const bytes = Buffer.from(piece, "latin1");
    const began = performance.now();
    return new Promise((resolve) => {
      let said = "";
      const socket = connect(server.port, "127.0.0.1", () => {
        socket.write(start, "latin1");
        const go = () => {
          if (socket.destroyed) return;
          if (socket.write(bytes)) setImmediate(go);
          else socket.once("drain", go);
        };
        go();
      });
      socket.on("data", (chunk) => {
        said += chunk.toString("latin1");
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve({ said, ms: performance.now() - began }));
    });
  }

  const chunk = `10000\r\n${"a".repeat(65_536)}\r\n`;
  test.each<[what: string, start: string, piece: string, most: number]>([
    ["chunks", head(CHUNKED), chunk, SECOND],
    ["chunks of one byte", head(CHUNKED), "1\r\na\r\n".repeat(5000), 4 * SECOND],
    ["a length of a terabyte", head("Content-Length: 1000000000000"), "a".repeat(65_536), SECOND],
    ["parts", head(CHUNKED).replace(FORM, PARTS), chunk, SECOND],
    ["a body for nobody", head(CHUNKED).replace("/validate/check", "/nothing"), chunk, SECOND],
    ["a body for a wrong method", head(CHUNKED).replace("POST", "DELETE"), chunk, SECOND],
    ["a header", "GET / HTTP/1.1\r\nX: ", "a".repeat(65_536), SECOND],
    ["headers", "GET / HTTP/1.1\r\n", "X: y\r\n".repeat(1000), SECOND],
    ["trailers", `${head(CHUNKED)}0\r\n`, "X: y\r\n".repeat(1000), SECOND],
    ["a chunk extension", `${head(CHUNKED)}1;`, "a".repeat(65_536), SECOND],
    ["the size of a chunk", head(CHUNKED), "0".repeat(65_536), 4 * SECOND],
    ["empty lines before a request", "", "\r\n".repeat(30_000), 4 * SECOND],
  ])(
    "%s",
    async (_what, start, piece, most) => {
      const { said, ms } = await pour(start, piece);
      expect(said).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
      expect(ms).toBeLessThan(most);
      await expectLogin();
    },
    15_000,
  );
});

test("bodies on their way take no more than their share: the largest give way, log-ins are served", async () => {
  const before = memoryMiB("VmRSS");
  const size = 1_000_000;
  const lines = await Promise.all(Array.from({ length: 150 }, () => openRaw(server.port)));
  const start = Buffer.from(head(`Content-Length: ${size}`) + "a".repeat(1000));
  const piece = Buffer.alloc(100_000, 97);
  for (const line of lines) line.write(start);
  for (let round = 0; round < 8; round++) {
    for (const line of lines) line.write(piece);
    await expectLogin();
  }
  const answers = await Promise.all(lines.map((line) => line.readClose()));
  expect(new Set(answers.map((text) => text.slice(9, 12)))).toEqual(new Set(["503", "408"]));
  expect(answers.find((text) => text.startsWith("HTTP/1.1 503"))).toMatch(/retry-after: 1\r\n/i);
  expect(memoryMiB("VmHWM") - before).toBeLessThan(400);
  for (const line of lines) line.close();
}, 30_000);
