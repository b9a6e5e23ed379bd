// JWTs that this server signs: those of sessions, and API keys. What the claims mean is for sessions.ts and api-keys.ts to say.
import { timingSafeEqual } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { type Claims, JwtError, joinSignature, parseJwt, signingInput } from "../core/jwt.ts";
import type { Vault } from "../vault/vault.ts";

type Mac = Pick<Vault, "sessionMac">;

/** Allowed difference of clocks between nodes. */
const LEEWAY_SECONDS = 30;

const macOf = ({ sessionMac }: Mac, input: string) => sessionMac(new TextEncoder().encode(input));

/** The token over these claims. */
export async function signClaims(claims: Claims, vault: Mac): Promise<string> {
  const input = signingInput(claims);
  return joinSignature(input, await macOf(vault, input));
}

/** Claims of a token that was made here and whose time is not over. Errors: 4304 unreadable or not ours, 4305 expired. */
export async function readSignedClaims(token: string, vault: Mac, nowMs: number): Promise<Claims> {
  const jwt = orUnreadable(() => parseJwt(token));
  const expected = await macOf(vault, jwt.input);
  if (jwt.signature.length !== expected.length || !timingSafeEqual(jwt.signature, expected)) throw new ApiError("jwt_unreadable");
  const claims = orUnreadable(jwt.readClaims);
  const seconds = nowMs / 1000;
  if (typeof claims.exp !== "number" || seconds >= claims.exp) throw new ApiError("jwt_expired");
  // A clock that was set back must not give a token a second life beyond its time.
  if (typeof claims.iat !== "number" || claims.iat > seconds + LEEWAY_SECONDS) throw new ApiError("jwt_unreadable");
  return claims;
}

function orUnreadable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof JwtError ? new ApiError("jwt_unreadable", {}, { cause }) : cause;
  }
}
