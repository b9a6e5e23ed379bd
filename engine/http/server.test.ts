// The listener alone, under a small app: what node:http on this Bun has to do for us.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { openRaw, sendRaw } from "../../test/kit/raw-http.ts";
import type { Inbound, Outgoing } from "./exchange.ts";
import { type Listener, listen } from "./server.ts";

const ok = (body: string): Outgoing => ({ status: 200, headers: {}, body });

/** Waits as many milliseconds as the path says, then tells what it got. */
async function tell({ method, path, query, headers, read }: Inbound): Promise<Outgoing> {
  const body = await read(1000);
  await Bun.sleep(Number(path.slice(1)));
  return ok(`${method} ${query} ${new TextDecoder().decode(body)} ${headers.get("x-who")}`);
}

let listener: Listener;
beforeAll(async () => {
  listener = await listen(tell, { hostname: "127.0.0.1", port: 0 });
});
afterAll(() => listener.stop(1000));

const write = (method: string, path: string, body = "") =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nX-Who: me\r\n${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`;

for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
  test(`W2 ${method} brings its query, its body and its headers`, async () => {
    const answer = await sendRaw(listener.port, write(method, "/0?a=b", "c=d"));
    expect([answer?.status, answer?.body]).toEqual([200, `${method} a=b c=d me`]);
  });
}

test("RFC 9112 9.3.2: pipelined answers keep the order of the requests", async () => {
  const line = await openRaw(listener.port);
  line.write(
    write("POST", "/40?1", "x") +
      write("POST", "/0?2", "x") +
      write("GET", "/10?3") +
      write("DELETE", "/0?4") +
      write("GET", "/0?5", "x"),
  );
  const bodies: (string | undefined)[] = [];
  for (let i = 0; i < 5; i++) bodies.push((await line.readAnswer())?.body);
  expect(bodies).toEqual(["POST 1 x me", "POST 2 x me", "GET 3  me", "DELETE 4  me", "GET 5 x me"]);
  line.close();
});

test("many connections at once, POST and GET mixed", async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => sendRaw(listener.port, write(i % 2 ? "GET" : "POST", `/${i % 7}?${i}`, "body"))),
  );
  expect(answers.map((answer) => answer?.body)).toEqual(answers.map((_, i) => `${i % 2 ? "GET" : "POST"} ${i} body me`));
});

test("a body larger than the reader allows is an error after as little of it as shows it", async () => {
  const answers: unknown[] = [];
  const strict = await listen(
    async (inbound) => {
      const outcome = await inbound.read(10).then(
        () => "read",
        (error: unknown) => String(error),
      );
      answers.push(outcome);
      return { status: 200, headers: {}, body: outcome };
    },
    { hostname: "127.0.0.1", port: 0 },
  );
  expect((await sendRaw(strict.port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n`))?.body).toContain(
    "larger than the 10 bytes",
  );
  const line = await openRaw(strict.port);
  line.write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n`);
  expect((await line.readAnswer())?.headers.get("connection")).toBe("close");
  line.close();
  await strict.stop(100);
  expect(answers).toHaveLength(2);
});

test("stop: the open request is answered, new ones are not taken", async () => {
  const own = await listen(tell, { hostname: "127.0.0.1", port: 0 });
  const line = await openRaw(own.port);
  line.write(write("POST", "/60", "x"));
  await Bun.sleep(20);
  const stopped = own.stop(5000);
  const late = await openRaw(own.port).then(
    () => "taken",
    () => "refused",
  );
  const answer = await line.readAnswer();
  await stopped;
  expect([late, answer?.body]).toEqual(["refused", "POST  x me"]);
});

test("stop: a slow reader gets all of a large answer", async () => {
  const text = "x".repeat(8_000_000);
  const own = await listen(async () => ({ status: 200, headers: {}, body: text }), { hostname: "127.0.0.1", port: 0 });
  const line = await openRaw(own.port);
  line.write(write("GET", "/"));
  await Bun.sleep(20);
  const stopped = own.stop(5000);
  expect((await line.readAnswer())?.body.length).toBe(text.length);
  await stopped;
});

test("a port that is taken is an error that says so", async () => {
  const fault = await listen(tell, { hostname: "127.0.0.1", port: listener.port }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(String((fault as { code?: string } | null)?.code ?? fault)).toContain("EADDRINUSE");
});
