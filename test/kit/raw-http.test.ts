import { afterAll, describe, expect, test } from "bun:test";
import { openRaw, sendRaw } from "./raw-http.ts";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => {
    if (new URL(request.url).pathname === "/stream") {
      const parts = new ReadableStream({
        async start(controller) {
          for (const part of ["Grü", "ße"]) controller.enqueue(new TextEncoder().encode(part));
          await Promise.resolve();
          controller.close();
        },
      });
      return new Response(parts);
    }
    return new Response(`${request.method} ${await request.text()} ß`);
  },
});
const port = server.port ?? 0;
afterAll(() => server.stop(true));

describe("raw HTTP", () => {
  test("an answer with a length, and one in chunks", async () => {
    const answer = await sendRaw(port, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect([answer?.status, answer?.body]).toEqual([200, "POST hi ß"]);
    expect((await sendRaw(port, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"))?.body).toBe("Grüße");
  });
  test("two requests in one packet give two answers on one line", async () => {
    const line = await openRaw(port);
    const request = (body: string) => `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    line.write(request("one") + request("three"));
    expect((await line.readAnswer())?.body).toBe("POST one ß");
    expect((await line.readAnswer())?.body).toBe("POST three ß");
    line.close();
  });
  test("a server that hangs up without an answer is null, and what it said can be read", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: (socket) => void socket.end("bye") } });
    expect(await sendRaw(silent.port, "x")).toBeNull();
    const line = await openRaw(silent.port);
    line.write("x");
    expect(await line.readClose()).toBe("bye");
    silent.stop(true);
  });
  test("no answer at all is an error that shows what came", async () => {
    const line = await openRaw(port, 50);
    line.write("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nhi");
    expect(
      String(
        await line.readAnswer().then(
          () => null,
          (fault: unknown) => fault,
        ),
      ),
    ).toContain("no answer in 50 ms");
    line.close();
  });
});
