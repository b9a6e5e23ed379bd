// The listener. POST, PUT and DELETE, which carry the load, are served by Bun directly. Everything else goes through node:http,
// because only there the body of a GET reaches us, and clients send one (clients-contract.md W2). Both share one port: node:http
// on Bun listens through Bun.serve, and while it does so we add our routes to what it passes on. This leans on how Bun 1.4.5
// does it; http/server.test.ts fails if that changes. It can go when Bun.serve hands over the body of a GET.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { App } from "./app.ts";
import { admit, normalisePath } from "./front.ts";
import { attachInbound } from "./inbound.ts";

export interface Listener {
  hostname: string;
  port: number;
  /** No new connections; resolves when the open requests are answered or `graceMs` is over. */
  stop(graceMs: number): Promise<void>;
}

interface ListenOptions {
  hostname: string;
  /** 0: any free one */
  port: number;
  /** Bodies above it are cut off by the runtime, without an envelope. The limits of the routes are lower. */
  hardBodyLimit: number;
}

type BunServer = ReturnType<typeof Bun.serve>;
type ServeOptions = Parameters<typeof Bun.serve>[0];

/** Opens the port. Error: what the system says, e.g. EADDRINUSE. */
export async function listen(app: App, { hostname, port, hardBodyLimit }: ListenOptions): Promise<Listener> {
  const open = new Set<Promise<unknown>>();
  const track = (work: Promise<Response>): Promise<Response> => {
    open.add(work);
    work.then(
      () => open.delete(work),
      () => open.delete(work),
    );
    return work;
  };
  const native = (request: Request, server: BunServer) => track(app(admit(request, server.requestIP(request)?.address ?? "")));
  const server = createServer((message, response) => {
    track(serveNode(app, message, response, hardBodyLimit)).catch(() => response.destroy());
  });
  const bunServer = await listenTogether(server, hostname, port, {
    routes: { "/*": { POST: native, PUT: native, DELETE: native } },
    maxRequestBodySize: hardBodyLimit,
  });
  return {
    hostname,
    port: bunServer.port ?? port,
    async stop(graceMs) {
      server.close();
      bunServer.stop(false);
      const deadline = Date.now() + graceMs;
      while (open.size > 0 && Date.now() < deadline) await Promise.race([...open, Bun.sleep(50)]).catch(() => {});
      bunServer.stop(true);
      server.closeAllConnections();
    },
  };
}

/** node:http calls Bun.serve once within listen(); for that moment ours stands in its place. */
function listenTogether(
  server: ReturnType<typeof createServer>,
  hostname: string,
  port: number,
  extra: Record<string, unknown>,
): Promise<BunServer> {
  const original = Bun.serve;
  const holder = Bun as unknown as { serve: (options: ServeOptions) => BunServer };
  return new Promise((resolve, reject) => {
    let made: BunServer | null = null;
    holder.serve = (options) => {
      made = original.call(Bun, { ...options, ...extra } as ServeOptions) as BunServer;
      return made;
    };
    const restore = () => {
      holder.serve = original as typeof holder.serve;
    };
    server.once("error", (error) => {
      restore();
      reject(error);
    });
    server.listen(port, hostname, () => {
      restore();
      if (made) resolve(made);
      else reject(new Error("this Bun opens ports in another way than http/server.ts knows; use the pinned version"));
    });
    restoreSoon(restore);
  });
}

/** listen() calls Bun.serve before it returns; should it not, nobody else may meet our stand-in. */
function restoreSoon(restore: () => void): void {
  setTimeout(restore, 1000).unref?.();
}

async function serveNode(app: App, message: IncomingMessage, outgoing: ServerResponse, limit: number): Promise<Response> {
  const body = await readMessage(message, limit);
  const response = await app(toRequest(message, body));
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  const bytes = await response.bytes();
  outgoing.setHeader("content-length", bytes.length);
  outgoing.end(message.method === "HEAD" ? undefined : bytes);
  return response;
}

/** At most `limit` + 1 bytes: enough for the route to see that it is too much. */
async function readMessage(message: IncomingMessage, limit: number): Promise<Uint8Array | null> {
  if (message.headers["content-length"] === undefined && message.headers["transfer-encoding"] === undefined) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return size > 0 ? Buffer.concat(chunks) : null;
}

function toRequest(message: IncomingMessage, body: Uint8Array | null): Request {
  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  const path = normalisePath(mark < 0 ? target : target.slice(0, mark));
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? "", message.rawHeaders[index + 1] ?? "");
  }
  const method = message.method ?? "GET";
  // HEAD is answered as GET without the body (RFC 9110 9.3.2).
  const routedMethod = method === "HEAD" ? "GET" : method;
  return attachInbound({
    method: routedMethod,
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers,
    peer: message.socket.remoteAddress ?? "",
    body: body ?? new Uint8Array(0),
    request: new Request(`http://localhost${path}`, { method: routedMethod }),
  });
}
