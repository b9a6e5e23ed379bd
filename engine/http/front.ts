// The first thing a request meets: its path made plain, so that the router sees one form only.
import { attachInbound, queryOf } from "./inbound.ts";

/** Elysia looks for the path from the eleventh character of the URL; a shorter host would shift it into the path. */
const SHORTEST_HOST_END = "http://abcd".length;

/**
 * Takes a Request as Bun made it, returns one the router understands: doubled and trailing slashes gone (W20, rest-api.md 1.7).
 * The common case costs one look and no copy.
 */
export function admit(request: Request, peer: string): Request {
  const { url } = request;
  const hostEnd = url.indexOf("/", url.indexOf("://") + 3);
  const mark = url.indexOf("?");
  const path = hostEnd < 0 ? "/" : url.slice(hostEnd, mark < 0 ? undefined : mark);
  const plain = normalisePath(path);
  const fit = plain === path && hostEnd >= SHORTEST_HOST_END;
  const routed = fit ? request : new Request(`http://localhost${plain}`, request);
  const { method, headers } = request;
  return attachInbound({ method, query: queryOf(url), headers, peer, body: null, request: routed });
}

/** `//token//init/` and `/token/init` are the same. Dots are left alone: no file is served. */
export function normalisePath(path: string): string {
  const single = path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
  return single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
}
