// What a request says about its client's address. The parameter counts below /validate, /ttype and /auth only (rest-api.md 1.7).
import type { ClientClaims } from "../core/client-chain.ts";
import type { Bag } from "./bag.ts";

const TAKES_PARAMETER = /^\/(?:validate|ttype|auth)(?:\/|$)/;

/** Compiled for a path; `bag` null: the parameters are not read yet. */
export function compileClaims(path: string): (headers: Pick<Headers, "get">, bag: Bag | null) => ClientClaims {
  const takesParameter = TAKES_PARAMETER.test(path);
  return (headers, bag) => {
    const parameter = takesParameter ? bag?.get("client") : null;
    return { forwarded: headers.get("x-forwarded-for"), parameter: typeof parameter === "string" ? parameter : null };
  };
}
