// Closes connections that stand still. node:http of Bun 1.4.5 keeps its timeouts (idle, slow head, slow body) only on connections
// that it accepted itself, not on those that TLS hands over: for these the sweep does it, some seconds late, at no cost to a request.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionBounds } from "./connections.ts";

interface Line {
  /** Read and written when something last moved. */
  bytes: number;
  movedAt: number;
  /** The newest request and its answer. */
  message: IncomingMessage | null;
  response: ServerResponse | null;
  /** Bytes read when the answer was out: more are the head of a next request. */
  readAtEnd: number | null;
  /** A head or a body is on its way since then. */
  since: number | null;
}

export interface Sweep {
  watch(socket: Socket): void;
  /** Those that wait for nothing but a next request. */
  closeIdle(): void;
  closeAll(): void;
}

const SWEEP_MS = 2000;

/** `tick`: monotonic milliseconds. */
export function startSweep(
  server: Server,
  { headMs, bodyMs, idleMs }: Pick<ConnectionBounds, "headMs" | "bodyMs" | "idleMs">,
  tick: () => number = () => performance.now(),
): Sweep {
  const lines = new Map<Socket, Line>();
  server.on("request", (message, response) => {
    const line = lines.get(message.socket);
    if (line) Object.assign(line, { message, response, readAtEnd: null, since: tick() });
  });

  /** What the other end is expected to send. */
  function awaited(line: Line, read: number): "head" | "body" | "next head" | "nothing" {
    if (!line.message || !line.response) return "head";
    if (!line.message.complete) return "body";
    if (!line.response.writableFinished) return "nothing";
    line.readAtEnd ??= read;
    return read > line.readAtEnd ? "head" : "next head";
  }

  function sweep(): void {
    const now = tick();
    for (const [socket, line] of lines) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== line.bytes) Object.assign(line, { bytes, movedAt: now });
      const what = awaited(line, socket.bytesRead);
      const limit = what === "head" ? headMs : bodyMs;
      line.since = what === "head" || what === "body" ? (line.since ?? now) : null;
      if ((line.since !== null && now - line.since > limit) || now - line.movedAt > idleMs) socket.destroy();
    }
  }

  let timer: Timer | null = null;
  return {
    watch(socket) {
      timer ??= setInterval(sweep, Math.min(SWEEP_MS, headMs / 4, idleMs / 4)).unref();
      const now = tick();
      lines.set(socket, { bytes: 0, movedAt: now, message: null, response: null, readAtEnd: null, since: now });
      socket.once("close", () => lines.delete(socket));
    },
    closeIdle() {
      for (const [socket, line] of lines) if (awaited(line, socket.bytesRead) === "next head") socket.destroy();
    },
    closeAll() {
      if (timer) clearInterval(timer);
      for (const socket of lines.keys()) socket.destroy();
    },
  };
}
