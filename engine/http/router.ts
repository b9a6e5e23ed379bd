// Elysia as the router of paths with parameters; a path without any is found by its text, so that a log-in pays for a look-up
// and not for what Elysia builds around a call. It is given an exchange where it expects a Request: of that it reads `method` and `url` and passes the
// rest on untouched. The answer goes back in the exchange, not as a Response.
import { Elysia } from "elysia";
import type { App, Inbound, Outgoing } from "./exchange.ts";

interface Exchange extends Inbound {
  /** The path below a host of fixed length: Elysia looks for the path from the eleventh character of the URL. */
  url: string;
  answer: Outgoing | null;
}

export type Route = (inbound: Inbound) => Promise<Outgoing>;

/** What Elysia gets in place of an answer; always the same one, it is never sent. */
const ANSWERED = new Response(null, { status: 204 });

export interface Router {
  /** `path` in Elysia's form, without a slash at the end. */
  add(method: string, path: string, route: Route): void;
  /** Every other method and path. */
  otherwise(route: Route): void;
  app: App;
}

export function createRouter(): Router {
  const elysia = new Elysia({ aot: true, normalize: false });
  const fixed = new Map<string, Route>();
  const answer =
    (route: Route) =>
    async ({ request }: { request: Request }): Promise<Response> => {
      const exchange = request as unknown as Exchange;
      exchange.answer = await route(exchange);
      return ANSWERED;
    };
  return {
    add(method, path, route) {
      if (path.includes(":")) elysia.route(method, path, answer(route), { parse: "none" });
      else fixed.set(`${method} ${path}`, route);
    },
    otherwise: (route) => void elysia.all("/*", answer(route), { parse: "none" }),
    app(inbound) {
      const route = fixed.get(`${inbound.method} ${inbound.path}`);
      return route ? route(inbound) : askElysia(inbound);
    },
  };

  async function askElysia(inbound: Inbound): Promise<Outgoing> {
    const exchange: Exchange = Object.assign(inbound, { url: `http://localhost${inbound.path}`, answer: null });
    await elysia.fetch(exchange as unknown as Request);
    if (!exchange.answer) throw new Error("the router did not call a route");
    return exchange.answer;
  }
}
