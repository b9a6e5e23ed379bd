// A request as it came in and the answer that goes out, without the web's Request and Response: node:http brings and takes the
// parts, and building the objects only to take them apart again costs a login more than its cryptography.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { formatAddress, parseAddress } from "../core/cidr.ts";
import type { ReadBody } from "./read-body.ts";

export interface Inbound {
  /** HEAD comes as the GET whose body is left out (RFC 9110 9.3.2). */
  method: string;
  /** The path as it was sent. */
  target: string;
  /** The same made plain (normalisePath), not decoded. */
  path: string;
  /** Without the leading "?". */
  query: string;
  headers: Pick<Headers, "get">;
  /** Of several Host headers `headers` knows the first; a proxy before us may have gone by another. */
  namesTwoHosts: () => boolean;
  /** Address of the other end. */
  peer: string;
  /** The connection, as a key. */
  line: WeakKey;
  /** The other end has closed the connection: nobody will read an answer. */
  isGone: () => boolean;
  /** Reads the body, at most `limit` bytes of it. Errors: those of ReadBody. */
  read: (limit: number) => Promise<Uint8Array>;
}

export interface Outgoing {
  status: number;
  headers: Record<string, string>;
  body: Body;
}

/** Text or bytes; or pieces of text that are made while they are sent, for what is too long to hold. */
export type Body = string | Uint8Array | AsyncIterable<string>;

export const isStream = (body: Body): body is AsyncIterable<string> => typeof body === "object" && Symbol.asyncIterator in body;

/** The app: it never rejects. */
export type App = (inbound: Inbound) => Promise<Outgoing>;

/** `//token//init/` and `/token/init` are the same (W20, rest-api.md 1.7). Dots are left alone: no file is served. */
export function normalisePath(path: string): string {
  const single = path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
  return single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
}

/** From a message of the network. */
export function toInbound(message: IncomingMessage, readBody: ReadBody): Inbound {
  // RFC 9112 3.2.2: a request to a proxy names the whole address.
  const named = message.url ?? "/";
  const target = named.startsWith("/") ? named : named.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const mark = target.indexOf("?");
  const sent = mark < 0 ? target : target.slice(0, mark);
  const { headers } = message;
  return {
    method: message.method === "HEAD" ? "GET" : (message.method ?? "GET"),
    target: sent,
    path: normalisePath(sent),
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers: { get: (name) => headerOf(headers, name) },
    namesTwoHosts: () => namesTwoHosts(message.rawHeaders),
    peer: plainAddress(message.socket.remoteAddress ?? ""),
    line: message.socket,
    isGone: () => message.socket.destroyed,
    read: (limit) => readBody(message, limit),
  };
}

/** A dual-stack socket reports an IPv4 address as `::ffff:a.b.c.d`: for settings, trail and budgets it is the IPv4 address. */
export function plainAddress(address: string): string {
  const ipv4 = address.startsWith("::ffff:") ? parseAddress(address) : null;
  return ipv4 ? formatAddress(ipv4) : address;
}

/** `raw`: name, value, name, value, ... Making it costs 0.7 µs, and Bun keeps the doubles nowhere else; the look is 0.05 µs. */
function namesTwoHosts(raw: string[]): boolean {
  let found = false;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    // Most names have another length, and most clients write it so.
    if (name.length !== 4 || (name !== "Host" && name.toLowerCase() !== "host")) continue;
    if (found) return true;
    found = true;
  }
  return false;
}

/** One value, as Headers.get gives it: of a header that may stand once the first counts. */
function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return value === undefined ? null : Array.isArray(value) ? value.join(", ") : value;
}
