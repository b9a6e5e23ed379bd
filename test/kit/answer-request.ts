// The app without a listener: a Request of this process in, a Response out, by the rules that server.ts has for the network.
import { ApiError } from "@ostiary/shared/errors.ts";
import { type App, isStream, normalisePath } from "../../engine/http/exchange.ts";

/** `peer`: the address the client seems to have. */
export async function answerRequest(app: App, request: Request, peer = "127.0.0.1"): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const { status, headers, body } = await app({
    method: request.method === "HEAD" ? "GET" : request.method,
    target: pathname,
    path: normalisePath(pathname),
    query: search.slice(1),
    headers: request.headers,
    namesTwoHosts: () => false,
    peer,
    line: request,
    isGone: () => false,
    async read(limit) {
      const bytes = await request.bytes();
      if (bytes.length > limit) throw new ApiError("body_too_large", { limit });
      return bytes;
    },
  });
  const sent = isStream(body) ? (await Array.fromAsync(body)).join("") : body;
  return new Response(status === 204 || status === 304 ? null : sent, { status, headers });
}
