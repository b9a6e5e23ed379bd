// Calls to the engine's REST API, typed by the catalogue that the engine itself runs on.
import type { Catalogue, EndpointName } from "@ostiary/shared/catalogue.ts";
import { type Answer, createClient, RefusedError, toRequest } from "@ostiary/shared/client.ts";
import type { ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";

export type Params<Name extends EndpointName> = ParamsOf<Catalogue[Name]> & Record<string, unknown>;
export type SiteCall = <Name extends EndpointName>(name: Name, params: Params<Name>) => Promise<Answer<ValueOf<Catalogue[Name]>>>;

export interface EngineOptions {
  engine: string;
  jwt?: string;
  /** Of the person, so that audit trail and guards see him and not the site (docs/site.md). */
  client: string;
  lang: string;
}

/** Longer than the slowest answer of an engine that is not ill. */
const PATIENCE_MS = 20_000;
/** A file of a large trail or of a million tokens; one that was cut off would be taken for the whole. */
const FILE_PATIENCE_MS = 3_600_000;

/** The engine did not answer, or what answered is no engine. */
export class EngineAwayError extends Error {
  override readonly name = "EngineAwayError";
}

/** Returns the caller. It throws RefusedError for what the engine refuses, EngineAwayError when nobody answers. */
export function createEngineCall(options: EngineOptions): SiteCall {
  const call = createClient({ baseUrl: options.engine, token: options.jwt, fetch: (request) => send(request, options) });
  return (name, params) =>
    call(name, params).catch((error: unknown) => {
      throw error instanceof RefusedError || error instanceof EngineAwayError ? error : new EngineAwayError(String(error));
    });
}

/** An answer as it comes, for files. Error: EngineAwayError. */
export function fetchFile(
  name: EndpointName,
  params: Record<string, unknown>,
  options: EngineOptions,
  patience = FILE_PATIENCE_MS,
): Promise<Response> {
  return send(toRequest({ baseUrl: options.engine, token: options.jwt }, name, params), options, patience);
}

function send(request: Request, { client, lang }: EngineOptions, patience = PATIENCE_MS): Promise<Response> {
  if (client) request.headers.set("x-forwarded-for", client);
  request.headers.set("accept-language", lang);
  request.headers.set("user-agent", "ostiary-site");
  return fetch(request, { signal: AbortSignal.timeout(patience), redirect: "error" }).catch((error: unknown) => {
    throw new EngineAwayError(String(error));
  });
}

/** The engine does not know the session any more (rest-api.md 1.3: 4033 missing, 4304 unreadable, 4305 over). */
export function isSessionOver(error: unknown): boolean {
  return error instanceof RefusedError && error.status === 401 && [4033, 4304, 4305].includes(error.code);
}
