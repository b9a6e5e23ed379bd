// Who calls? The JWT stands bare in `PI-Authorization` or, looked at second, `Authorization` (rest-api.md 1.5, W6).
import type { Access } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Caller, Sessions } from "../services/sessions.ts";
import type { Bag } from "./bag.ts";

/** Errors: 4033 no token, 4304 and 4305 a bad one, 4306 a user where an administrator is needed. */
export async function authenticate(access: Access, headers: Pick<Headers, "get">, sessions: Sessions): Promise<Caller | null> {
  // Some clients send their token everywhere; where nobody is asked it is not even read.
  if (access === "none") return null;
  const header = headers.get("pi-authorization") || headers.get("authorization");
  const token = header?.trim().replace(/^bearer\s+/i, "");
  if (!token) throw new ApiError("missing_authorization");
  const caller = await sessions.verify(token);
  if (access === "admin" && caller.role !== "admin") throw new ApiError("role_required", { roles: "admin" });
  return caller;
}

/** A user is always himself, whatever he says (rest-api.md 5, item 42). */
export function forceIdentity(bag: Bag, caller: Caller | null): void {
  if (caller?.role !== "user") return;
  bag.set("user", caller.username);
  bag.set("realm", caller.realm);
  bag.set("resolver", caller.user.resolver);
}
