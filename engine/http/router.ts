// Elysia as the router. It is given an exchange where it expects a Request: of that it reads `method` and `url` and passes the
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
  const answer =
    (route: Route) =>
    async ({ request }: { request: Request }): Promise<Response> => {
      const exchange = request as unknown as Exchange;
      exchange.answer = await route(exchange);
      return ANSWERED;
    };
  return {
    add: (method, path, route) => void elysia.route(method, path, answer(route), { parse: "none" }),
    otherwise: (route) => void elysia.all("/*", answer(route), { parse: "none" }),
    async app(inbound) {
      const exchange: Exchange = Object.assign(inbound, { url: `http://localhost${inbound.path}`, answer: null });
      await elysia.fetch(exchange as unknown as Request);
      if (!exchange.answer) throw new Error("the router did not call a route");
      return exchange.answer;
    },
  };
}
