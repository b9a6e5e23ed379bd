// Who calls? The JWT stands bare in `PI-Authorization` or, looked at second, `Authorization` (rest-api.md 1.5, W6).
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Caller } from "../services/caller.ts";
import type { Engine } from "../services/engine.ts";
import type { Soon } from "../store/store.ts";
import type { Bag } from "./bag.ts";

type Headers = Pick<globalThis.Headers, "get">;

/** Errors: 4033 no token, 4304 and 4305 a bad one, 4306 a user where an administrator is needed, 303 no API key. */
export function authenticate(entry: Endpoint, headers: Headers, engine: Engine): Soon<Caller | null> {
  if (entry.access !== "none") return identify(entry.access, headers, engine);
  // The policy api_key_required will be asked here, beside the setting.
  if (entry.apiKey && engine.settings["auth.api_key_required"]) return requireApiKey(headers, engine);
  // Some clients send their token everywhere; where nobody is asked it is not even read.
  return null;
}

async function identify(access: Endpoint["access"], headers: Headers, engine: Engine): Promise<Caller> {
  const token = readToken(headers);
  if (!token) throw new ApiError("missing_authorization");
  const caller = await engine.sessions.verify(token);
  // A key of role validate opens the endpoints that ask for one, and no other (rest-api.md 5, items 63 and 64).
  if (caller.role === "validate" || (access === "admin" && caller.role !== "admin"))
    throw new ApiError("role_required", { roles: access === "admin" ? "admin" : "admin, user" });
  return caller;
}

function readToken(headers: Headers): string | undefined {
  return (headers.get("pi-authorization") || headers.get("authorization"))?.trim().replace(/^bearer\s+/i, "");
}

/** Nothing else than a key of role validate will do (rest-api.md 1.5). Error: 303. */
async function requireApiKey(headers: Headers, { sessions }: Engine): Promise<null> {
  const token = readToken(headers);
  const holder = token ? await sessions.verify(token).catch(refusedAsNull) : null;
  if (holder?.role !== "validate") throw new ApiError("api_key_missing");
  return null;
}

function refusedAsNull(error: unknown): null {
  if (error instanceof ApiError && error.spec.status < 500) return null;
  throw error;
}

/** A user is always himself, whatever he says (rest-api.md 5, item 42). */
export function forceIdentity(bag: Bag, caller: Caller | null): void {
  if (caller?.role !== "user") return;
  bag.set("user", caller.username);
  bag.set("realm", caller.realm);
  bag.set("resolver", caller.user.resolver);
}
