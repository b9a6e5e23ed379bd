// Which login in which realm a request means: config-and-tokens.md F09-F11, rest-api.md 1.7, clients-contract W22.

export interface UserParameters {
  /** `user` as sent. */
  login: string;
  /** `realm` as sent; absent and empty mean the default realm (W22). */
  realm: string | null | undefined;
  /** System setting splitAtSign (G01). */
  splitAtSign: boolean;
  /** Names of all realms, lower case. */
  realms: ReadonlySet<string>;
  /** Lower case; absent when there is none. */
  defaultRealm: string | null | undefined;
}

export type SplitUser = { login: string; realm: string } | { unknownRealm: string } | null;

/**
 * Resolves login and realm by table F10.
 * @returns the login and its realm in lower case; `unknownRealm` (as sent) when the request names a realm that does not exist: nobody is
 *   searched then; null when the request names no realm and there is no default realm
 */
export function splitUser(parameters: UserParameters): SplitUser {
  const { login, splitAtSign, realms, defaultRealm } = parameters;
  const split = splitAtSign ? splitLogin(login, realms) : { login, realm: null };
  if (parameters.realm) {
    // F09: the parameter beats the realm in the login, whose suffix is stripped all the same.
    const realm = parameters.realm.toLowerCase();
    return realms.has(realm) ? { login: split.login, realm } : { unknownRealm: parameters.realm };
  }
  if (split.realm !== null) return { login: split.login, realm: split.realm };
  return defaultRealm ? { login, realm: defaultRealm.toLowerCase() } : null;
}

/** F11: `login@realm` at the last '@', else `realm\login` at the first '\', each only if that realm exists (rest-api.md 5, item 66). */
function splitLogin(login: string, realms: ReadonlySet<string>): { login: string; realm: string | null } {
  const at = login.lastIndexOf("@");
  if (at >= 0) {
    const realm = login.slice(at + 1).toLowerCase();
    if (realms.has(realm)) return { login: login.slice(0, at), realm };
  }
  const backslash = login.indexOf("\\");
  if (backslash >= 0) {
    const realm = login.slice(0, backslash).toLowerCase();
    if (realms.has(realm)) return { login: login.slice(backslash + 1), realm };
  }
  return { login, realm: null };
}
