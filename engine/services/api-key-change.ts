// API keys made and taken back (api-keys.ts). Each change is one row of the audit trail, which names the key and never shows it.
import { randomBytes } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { findNameFault } from "./admins.ts";
import { type ApiKey, type ApiKeyRole, type ApiKeyRow, describeApiKey, MAX_KEYS } from "./api-keys.ts";
import { requireLogIn } from "./require-log-in.ts";
import { signClaims } from "./signed-claims.ts";
import { type Work, writeOrRefuse } from "./work.ts";

/** How long a key that is over can still be seen. */
const KEEP_MS = 90 * 86_400_000;

interface NewApiKey {
  role: ApiKeyRole;
  /** Absent: a generated one that nobody has. */
  username?: string;
  description?: string;
  days: number;
}

/** Makes a key; `key` is the only time it is seen. Errors: 905, 303 for a caller that is an API key itself. */
export async function createApiKey(work: Work, wanted: NewApiKey): Promise<ApiKey & { key: string }> {
  requireLogIn(work);
  const { store, vault, apiKeys, configuration } = work.engine;
  const fault = wanted.username === undefined ? null : findNameFault(wanted.username);
  if (fault) throw new ApiError(fault);
  if (apiKeys.list().length >= MAX_KEYS) throw new ApiError("api_keys_full", { maximum: MAX_KEYS });
  // Whole seconds, as the claims are: row and key end at the same moment.
  const seconds = Math.floor(work.engine.now() / 1000);
  const row: ApiKeyRow = {
    id: randomBytes(16).toHex(),
    role: wanted.role,
    username: wanted.username ?? `api-${randomBytes(5).toHex()}`,
    description: wanted.description ?? "",
    created_at: seconds * 1000,
    expires_at: (seconds + wanted.days * 86_400) * 1000,
    revoked_at: null,
  };
  const claims = {
    username: row.username,
    realm: "",
    nonce: randomBytes(20).toHex(),
    role: row.role,
    authtype: "API",
    iat: seconds,
    exp: row.expires_at / 1000,
    rights: [],
    jti: row.id,
  };
  const key = await signClaims(claims, vault);
  const { sql } = store;
  const over = row.created_at - KEEP_MS;
  const prune = sql
    .deleteFrom("api_key")
    .where((eb) => eb.or([eb("expires_at", "<", over), eb("revoked_at", "<", over)]))
    .compile();
  work.audit.info = describeForAudit(row);
  await writeOrRefuse(work, [{ query: prune }, { query: sql.insertInto("api_key").values(row).compile(), expect: 1 }], ["none"]);
  await configuration.settled();
  return { ...describeApiKey(row, work.engine.now()), key };
}

/** The key is worth nothing from now on. Error: 601 for one that is unknown or revoked already. */
export async function revokeApiKey(work: Work, id: string): Promise<true> {
  const { store, apiKeys, configuration, now } = work.engine;
  const known = apiKeys.list().find((key) => key.id === id && key.state !== "revoked");
  if (!known) throw new ApiError("not_found", { what: phrase("thing_api_key") });
  const query = store.sql
    .updateTable("api_key")
    .set({ revoked_at: now() })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .compile();
  work.audit.info = describeForAudit(known);
  await writeOrRefuse(work, [{ query, expect: 1 }], ["none"]);
  await configuration.settled();
  return true;
}

const describeForAudit = ({ id, role, username }: Pick<ApiKey, "id" | "role" | "username">) =>
  `API key ${id}, role ${role}, name ${username}`;
