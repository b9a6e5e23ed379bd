// The routes: every entry of the catalogue with its handler, registered in a loop.
import { catalogue, type EndpointName } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { Elysia } from "elysia";
import type { Engine } from "../services/engine.ts";
import type { Handlers } from "./call.ts";
import { type AnyHandler, compileEndpoint } from "./dispatch.ts";
import { errorBody, respond } from "./respond.ts";
import { authRoutes } from "./routes/auth.ts";
import { operationRoutes } from "./routes/operation.ts";
import { realmRoutes } from "./routes/realm.ts";
import { resolverRoutes } from "./routes/resolver.ts";
import { systemRoutes } from "./routes/system.ts";
import { tokenRoutes } from "./routes/token.ts";
import { userRoutes } from "./routes/user.ts";
import { validateRoutes } from "./routes/validate.ts";

const handlers: Handlers<EndpointName> = {
  ...authRoutes,
  ...validateRoutes,
  ...tokenRoutes,
  ...userRoutes,
  ...resolverRoutes,
  ...realmRoutes,
  ...systemRoutes,
  ...operationRoutes,
};

export type App = (request: Request) => Promise<Response>;

/** The app as a function; no port is opened. Paths come in normalised (front.ts). */
export function createApp(engine: Engine): App {
  const app = new Elysia({ aot: true, normalize: false });
  const methodsOf = new Map<string, Set<string>>();
  for (const name of Object.keys(catalogue) as EndpointName[]) {
    const entry: Endpoint = catalogue[name];
    for (const path of entry.paths) {
      const run = compileEndpoint(entry, path, handlers[name] as unknown as AnyHandler, engine);
      const routed = path.length > 1 ? path.replace(/\/$/, "") : path;
      for (const method of entry.methods) {
        app.route(method, routed, ({ request, params }) => run(request, params as Record<string, string>), { parse: "none" });
        const shape = routed.replace(/:\w+/g, ":");
        methodsOf.set(shape, (methodsOf.get(shape) ?? new Set()).add(method));
      }
    }
  }
  const unsigned = { mode: "never" as const, vault: engine.vault };
  app.all("/*", ({ request }) => refuseUnrouted(request, methodsOf, engine, unsigned), { parse: "none" });
  return async (request) => app.fetch(request);
}

/** 404 and 405 in the envelope; OPTIONS says what there is. */
async function refuseUnrouted(
  request: Request,
  methodsOf: Map<string, Set<string>>,
  engine: Engine,
  signing: Parameters<typeof respond>[3],
): Promise<Response> {
  const allowed = findMethods(new URL(request.url).pathname, methodsOf);
  if (!allowed) return respond(errorBody(new ApiError("unknown_path"), engine.now()), 404, undefined, signing);
  const allow = [...allowed, "OPTIONS"].join(", ");
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow, "cache-control": "no-cache" } });
  const error = new ApiError("method_not_allowed", { allowed: allow });
  return respond(errorBody(error, engine.now()), error.spec.status, undefined, signing, { allow });
}

function findMethods(path: string, methodsOf: Map<string, Set<string>>): Set<string> | null {
  const found = new Set<string>();
  const parts = path.split("/");
  for (const [shape, methods] of methodsOf) {
    const wanted = shape.split("/");
    if (wanted.length === parts.length && wanted.every((part, index) => part === ":" || part === parts[index])) {
      for (const method of methods) found.add(method);
    }
  }
  return found.size > 0 ? found : null;
}
