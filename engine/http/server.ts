// The listener: node:http, because only there the body of a GET reaches us, and clients send one (clients-contract.md W2).
// Bun.serve is quicker, but drops that body; and serving both through one port (Bun.serve routes under node:http) let a client
// that sent two requests at once kill the process: there Bun writes the answers to a connection it may have freed.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server as Door, Socket } from "node:net";
import { type ConnectionBounds, checkEvery, DEFAULT_BOUNDS, limitConnections, limitTimes } from "./connections.ts";
import { type App, isStream, toInbound } from "./exchange.ts";
import { createBodyReader, hasOddFraming, type ReadBody } from "./read-body.ts";
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

/** Opens the port. Error: what the system says, e.g. EADDRINUSE. */
export async function listen(
  app: App,
  { hostname, port, tls, headers: always, bounds = DEFAULT_BOUNDS }: ListenOptions,
): Promise<Listener> {
  const open = new Set<Promise<void>>();
  const flushing = new Set<Promise<void>>();
  const track = (where: Set<Promise<void>>, work: Promise<void>) => {
    where.add(work);
    work.then(() => where.delete(work));
  };
  const readBody = createBodyReader(bounds.bodyBytes);
  const pipelined = new WeakMap<Socket, number>();
  const server = createServer({ connectionsCheckingInterval: checkEvery(bounds) }, (message, response) => {
    const { socket } = message;
    const requests = (pipelined.get(socket) ?? 0) + 1;
    if (requests > MAX_PIPELINED || socket.writableLength > MAX_UNREAD) {
      socket.destroy();
      return;
    }
    pipelined.set(socket, requests);
    response.once("close", () => pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1));
    track(open, handle(message, response));
  });
  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await serve(app, message, response, readBody, always);
      // A slow reader: what he has not taken yet is still to be sent.
      if (response.writableLength > 0) track(flushing, waitForClose(response));
    } catch {
      response.destroy();
    }
  }
  limitTimes(server, bounds);
  const front = tls?.attach(server, bounds);
  const door: Door = front?.listener ?? server;
  limitConnections(door, () => (front ? front.sweep.closeIdle() : server.closeIdleConnections()), bounds);
  await openPort(door, hostname, port);

  async function drain(work: Set<Promise<void>>, deadline: number): Promise<void> {
    while (work.size > 0 && performance.now() < deadline) await Promise.race([...work, Bun.sleep(50)]);
  }
  return {
    hostname,
    port: (door.address() as AddressInfo).port,
    async stop(graceMs) {
      const deadline = performance.now() + graceMs;
      // close() takes a connection for idle whose answer is written but not yet sent, and cuts it off.
      if (flushing.size > 0) await drain(flushing, deadline);
      door.close();
      await drain(open, deadline);
      await drain(flushing, deadline);
      if (front) front.sweep.closeAll();
      else server.closeAllConnections();
    },
  };
}

function waitForClose(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => void response.once("close", resolve));
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

async function serve(
  app: App,
  message: IncomingMessage,
  response: ServerResponse,
  readBody: ReadBody,
  always: ListenOptions["headers"],
): Promise<void> {
  const { status, headers, body } = await app(toInbound(message, readBody));
  const sent: Record<string, string | number> = { ...headers, ...always };
  if (status !== 204 && status !== 304 && !isStream(body))
    sent["content-length"] = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  // What is left of a body that was too large would have to be read before the next request.
  if (!message.complete || hasOddFraming(message)) sent.connection = "close";
  response.writeHead(status, sent);
  if (message.method === "HEAD") response.end();
  else if (isStream(body)) await sendPieces(response, body);
  else response.end(body);
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
