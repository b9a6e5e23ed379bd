// What a role may do while no policy says otherwise: everything its endpoints offer (rest-api.md 1.5).
import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { type TokenTypeSpec, tokenTypes } from "@ostiary/shared/token-types.ts";

/** Token types a role may enrol: an administrator all, a user those that are offered to users. */
export function listEnrolable(role: "admin" | "user"): TokenTypeSpec[] {
  const types: TokenTypeSpec[] = Object.values(tokenTypes);
  return types.filter(({ offeredTo }) => role === "admin" || offeredTo.includes(role));
}

/** Names of the actions, sorted. `{TYPE}` becomes each token type in capitals. */
export function listRights(role: "admin" | "user"): string[] {
  const rights = new Set<string>();
  for (const { right, access } of Object.values(catalogue) as Endpoint[]) {
    if (!right || access === "none" || (access === "admin" && role !== "admin")) continue;
    if (!right.includes("{TYPE}")) rights.add(right);
    else for (const { kind } of listEnrolable(role)) rights.add(right.replace("{TYPE}", kind.toUpperCase()));
  }
  return [...rights].sort();
}
