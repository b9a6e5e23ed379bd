// Closes connections that stand still. node:http of Bun 1.4.5 keeps its timeouts (idle, slow head, slow body) only on connections
// that it accepted itself, not on those that TLS hands over: for these the sweep does it, some seconds late, at no cost to a request.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

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
  receivingSince: number | null;
}

export interface Sweep {
  watch(socket: Socket): void;
  closeAll(): void;
}

const SWEEP_MS = 2000;

/** The times are those of `server` (connections.ts). `tick`: monotonic, in milliseconds. */
export function startSweep(server: Server, tick: () => number = () => performance.now()): Sweep {
  const { keepAliveTimeout: idleMs, headersTimeout, requestTimeout } = server;
  const lines = new Map<Socket, Line>();
  server.on("request", (message, response) => {
    const line = lines.get(message.socket);
    if (line) Object.assign(line, { message, response, readAtEnd: null, receivingSince: tick() });
  });

  function isReceiving(line: Line, read: number): boolean {
    if (!line.message || !line.response) return true;
    if (!line.message.complete) return true;
    if (!line.response.writableFinished) return false;
    line.readAtEnd ??= read;
    return read > line.readAtEnd;
  }

  function sweep(): void {
    const now = tick();
    for (const [socket, line] of lines) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== line.bytes) Object.assign(line, { bytes, movedAt: now });
      line.receivingSince = isReceiving(line, socket.bytesRead) ? (line.receivingSince ?? now) : null;
      const inBody = line.message !== null && !line.message.complete;
      const late = line.receivingSince !== null && now - line.receivingSince > (inBody ? requestTimeout : headersTimeout);
      if (late || now - line.movedAt > idleMs) socket.destroy();
    }
  }

  let timer: Timer | null = null;
  return {
    watch(socket) {
      timer ??= setInterval(sweep, Math.min(SWEEP_MS, idleMs / 2, headersTimeout / 2)).unref();
      const now = tick();
      lines.set(socket, { bytes: 0, movedAt: now, message: null, response: null, readAtEnd: null, receivingSince: now });
      socket.once("close", () => lines.delete(socket));
    },
    closeAll() {
      if (timer) clearInterval(timer);
      for (const socket of lines.keys()) socket.destroy();
    },
  };
}
