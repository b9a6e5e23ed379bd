// API keys: JWTs of this server that live for days (rest-api.md 1.5; config-and-tokens.md B12, B13, Z10). The contract keeps none of
// them; here each has a row, so that it can be listed and taken back: a key without its row is worth nothing. The key itself is
// shown once and not stored.
//
// A key of role admin is an administrator by itself, under the name it carries. An account of that name need not exist; if there is
// one, the key goes with it when it is deleted (admin-accounts.ts). Its password and its log-outs do not touch the key.
import type { Selectable } from "kysely";
import type { Claims } from "../core/jwt.ts";
import type { ApiKeyTable } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import type { Caller, ValidateKey } from "./caller.ts";

export type ApiKeyRow = Selectable<ApiKeyTable>;
export type ApiKeyRole = "admin" | "validate";

export interface ApiKey {
  id: string;
  role: ApiKeyRole;
  /** Who the calls are of. */
  username: string;
  description: string;
  /** milliseconds since 1970 */
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
  state: "active" | "expired" | "revoked";
}

export interface ApiKeys {
  /** Who a key of these (signed) claims is; null: its row is gone, revoked or over. */
  findCaller(claims: Claims): Caller | ValidateKey | null;
  list(): ApiKey[];
  reload(): Promise<void>;
}

export const MAX_KEYS = 10_000;

// Cache. Key: the id (claim jti). Bound: MAX_KEYS, no more are made. Lifetime: until reload(), which services/configuration.ts calls
// after each change of the table, also by other processes.
export async function openApiKeys(store: Store, now: () => number): Promise<ApiKeys> {
  let rows = new Map<string, ApiKeyRow>();
  const reload = async () => {
    const query = store.sql.selectFrom("api_key").selectAll().orderBy("created_at").orderBy("id").limit(MAX_KEYS).compile();
    rows = new Map((await store.point(query)).map((row) => [row.id, row]));
  };
  await reload();
  return {
    findCaller({ jti, role, username }) {
      const row = typeof jti === "string" ? rows.get(jti) : undefined;
      if (!row || row.role !== role || row.username !== username || stateOf(row, now()) !== "active") return null;
      return row.role === "validate"
        ? { role: row.role, username, keyId: row.id }
        : { role: row.role, origin: "key", username, realm: "", authtype: "API", keyId: row.id };
    },
    list: () => [...rows.values()].map((row) => describeApiKey(row, now())).reverse(),
    reload,
  };
}

function stateOf({ revoked_at, expires_at }: ApiKeyRow, now: number): ApiKey["state"] {
  if (revoked_at !== null) return "revoked";
  return expires_at <= now ? "expired" : "active";
}

/** As the API shows it. */
export function describeApiKey(row: ApiKeyRow, now: number): ApiKey {
  const { id, role, username, description } = row;
  return {
    id,
    role,
    username,
    description,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    state: stateOf(row, now),
  };
}
