// One call of the REST API as the plug-ins make it: parameters in the query for GET and DELETE, else as a form or JSON; the
// envelope of the answer taken apart (rest-api.md 1.2).
import { noteAnswer, noteParams, noteSecret } from "./ledger.ts";

export type ApiParams = Record<string, unknown>;

export interface ApiOptions {
  /** The Authorization header; "" sends none. */
  token?: string;
  /** Send the parameters as JSON. Values that are objects or lists need it. */
  json?: boolean;
  headers?: Record<string, string>;
}

export interface ApiAnswer<T = unknown> {
  status: number;
  headers: Headers;
  text: string;
  /** The whole body when it is JSON, else undefined. */
  body: Envelope<T> | undefined;
  /** result.value */
  value: T | undefined;
  /** result.error */
  error: { code: number; message: string } | undefined;
  detail: Record<string, unknown> | undefined;
}

export interface Envelope<T = unknown> {
  id: number;
  jsonrpc: string;
  result: { status: boolean; value?: T; authentication?: string; error?: { code: number; message: string } };
  detail?: Record<string, unknown>;
  nonce?: string;
  signature?: string;
  time: number;
  version: string;
  versionnumber: string;
}

/** Sends one request to `base` + `path`. Redirects are not followed. Throws only when no answer comes. */
export async function callApi<T = unknown>(
  base: string,
  method: string,
  path: string,
  params: ApiParams = {},
  { token = "", json = false, headers = {} }: ApiOptions = {},
  send: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Promise<ApiAnswer<T>> {
  noteParams(params);
  noteSecret(token);
  const texts = Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]);
  const query = method === "GET" || method === "DELETE" ? new URLSearchParams(texts).toString() : "";
  const type = json ? "application/json" : "application/x-www-form-urlencoded";
  const inBody = method !== "GET" && method !== "DELETE";
  const response = await send(`${base}${path}${query === "" ? "" : `${path.includes("?") ? "&" : "?"}${query}`}`, {
    method,
    redirect: "manual",
    headers: { ...(inBody ? { "content-type": type } : {}), ...(token === "" ? {} : { authorization: token }), ...headers },
    ...(inBody ? { body: json ? JSON.stringify(params) : new URLSearchParams(texts).toString() } : {}),
  });
  const text = await response.text();
  const body = parseEnvelope<T>(text);
  noteAnswer(response.status, text, body);
  const { value, error } = body?.result ?? {};
  return { status: response.status, headers: response.headers, text, body, value, error, detail: body?.detail };
}

/** The text as an envelope; undefined when it is not JSON. */
function parseEnvelope<T>(text: string): Envelope<T> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
