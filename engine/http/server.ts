// The listener: node:http, because only there the body of a GET reaches us, and clients send one (clients-contract.md W2).
// Bun.serve is quicker, but drops that body; and serving both through one port (Bun.serve routes under node:http) let a client
// that sent two requests at once kill the process: there Bun writes the answers to a connection it may have freed.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server as Door, Socket } from "node:net";
import { type ConnectionBounds, checkEvery, DEFAULT_BOUNDS, limitConnections, limitTimes } from "./connections.ts";
import { type App, isStream, type Outgoing, toInbound } from "./exchange.ts";
import { createBodyReader, hasOddFraming } from "./read-body.ts";
import type { TlsFront } from "./tls-front.ts";

export interface Listener {
  hostname: string;
  port: number;
  /** No new connections; resolves when the open requests are answered or `graceMs` is over. */
  stop(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  hostname: string;
  /** 0: any free one */
  port: number;
  /** With it HTTPS, else HTTP. */
  tls?: TlsFront | undefined;
  /** Sent with every answer. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** How many connections, and how long each may take. */
  bounds?: ConnectionBounds | undefined;
}

/** Requests one connection may have open: who sends more without reading the answers is cut off. */
const MAX_PIPELINED = 64;
/** Bytes of answers a connection may leave unread before it sends another request. */
const MAX_UNREAD = 1024 * 1024;
/** How often a stop looks whether all is answered. */
const DRAIN_LOOK_MS = 10;

/** Opens the port. Error: what the system says, e.g. EADDRINUSE. */
export async function listen(
  app: App,
  { hostname, port, tls, headers: always, bounds = DEFAULT_BOUNDS }: ListenOptions,
): Promise<Listener> {
  /** How many are being answered, and how many answers a slow client has not taken yet. Numbers: a Set of the responses kept what
   * it had held alive past the next collection, which made the marking of each three times as dear. */
  const at = { work: 0, sending: 0 };
  const readBody = createBodyReader(bounds.bodyBytes);
  const lines = new WeakMap<Socket, { requests: number }>();
  const server = createServer({ connectionsCheckingInterval: checkEvery(bounds) }, (message, response) => {
    const { socket } = message;
    let line = lines.get(socket);
    if (!line) {
      line = { requests: 0 };
      lines.set(socket, line);
    }
    if (line.requests === MAX_PIPELINED || socket.writableLength > MAX_UNREAD) {
      socket.destroy();
      return;
    }
    line.requests++;
    response.once("close", () => void line.requests--);
    void serve(message, response);
  });
  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    at.work++;
    try {
      await send(message, response, await app(toInbound(message, readBody)), always);
      if (response.writableLength > 0) {
        at.sending++;
        response.once("close", () => void at.sending--);
      }
    } catch {
      response.destroy();
    }
    at.work--;
  }
  limitTimes(server, bounds);
  const front = tls?.attach(server, bounds);
  const door: Door = front?.listener ?? server;
  limitConnections(door, () => (front ? front.sweep.closeIdle() : server.closeIdleConnections()), bounds);
  await openPort(door, hostname, port);

  async function drain(what: keyof typeof at, deadline: number): Promise<void> {
    while (at[what] > 0 && performance.now() < deadline) await Bun.sleep(DRAIN_LOOK_MS);
  }
  return {
    hostname,
    port: (door.address() as AddressInfo).port,
    async stop(graceMs) {
      const deadline = performance.now() + graceMs;
      // close() takes a connection for idle whose answer is written but not yet sent, and cuts it off.
      if (at.sending > 0) await drain("sending", deadline);
      door.close();
      await drain("work", deadline);
      await drain("sending", deadline);
      if (front) front.sweep.closeAll();
      else server.closeAllConnections();
    },
  };
}

function openPort(server: Door, hostname: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/** Done when all of the answer is handed to the connection, which may still have to send it. */
function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Outgoing,
  always: ListenOptions["headers"],
): Promise<void> | undefined {
  const sent: Record<string, string | number> = { ...headers, ...always };
  if (status !== 204 && status !== 304 && !isStream(body))
    sent["content-length"] = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  // What is left of a body that was too large would have to be read before the next request.
  if (!message.complete || hasOddFraming(message)) sent.connection = "close";
  response.writeHead(status, sent);
  if (message.method === "HEAD") response.end();
  else if (isStream(body)) return sendPieces(response, body);
  else response.end(body);
  return undefined;
}

/** Sends what is made piece by piece, no faster than the client takes it. A client that goes away ends the making. */
async function sendPieces(response: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await waitForRoom(response);
  }
  response.end();
}

function waitForRoom(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.removeListener("drain", go);
      response.removeListener("close", go);
      resolve();
    };
    response.on("drain", go);
    response.on("close", go);
  });
}
