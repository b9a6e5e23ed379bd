// A typed client made from the catalogue: one method, the endpoint's name, its parameters, its value.
//
//   const api = createClient({ baseUrl: "http://127.0.0.1:8080" });
//   const { value } = await api("authLogin", { username: "admin", password });
import { type Catalogue, catalogue, type EndpointName } from "./catalogue.ts";
import type { Endpoint, Method, ParamsOf, ValueOf } from "./endpoint.ts";
import type { Authentication, Envelope } from "./envelope.ts";

/** A refusal by the server, as the envelope tells it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  readonly code: number;
  readonly detail: Record<string, unknown> | null;
  constructor(status: number, code: number, message: string, detail: Record<string, unknown> | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

export interface ClientOptions {
  baseUrl: string;
  /** The JWT of POST /auth. */
  token?: string;
  fetch?: (request: Request) => Promise<Response>;
}

export interface Answer<Value> {
  value: Value;
  authentication?: Authentication;
  detail?: Record<string, unknown>;
}

type Call = <Name extends EndpointName>(
  name: Name,
  params: ParamsOf<Catalogue[Name]> & Record<string, unknown>,
  method?: Method,
) => Promise<Answer<ValueOf<Catalogue[Name]>>>;

/** Returns the caller. It throws RefusedError for an error envelope, and what fetch throws when nobody answers. */
export function createClient(options: ClientOptions): Call {
  const send = options.fetch ?? fetch;
  return async (name, params, method) => {
    const response = await send(toRequest(options, name, params, method));
    const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "");
    const body: unknown = isJson ? await response.json() : await response.text();
    // Without an envelope: the endpoints for machines. Their refusals have one.
    if (!isEnvelope(body)) {
      if ((catalogue[name] as Endpoint).raw) return { value: body as never };
      throw new Error(`HTTP ${response.status} without an envelope: this is no Ostiary, or something stands before it`);
    }
    const envelope = body;
    if (!envelope.result.status) {
      throw new RefusedError(
        response.status,
        envelope.result.error.code,
        envelope.result.error.message,
        envelope.detail as Record<string, unknown> | null,
      );
    }
    return {
      value: envelope.result.value as never,
      ...(envelope.result.authentication ? { authentication: envelope.result.authentication } : {}),
      ...(envelope.detail ? { detail: envelope.detail } : {}),
    };
  };
}

const isEnvelope = (body: unknown): body is Envelope => typeof body === "object" && body !== null && "jsonrpc" in body;

/** The request of a call, for who wants the answer as it comes (files). */
export function toRequest(
  options: Pick<ClientOptions, "baseUrl" | "token">,
  name: EndpointName,
  params: Record<string, unknown>,
  wanted?: Method,
): Request {
  const endpoint: Endpoint = catalogue[name];
  const method = wanted ?? endpoint.methods[0] ?? "GET";
  const rest = new Map(Object.entries(params).filter(([, value]) => value !== undefined));
  const path = pathFor(endpoint, rest);
  // Who says nothing of himself is decoded once only (clients-contract.md W4); a browser puts its own name here.
  const headers = new Headers({ "User-Agent": "ostiary-client" });
  if (options.token) headers.set("Authorization", options.token);
  const base = options.baseUrl.replace(/\/+$/, "");
  if (method === "GET") {
    const query = new URLSearchParams([...rest].map(([key, value]): [string, string] => [key, encodeTwice(value)]));
    return new Request(`${base}${path}${rest.size ? `?${query}` : ""}`, { headers });
  }
  headers.set("Content-Type", "application/json");
  return new Request(base + path, { method, headers, body: JSON.stringify(Object.fromEntries(rest)) });
}

/** The longest path whose parameters are all given; they leave `rest`. */
function pathFor(endpoint: Endpoint, rest: Map<string, unknown>): string {
  const names = (path: string) => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  const fits = endpoint.paths.filter((path) => names(path).every((name) => rest.has(name)));
  const path = fits.sort((a, b) => names(b).length - names(a).length)[0] ?? endpoint.paths[0] ?? "/";
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(encodeTwice(value));
  });
}

/** Query and path values are percent-decoded twice by the contract (rest-api.md 1.7). */
function encodeTwice(value: unknown): string {
  return String(value).replaceAll("%", "%25");
}
