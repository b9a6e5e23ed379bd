// HTTP byte by byte over TCP, for requests that no client library would send: broken heads, contradicting lengths, bodies
// that stop in the middle, several requests in one packet.
//
//   const line = await openRaw(server.port);
//   line.write("POST /validate/check HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nuser=");
//   const answer = await line.readAnswer();   // null: the server closed without one
//   line.close();

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
  body: string;
}

export interface RawLine {
  write(data: string | Uint8Array): void;
  /** The next answer; null when the server closed the connection first. Rejects after `patience` milliseconds. */
  readAnswer(): Promise<RawAnswer | null>;
  /** Resolves when the server has closed; gives what it sent that no `readAnswer` took. */
  readClose(): Promise<string>;
  close(): void;
}

/** Opens a connection to 127.0.0.1. `patience`: how long reads wait, in milliseconds. */
export async function openRaw(port: number, patience = 10_000): Promise<RawLine> {
  let received = new Uint8Array(0);
  let closed = false;
  let wake: () => void = () => {};
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_socket, chunk) {
        const joined = new Uint8Array(received.length + chunk.length);
        joined.set(received);
        joined.set(chunk, received.length);
        received = joined;
        wake();
      },
      close() {
        closed = true;
        wake();
      },
      error() {
        closed = true;
        wake();
      },
    },
  });

  /** Waits until `take` finds something in what has come, or the connection has ended. */
  async function waitFor<T>(take: () => T | undefined): Promise<T | undefined> {
    const deadline = performance.now() + patience;
    while (true) {
      const found = take();
      if (found !== undefined || closed) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no answer in ${patience} ms; so far: ${JSON.stringify(decode(received).slice(0, 200))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    write(data) {
      socket.write(data);
      socket.flush();
    },
    async readAnswer() {
      const taken = await waitFor(() => parseAnswer(received, closed));
      if (taken === undefined) return null;
      received = received.slice(taken.length);
      return taken.answer;
    },
    async readClose() {
      await waitFor(() => undefined);
      return decode(received);
    },
    close: () => socket.end(),
  };
}

/** One request on a connection of its own; null when the server closed without an answer. */
export async function sendRaw(port: number, data: string | Uint8Array, patience?: number): Promise<RawAnswer | null> {
  const line = await openRaw(port, patience);
  line.write(data);
  try {
    return await line.readAnswer();
  } finally {
    line.close();
  }
}

/** Bytes as Latin-1, so that lengths in characters and bytes agree. */
function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** A complete answer at the start of what was received, and its length; undefined while something is missing. */
function parseAnswer(received: Uint8Array, closed: boolean): { answer: RawAnswer; length: number } | undefined {
  const text = decode(received);
  const end = text.indexOf("\r\n\r\n");
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
  if (end < 0 || status === undefined) return undefined;
  const headers = new Map(
    text
      .slice(0, end)
      .split("\r\n")
      .slice(1)
      .map((line): [string, string] => [
        line.slice(0, line.indexOf(":")).toLowerCase(),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
  );
  const start = end + 4;
  const finish = (body: string, length: number) => ({ answer: { status: Number(status), headers, body: utf8(body) }, length });
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") {
    let body = "";
    for (let at = start; ; ) {
      const [head, size = ""] = /^([0-9a-fA-F]+)[^\r\n]*\r\n/.exec(text.slice(at)) ?? [];
      if (head === undefined) return undefined;
      const from = at + head.length;
      at = from + Number.parseInt(size, 16) + 2;
      if (at > text.length) return undefined;
      if (at === from + 2) return finish(body, at);
      body += text.slice(from, at - 2);
    }
  }
  const length = headers.get("content-length");
  if (length === undefined) return closed ? finish(text.slice(start), text.length) : undefined;
  const stop = start + Number(length);
  return text.length < stop ? undefined : finish(text.slice(start, stop), stop);
}

/** Latin-1 text back to bytes and on as UTF-8. */
function utf8(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}
