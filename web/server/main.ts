// The site as a program: one Bun process before the engine, started by `ostiary serve` or `ostiary web` with its settings in the
// environment. It ends when its standard input does: whoever started it is gone then.
import { join } from "node:path";
import type { Server as Kit } from "@sveltejs/kit";
import { createClientAddress } from "./client-address.ts";
import { CONFIG_VARIABLE, readConfig } from "./config.ts";
import { pageHeaders } from "./headers.ts";
import { openSessionKey } from "./session-key.ts";
import { createSite } from "./site.ts";
import { openStaticFiles } from "./static-files.ts";

const BODY_LIMIT = 1024 * 1024;

const config = readConfig(process.env[CONFIG_VARIABLE]);
const site = createSite(config, openSessionKey(config.keyFile));
const clientAddress = createClientAddress(config.proxies);
const files = openStaticFiles(join(config.build, "client"));
const headers = Object.entries(pageHeaders(site.secure ? config.hstsSeconds : 0));

const { server: kit } = (await import(join(config.build, "server", "server.js"))) as { server: Kit };
await kit.init({ env: {}, read: (file) => Bun.file(join(config.build, "client", file)).stream() });

const http = Bun.serve({
  hostname: config.host,
  port: config.port,
  maxRequestBodySize: BODY_LIMIT,
  idleTimeout: 60,
  async fetch(request, self) {
    const response = await answer(request, self.requestIP(request)?.address ?? "");
    for (const [name, value] of headers) if (!response.headers.has(name)) response.headers.set(name, value);
    return response;
  },
  error(error) {
    console.error(JSON.stringify({ level: "error", part: "site", message: "a request failed", error: String(error) }));
    return new Response("The site met an unexpected error.", { status: 500 });
  },
});

async function answer(request: Request, peer: string): Promise<Response> {
  const url = site.locate(request);
  if (url === null) return new Response("This is no address of the site.", { status: 400 });
  // Links of the site are relative: without the slash they would lead out of its path.
  if (url === "slash missing") return new Response(null, { status: 308, headers: { location: `${site.base}/` } });
  const file = files(url.pathname, request) ?? site.custom.file(url.pathname, request);
  if (file) return file;
  const client = clientAddress(peer, request.headers.get("x-forwarded-for"));
  return kit.respond(new Request(url, request), { platform: { site }, getClientAddress: () => client });
}

const host = config.host.includes(":") ? `[${config.host}]` : config.host;
console.log(`site on http://${host}:${http.port}${site.base}/`);

// A call that was refused after its page was answered: nobody waits for it, and it must not end the site for everybody else.
process.on("unhandledRejection", (error) => {
  console.error(JSON.stringify({ level: "error", part: "site", message: "a promise nobody waited for", error: String(error) }));
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  await Promise.race([http.stop(), Bun.sleep(2000)]);
  process.exit(0);
}
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
process.stdin.resume();
process.stdin.on("end", stop);
process.stdin.on("close", stop);
