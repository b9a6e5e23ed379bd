// The routes: every entry of the catalogue with its handler, registered in a loop.
import { catalogue, type EndpointName } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { unquote } from "../core/percent.ts";
import type { Engine } from "../services/engine.ts";
import type { Soon } from "../store/store.ts";
import { type AnyHandler, compileEndpoint } from "./dispatch.ts";
import type { App, Inbound, Outgoing } from "./exchange.ts";
import { keepGate } from "./gate.ts";
import { handlers } from "./handlers.ts";
import { errorBody, GUARDED, respond, type Signing } from "./respond.ts";
import { createRouter } from "./router.ts";
import { languageFor, tellError } from "./speak.ts";
import { listViewerRoutes } from "./viewer.ts";

/** The app as a function; no port is opened. */
export function createApp(engine: Engine): App {
  const router = createRouter();
  const methodsOf = new Map<string, Set<string>>();
  for (const name of Object.keys(catalogue) as EndpointName[]) {
    const entry: Endpoint = catalogue[name];
    for (const path of entry.paths) {
      const run = compileEndpoint(entry, path, handlers[name] as unknown as AnyHandler, engine);
      const routed = path.length > 1 ? path.replace(/\/$/, "") : path;
      const readPath = compilePath(routed);
      for (const method of entry.methods) {
        router.add(method, routed, (inbound) => run(inbound, readPath(inbound.path)));
        const shape = routed.replace(/:\w+/g, ":");
        methodsOf.set(shape, (methodsOf.get(shape) ?? new Set()).add(method));
      }
    }
  }
  if (engine.settings["server.docs"]) {
    for (const [path, route] of listViewerRoutes()) {
      router.add("GET", path, route);
      methodsOf.set(path, new Set(["GET"]));
    }
  }
  const refuse = createRefusal(engine);
  router.otherwise((inbound) => refuseUnrouted(inbound, methodsOf, refuse));
  // RFC 9112 3.2: two Host headers are a 400, whatever the path.
  const app: App = (inbound) =>
    inbound.namesTwoHosts() ? Promise.resolve(refuse(inbound, new ApiError("host_twice"))) : router.app(inbound);
  return belowPrefix(engine.settings["server.base_path"], keepGate(app, engine));
}

type Refuse = (inbound: Inbound, error: ApiError, extra?: Record<string, string>) => Soon<Outgoing>;

/** For what reaches no endpoint: in the envelope, unsigned, without an audit row. */
function createRefusal(engine: Engine): Refuse {
  const unsigned: Signing = { mode: "never", vault: engine.vault };
  return ({ headers }, error, extra) => {
    const told = tellError(error, languageFor(headers, engine.settings));
    const body = errorBody(error, told.message, engine.now());
    return respond(body, error.spec.status, undefined, unsigned, { ...told.headers, ...extra });
  };
}

/** Z15: what lies below the prefix lies at the root as well, whether or not a proxy has taken the prefix away. */
function belowPrefix(prefix: string, app: App): App {
  if (prefix === "/") return app;
  return (inbound) => {
    if (inbound.path === prefix) inbound.path = "/";
    else if (inbound.path.startsWith(`${prefix}/`)) inbound.path = inbound.path.slice(prefix.length);
    return app(inbound);
  };
}

/**
 * The path parameters of a route, percent-decoded once. The router's own decoding drops a value with an escape that is none;
 * ours leaves the escape as it was typed, as in every other parameter.
 */
function compilePath(routed: string): (path: string) => Record<string, string> {
  const places = routed.split("/").flatMap((part, index) => (part.startsWith(":") ? [{ name: part.slice(1), index }] : []));
  if (places.length === 0) return () => ({});
  return (path) => {
    const parts = path.split("/");
    return Object.fromEntries(places.map(({ name, index }) => [name, unquote(parts[index] ?? "")]));
  };
}

/** 404 and 405 in the envelope; OPTIONS says what there is. */
async function refuseUnrouted(inbound: Inbound, methodsOf: Map<string, Set<string>>, refuse: Refuse): Promise<Outgoing> {
  const allowed = findMethods(inbound.path, methodsOf);
  if (!allowed) return refuse(inbound, new ApiError("unknown_path"));
  // RFC 9110 9.3.2: who answers GET answers HEAD.
  const allow = [...allowed]
    .flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : [one]))
    .concat("OPTIONS")
    .join(", ");
  if (inbound.method === "OPTIONS") return { status: 204, headers: { allow, ...GUARDED }, body: "" };
  return refuse(inbound, new ApiError("method_not_allowed", { allowed: allow }), { allow });
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
