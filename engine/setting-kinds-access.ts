// The kinds of the settings that say who may come in (auth.*): realms, the header of a web server, keys of other applications.
import { type Kind, textKind } from "./setting-kinds.ts";

/** The name of a realm, in small letters (F04). */
export function realmKind(): Kind<string> {
  const { parse } = textKind("", /^[A-Za-z0-9_.-]{1,255}$/);
  return { allowed: "the name of a realm", parse: (raw) => parse(raw)?.toLowerCase() };
}

/** The name of a request header, in small letters, or "off" (null). */
export function headerKind(): Kind<string | null> {
  return {
    allowed: "off, or the name of a header such as X-Remote-User",
    parse: (raw) => {
      if (raw === "off" || raw === false) return null;
      const name = typeof raw === "string" && /^[A-Za-z0-9-]{1,64}$/.test(raw) ? raw.toLowerCase() : undefined;
      return name === "authorization" || name === "pi-authorization" || name === "cookie" ? undefined : name;
    },
  };
}

const JWT_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] as const;

/** Whose signature is trusted for whom. One of `public_key` and `public_key_file` is there. */
export interface TrustedJwt {
  /** PEM */
  public_key?: string;
  public_key_file?: string;
  algorithm: (typeof JWT_ALGORITHMS)[number];
  role: "admin" | "user";
  realm: string;
  resolver: string;
  /** A regular expression for the whole name. */
  username: string;
}

const MAX_TRUSTED = 32;

/** Tables in TOML; the same as JSON text in a variable or flag. */
export function trustedJwtKind(): Kind<readonly TrustedJwt[]> {
  return {
    allowed:
      "at most 32 tables with algorithm (RS, PS or ES and 256, 384 or 512), role (admin or user), realm, resolver, username (a regular " +
      "expression of RE2) and either public_key (PEM) or public_key_file",
    parse: (raw) => {
      const tables = typeof raw === "string" ? parseJson(raw) : raw;
      if (!Array.isArray(tables) || tables.length > MAX_TRUSTED) return undefined;
      const entries = tables.map(toTrustedJwt);
      return entries.every((entry) => entry !== undefined) ? entries : undefined;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return text.trim() === "" ? [] : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toTrustedJwt(raw: unknown): TrustedJwt | undefined {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return undefined;
  const {
    algorithm,
    role,
    realm = "",
    resolver = "",
    username,
    public_key,
    public_key_file,
    ...rest
  } = raw as Record<string, unknown>;
  const known = JWT_ALGORITHMS.find((name) => name === algorithm);
  if (!known || (role !== "admin" && role !== "user") || Object.keys(rest).length > 0) return undefined;
  if (typeof realm !== "string" || typeof resolver !== "string" || typeof username !== "string" || username === "")
    return undefined;
  if ((typeof public_key === "string") === (typeof public_key_file === "string")) return undefined;
  const key = typeof public_key === "string" ? { public_key } : { public_key_file: String(public_key_file) };
  return Object.freeze({ ...key, algorithm: known, role, realm: realm.toLowerCase(), resolver, username });
}
