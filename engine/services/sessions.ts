// Who a token stands for. Sessions are JWTs and nothing else: no table, any node can check them (config-and-tokens.md O02). A session ends
// by its time, or with the administrator or user it was made for; a local administrator's with his password, a user's with his
// password where the source shows it, when he logs out everywhere, and an administrator's of a realm when the realm is none of
// administrators any more.
import { randomBytes } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { type Claims, readAlgorithm } from "../core/jwt.ts";
import type { Directory, User } from "../users/directory.ts";
import type { Vault } from "../vault/vault.ts";
import type { Admins } from "./admins.ts";
import type { ApiKeys } from "./api-keys.ts";
import type { Authtype, Caller, ValidateKey } from "./caller.ts";
import type { EndedSessions } from "./ended-sessions.ts";
import { readSignedClaims, signClaims } from "./signed-claims.ts";
import type { TrustedJwts } from "./trusted-jwts.ts";

export type { Caller } from "./caller.ts";

export const SESSION_SECONDS = 3600;

export interface Sessions {
  /** For somebody who just logged in. */
  issue(caller: Caller, rights: string[]): Promise<string>;
  /** Sessions, API keys, JWTs of trusted applications. Errors: 4304 unreadable or not ours, 4305 expired or ended, 403 (TrustedJwts). */
  verify(token: string): Promise<Caller | ValidateKey>;
}

interface SessionDeps {
  vault: Pick<Vault, "sessionMac">;
  admins: Admins;
  apiKeys: ApiKeys;
  ended: EndedSessions;
  directory: Directory;
  trustedJwts: TrustedJwts;
  /** The realm's users are administrators. */
  isSuperuserRealm: (realm: string) => boolean;
  /** What other processes changed up to now is in force. */
  upToDate: () => Promise<void>;
  /** milliseconds since 1970 */
  now: () => number;
}

export function createSessions(deps: SessionDeps): Sessions {
  const { vault, admins, apiKeys, ended, directory, trustedJwts, isSuperuserRealm, now } = deps;

  /** The password's mark as a token may carry it: keyed, so that it tells nothing of the password's hash. */
  async function sealMark({ resolver, userId }: User, mark: string | null): Promise<string> {
    if (mark === null) return "";
    const mac = await vault.sessionMac(new TextEncoder().encode(`mark\0${resolver}\0${userId}\0${mark}`));
    return mac.subarray(0, 8).toHex();
  }

  /** The claims that bind a token to who it was made for. */
  async function bind(caller: Caller): Promise<Record<string, unknown>> {
    // Of the password that was checked, not of the one in force now: it may have been changed in between.
    if ("generation" in caller) return { generation: caller.generation };
    if (!("user" in caller)) throw new TypeError("only who logged in gets a session");
    return { userid: caller.user.userId, since: now(), mark: await sealMark(caller.user, caller.mark) };
  }

  async function findCaller(claims: Claims): Promise<Caller | ValidateKey | null> {
    const { username, realm, role } = claims;
    if (claims.authtype === "API") return apiKeys.findCaller(claims);
    const authtype = readAuthtype(claims.authtype);
    if (authtype === null || (role !== "admin" && role !== "user")) return null;
    if (role === "admin" && realm === "") {
      const admin = await admins.find(username);
      if (!admin || admin.generation !== claims.generation) return null;
      return { role, origin: "local", username, realm, authtype, generation: admin.generation };
    }
    if (role === "admin" && !isSuperuserRealm(realm)) return null;
    const user = await findPerson(claims);
    if (!user) return null;
    const mark = await directory.passwordMark(user);
    if ((await sealMark(user, mark)) !== claims.mark) return null;
    const person = { username, realm, authtype, user, mark };
    return role === "admin" ? { role, origin: "realm", ...person } : { role, ...person };
  }

  async function findPerson({ username, realm, userid, since }: Claims): Promise<User | null> {
    const user = await directory.findExact(username, realm);
    return user && user.userId === userid && typeof since === "number" && !ended.isOver(user, since) ? user : null;
  }

  return {
    async issue(caller, rights) {
      const seconds = Math.floor(now() / 1000);
      const claims = {
        username: caller.username,
        realm: caller.realm,
        nonce: randomBytes(20).toHex(),
        role: caller.role,
        authtype: caller.authtype,
        iat: seconds,
        exp: seconds + SESSION_SECONDS,
        rights,
        ...(await bind(caller)),
      };
      return signClaims(claims, vault);
    },

    async verify(token) {
      await deps.upToDate();
      const algorithm = readAlgorithm(token);
      if (algorithm !== null && trustedJwts.takes(algorithm)) return trustedJwts.verify(token);
      const claims = await readSignedClaims(token, vault, now());
      const caller = await findCaller(claims);
      if (!caller) throw new ApiError("jwt_expired");
      return caller;
    },
  };
}

function readAuthtype(claim: unknown): Authtype | null {
  return claim === "password" || claim === "remote_user " ? claim : null;
}
