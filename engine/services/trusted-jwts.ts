// JWTs that other applications sign: whom a key may speak for stands in the setting auth.trusted_jwt (config-and-tokens.md A37, Z06;
// manual L728-757). Signatures are checked by jose (its own list of algorithms, key sizes and `crit`), names by RE2, whose time is
// linear in the name. Both are loaded only where the setting is used.
//
// A token is taken apart to find the entries it may belong to; nothing in it is believed until the key of one of them verified it.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ApiError } from "@ostiary/shared/errors.ts";
import { SettingsError } from "../config.ts";
import type { TrustedJwt } from "../setting-kinds-access.ts";
import type { Directory, User } from "../users/directory.ts";
import type { Caller } from "./caller.ts";

export interface TrustedJwts {
  /** Some entry has this algorithm. */
  takes(algorithm: string): boolean;
  /** Errors: 4304 for what no entry's key signed or no entry allows, 4305 expired, 403 for a name the key may not speak for. */
  verify(token: string): Promise<Caller>;
}

interface Deps {
  /** Where relative names of key files begin. */
  dataDir: string;
  directory: Directory;
  isSuperuserRealm: (realm: string) => boolean;
  /** milliseconds since 1970 */
  now: () => number;
}

/** Names are no longer than those people may type. */
const MAX_NAME = 320;

/** Reads the keys. Error: SettingsError that names the entry, counted from 1. */
export async function openTrustedJwts(entries: readonly TrustedJwt[], deps: Deps): Promise<TrustedJwts> {
  if (entries.length === 0) return { takes: () => false, verify: () => Promise.reject(new ApiError("jwt_unreadable")) };
  const jose = await import("jose");
  const { RE2JS } = await import("re2js");
  const faults: string[] = [];
  const open = async (entry: TrustedJwt, index: number) => {
    const fault = (text: string) => void faults.push(`auth.trusted_jwt, entry ${index + 1}: ${text}`);
    if (entry.role === "admin" && !deps.isSuperuserRealm(entry.realm))
      fault("the realm of an administrator must be listed in auth.superuser_realms");
    try {
      const username = RE2JS.compile(entry.username);
      const pem = createPublicKey(entry.public_key ?? readFileSync(resolve(deps.dataDir, entry.public_key_file ?? ""))).export({
        type: "spki",
        format: "pem",
      });
      const key = await jose.importSPKI(String(pem), entry.algorithm);
      checkSize(key.algorithm);
      return { ...entry, key, mayBe: (name: string) => username.matches(name) };
    } catch (error) {
      fault(error instanceof Error ? error.message : String(error));
      return null;
    }
  };
  const opened = (await Promise.all(entries.map(open))).filter((entry) => entry !== null);
  if (faults.length > 0) throw new SettingsError(faults);
  type Entry = (typeof opened)[number];

  async function isSignedBy(token: string, { key, algorithm }: Entry): Promise<boolean> {
    try {
      await jose.jwtVerify(token, key, {
        algorithms: [algorithm],
        currentDate: new Date(deps.now()),
      });
      return true;
    } catch (error) {
      if (error instanceof jose.errors.JWTExpired) throw new ApiError("jwt_expired");
      if (error instanceof jose.errors.JOSEError) return false;
      throw error;
    }
  }

  return {
    takes: (algorithm) => opened.some((entry) => entry.algorithm === algorithm),

    async verify(token) {
      const { algorithm, role, realm, resolver, username } = readUnverified(token, jose);
      const meant = opened.filter(
        (entry) => entry.algorithm === algorithm && entry.role === role && entry.realm === realm && entry.resolver === resolver,
      );
      let signed = false;
      for (const entry of meant) {
        if (!(await isSignedBy(token, entry))) continue;
        signed = true;
        if (username.length <= MAX_NAME && entry.mayBe(username)) return toCaller(entry, username, deps.directory);
      }
      throw new ApiError(signed ? "may_not_impersonate" : "jwt_unreadable");
    },
  };
}

interface Unverified {
  algorithm: unknown;
  role: unknown;
  realm: unknown;
  resolver: unknown;
  username: string;
}

/** Realm and resolver that are not named count as empty. */
function readUnverified(token: string, jose: typeof import("jose")): Unverified {
  try {
    const { role, realm = "", resolver = "", username } = jose.decodeJwt(token);
    if (typeof username !== "string" || username === "") throw new ApiError("jwt_unreadable");
    return { algorithm: jose.decodeProtectedHeader(token).alg, role, realm, resolver, username };
  } catch (cause) {
    throw cause instanceof ApiError ? cause : new ApiError("jwt_unreadable", {}, { cause });
  }
}

/** jose refuses small RSA keys at each verification; better at the start. */
function checkSize(algorithm: object): void {
  if ("modulusLength" in algorithm && Number(algorithm.modulusLength) < 2048)
    throw new RangeError("an RSA key needs 2048 bits or more");
}

async function toCaller({ role, realm, resolver }: TrustedJwt, username: string, directory: Directory): Promise<Caller> {
  if (role === "admin") return { role, origin: "trusted", username, realm, authtype: "trusted" };
  const user = (await directory.findExact(username, realm, resolver || undefined)) ?? nobody(username, realm, resolver);
  return { role, username, realm, authtype: "trusted", user, mark: null };
}

/** Somebody no source knows (Z06). No user id holds a NUL, so nothing is his. */
function nobody(login: string, realm: string, resolver: string): User {
  return { login, realm, resolver, userId: `\0${login}`, attributes: {} };
}

/** He exists in no source: he owns nothing and can be given nothing. */
export function isNobody({ userId }: User): boolean {
  return userId.startsWith("\0");
}
