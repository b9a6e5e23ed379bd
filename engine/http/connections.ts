// What a client may hold open: how many connections, and how long each may take for what it sends. node:http of Bun 1.4.5 keeps
// the times of connections that it accepted itself (408 and closed); for those of TLS connection-sweep.ts does.
//
//   accepted --- head complete in headMs --- body complete in bodyMs more --- answered --+
//       ^                                                                                | next request in idleMs
//       +--------------------------------------------------------------------------------+
import { readFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { isInAnyNetwork, parseNetwork, subscriberOf } from "../core/cidr.ts";
import type { Engine } from "../services/engine.ts";
import { plainAddress } from "./exchange.ts";

export interface ConnectionBounds {
  headMs: number;
  bodyMs: number;
  idleMs: number;
  /** Of all clients together. */
  connections: number;
  /** Of one IPv4 address or IPv6 network of 64 bits. */
  perAddress: number;
  /** Bytes that bodies on their way may take together. */
  bodyBytes: number;
  /** Addresses that are not counted one by one. */
  isUncounted(peer: string): boolean;
}

/** Of a listener that only this machine reaches. */
export const DEFAULT_BOUNDS: ConnectionBounds = {
  headMs: 10_000,
  bodyMs: 60_000,
  idleMs: 75_000,
  connections: 1000,
  perAddress: 1000,
  bodyBytes: 64 * 1024 ** 2,
  isUncounted: () => true,
};

/** Files, pipes and sockets that are not clients: databases with their logs, workers, the log's reader. */
const OTHER_DESCRIPTORS = 256;
const MOST_BY_DEFAULT = 50_000;
/** How often idle connections are closed to make room, at most. */
const ROOM_MS = 1000;

export function boundConnections({ settings, isProxy }: Engine): ConnectionBounds {
  const uncounted = settings["server.connections_uncounted"].map(parseNetwork);
  return {
    headMs: settings["server.head_seconds"] * 1000,
    bodyMs: settings["server.body_seconds"] * 1000,
    idleMs: settings["server.idle_seconds"] * 1000,
    connections: settings["server.connections"] || countByDescriptors(),
    perAddress: settings["server.connections_per_address"],
    bodyBytes: Math.max(DEFAULT_BOUNDS.bodyBytes, 4 * settings["server.body_limit"]),
    isUncounted: (peer) => isInAnyNetwork(peer, uncounted) || isProxy(peer),
  };
}

function countByDescriptors(): number {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return Math.max(64, Math.min(MOST_BY_DEFAULT, Number(limit ?? MOST_BY_DEFAULT) - OTHER_DESCRIPTORS));
}

/** For createServer: how often node:http looks for requests that take too long. */
export const checkEvery = ({ headMs }: ConnectionBounds): number => Math.min(2000, headMs / 4);

export function limitTimes(server: HttpServer, { headMs, bodyMs, idleMs }: ConnectionBounds): void {
  server.headersTimeout = headMs;
  server.requestTimeout = headMs + bodyMs;
  server.keepAliveTimeout = idleMs;
  server.setTimeout(Math.max(idleMs, headMs + bodyMs));
}

/**
 * Closes at once what is one too many. When all places are taken, those who wait for nothing give theirs: a client that comes
 * back later opens a new connection.
 * @param door what accepts: the server itself, or the TLS in front of it
 */
export function limitConnections(door: Server, closeIdle: () => void, bounds: ConnectionBounds): void {
  const counts = new Map<string, number>();
  let roomMadeAt = Number.NEGATIVE_INFINITY;
  door.maxConnections = bounds.connections;
  door.on("drop", () => {
    const now = performance.now();
    if (now - roomMadeAt < ROOM_MS) return;
    roomMadeAt = now;
    closeIdle();
  });
  door.on("connection", (socket: Socket) => {
    const peer = plainAddress(socket.remoteAddress ?? "");
    if (bounds.isUncounted(peer)) return;
    const source = subscriberOf(peer);
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    socket.once("close", () => {
      const left = (counts.get(source) ?? 1) - 1;
      if (left > 0) counts.set(source, left);
      else counts.delete(source);
    });
    if (count > bounds.perAddress) socket.destroy();
  });
}
