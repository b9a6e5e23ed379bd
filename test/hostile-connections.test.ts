// Clients that hold connections and send next to nothing (clients-contract.md W20, W26): times and numbers of engine/http/connections.ts,
// in a server of its own, while others log in.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
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
  server = await startServer({ args: Object.entries(SETTINGS).flatMap(([key, value]) => ["--set", `${key}=${value}`]) });
  await server.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
});
afterAll(() => server.stop());

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
