import { ApiError } from "@ostiary/shared/errors.ts";
import type { Work } from "./work.ts";

/** An API key or the JWT of another application must not make credentials, or administrators, that outlive it. Error: 303. */
export function requireLogIn({ caller }: Work): void {
  if (caller?.authtype === "API" || caller?.authtype === "trusted") throw new ApiError("log_in_required");
}
