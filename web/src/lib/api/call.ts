// Calls to the engine from a page: typed by the catalogue, sent to the one route of the site that hands them on.
//
//   const { value } = await call("tokenList", { serial: "OATH*" });
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import { to } from "#lib/to.ts";
import type { Callable } from "../server/callable.ts";
import { goToLogIn } from "./session-end.ts";

/** The engine, or the site, refused; `message` is in the language of the person and says what to do. */
export class CallError extends Error {
  override readonly name = "CallError";
  /** HTTP status; 0: nobody answered. */
  readonly status: number;
  /** Number of the engine's error table. */
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface CallAnswer<Value> {
  value: Value;
  detail?: Record<string, unknown>;
}

/**
 * Errors: CallError. When the session is over the page goes to the log-in, and the call never ends.
 * @param params of the endpoint; what is undefined is not sent
 */
export async function call<Name extends Callable>(
  name: Name,
  params: ParamsOf<Catalogue[Name]> & Record<string, unknown>,
): Promise<CallAnswer<ValueOf<Catalogue[Name]>>> {
  const response = await fetch(to("/api/call"), {
    method: "POST",
    headers: { "content-type": "application/json", "x-ostiary-site": "1" },
    body: JSON.stringify({ name, params }),
  }).catch(() => {
    throw new CallError(0, 0, "");
  });
  const body = (await response.json().catch(() => null)) as
    | (CallAnswer<never> & { error?: { code: number; message: string } })
    | null;
  if (response.status === 401 && body?.error?.code === 4305) {
    goToLogIn(true);
    return new Promise(() => {});
  }
  if (body === null || body.error) throw new CallError(response.status, body?.error?.code ?? 0, body?.error?.message ?? "");
  return body;
}
