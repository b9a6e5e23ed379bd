// Sessions are JWTs and nothing else: no table, any node can check them (config-and-tokens.md 002). A token ends by its
// time, or with the administrator or user it was made for; an administrator's also with his password.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { type Claims, JwtError, joinSignature, parseJwt, signingInput } from "../core/jwt.ts";
import type { Directory, User } from "../users/directory.ts";
import type { Vault } from "../vault/vault.ts";
import type { Admins } from "./admins.ts";

export const SESSION_SECONDS = 3600;

/**
 * Somebody who proved who he is. For users, `user` is the person behind the name; an administrator's `generation` is that of
 * the password he knew.
 */
export type Caller =
  | { role: "admin"; username: string; realm: string; generation: number }
  | { role: "user"; username: string; realm: string; user: User };

export interface Sessions {
  issue(caller: Caller, rights: string[]): Promise<string>;
  /** Errors: 4304 unreadable or not ours, 4305 expired or ended. */
  verify(token: string): Promise<Caller>;
}

interface SessionDeps {
  vault: Pick<Vault, "sessionMac">;
  admins: Admins;
  directory: Directory;
  /** milliseconds since 1970 */
  now: () => number;
}

/** Allowed difference of clocks between nodes. */
const LEEWAY_SECONDS = 30;

export function createSessions({ vault, admins, directory, now }: SessionDeps): Sessions {
  const mac = (input: string) => vault.sessionMac(new TextEncoder().encode(input));

  async function findCaller(claims: Claims): Promise<Caller | null> {
    const { username, realm, role } = claims;
    if (role === "admin") {
      const admin = await admins.find(username);
      return admin && admin.generation === claims.generation ? { role, username, realm, generation: admin.generation } : null;
    }
    if (role !== "user") return null;
    const user = await directory.findExact(username, realm);
    return user && user.userId === claims.userid ? { role, username, realm, user } : null;
  }

  return {
    async issue(caller, rights) {
      const seconds = Math.floor(now() / 1000);
      // Of the password that was checked, not of the one in force now: it may have been changed in between.
      const subject = caller.role === "admin" ? { generation: caller.generation } : { userid: caller.user.userId };
      const input = signingInput({
        username: caller.username,
        realm: caller.realm,
        nonce: randomBytes(20).toHex(),
        role: caller.role,
        authtype: "password",
        iat: seconds,
        exp: seconds + SESSION_SECONDS,
        rights,
        ...subject,
      });
      return joinSignature(input, await mac(input));
    },

    async verify(token) {
      const jwt = readJwt(token);
      const expected = await mac(jwt.input);
      if (jwt.signature.length !== expected.length || !timingSafeEqual(jwt.signature, expected))
        throw new ApiError("jwt_unreadable");
      const claims = readClaims(jwt);
      const seconds = now() / 1000;
      if (typeof claims.exp !== "number" || seconds >= claims.exp) throw new ApiError("jwt_expired");
      // A clock that was set back must not give a token a second life beyond its hour.
      if (typeof claims.iat !== "number" || claims.iat > seconds + LEEWAY_SECONDS) throw new ApiError("jwt_unreadable");
      const caller = await findCaller(claims);
      if (!caller) throw new ApiError("jwt_expired");
      return caller;
    },
  };
}

function readJwt(token: string) {
  try {
    return parseJwt(token);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function readClaims(jwt: ReturnType<typeof parseJwt>): Claims {
  try {
    return jwt.readClaims();
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): unknown {
  return cause instanceof JwtError ? new ApiError("jwt_unreadable", {}, { cause }) : cause;
}
