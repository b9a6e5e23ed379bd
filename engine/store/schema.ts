// The tables as TypeScript sees them, for Kysely. Column meanings follow rest-api.md section 4;
// names are ours. Times are milliseconds since 1970 (integer), booleans are 0 or 1, bytes are Uint8Array.
import type { Generated } from "kysely";

export interface TokenTable {
  id: Generated<number>;
  serial: string;
  type: string;
  /** Raised by every administrative change; a login that decided on an older version loses (optimistic lock). */
  version: Generated<number>;
  description: Generated<string>;
  active: Generated<number>;
  revoked: Generated<number>;
  locked: Generated<number>;
  rollout_state: Generated<string>;
  pin_hash: string | null;
  /** AES-256-GCM sealed by the vault under context `token|<serial>|key`. */
  key_sealed: Uint8Array | null;
  user_pin_sealed: Uint8Array | null;
  so_pin_sealed: Uint8Array | null;
  otp_length: Generated<number>;
  algorithm: Generated<string>;
  /** hotp: the next counter; totp: the last accepted time step. It only ever grows, except by enrolment or resync. */
  counter: Generated<number>;
  count_window: Generated<number>;
  sync_window: Generated<number>;
  time_step: Generated<number>;
  time_window: Generated<number>;
  time_shift: Generated<number>;
  fail_count: Generated<number>;
  max_fail: Generated<number>;
  /** When fail_count reached max_fail: set once, not moved by further failures (K1-13, Z39). */
  failed_since: number | null;
  auth_count: Generated<number>;
  auth_count_max: number | null;
  auth_success: Generated<number>;
  auth_success_max: number | null;
  valid_from: number | null;
  valid_until: number | null;
  last_auth: number | null;
  /** AutoResync (K1-16): counter of the first out-of-window OTP, and until when its successor is awaited. */
  resync_counter: number | null;
  resync_due: number | null;
  created_at: number;
}

/** n:m in the model, one owner in use (config-and-tokens.md N10). */
export interface TokenOwnerTable {
  token_id: number;
  resolver: string;
  user_id: string;
  /** null: the realm was deleted. */
  realm_id: number | null;
}

export interface TokenRealmTable {
  token_id: number;
  realm_id: number;
}

export interface TokenInfoTable {
  token_id: number;
  key: string;
  value: string;
  /** "" or "password" (then `value` is base64 of a sealed blob, context `token_info|<serial>|<key>`). */
  type: Generated<string>;
}

export interface RealmTable {
  id: Generated<number>;
  name: string;
  is_default: Generated<number>;
}

export interface ResolverTable {
  id: Generated<number>;
  name: string;
  type: string;
}

export interface ResolverConfigTable {
  resolver_id: number;
  key: string;
  value: string;
  type: Generated<string>;
}

export interface ResolverRealmTable {
  resolver_id: number;
  realm_id: number;
  priority: number | null;
}

export interface ConfigTable {
  key: string;
  value: string;
  /** "", "public" or "password" (then `value` is base64 of a sealed blob, context `config|<key>|value`). */
  type: Generated<string>;
  description: Generated<string>;
}

export interface AdminTable {
  username: string;
  password_hash: string;
  email: Generated<string>;
  /** Raised by every password change; a JWT carries the value it was made under and dies with it. */
  generation: Generated<number>;
  created_at: number;
}

/** One row a node and epoch; audit rows hang on it by hash. */
export interface AuditChainTable {
  id: Generated<number>;
  node: string;
  epoch: number;
  started_at: number;
  /** First link: SHA-256 over the descriptor of the chain, so that two chains never share a prefix. */
  origin: Uint8Array;
  /** The last row's seq and hash (0 and `origin` for an empty chain), written in the transaction that adds rows. */
  head_seq: Generated<number>;
  head_hash: Uint8Array;
}

export interface AuditTable {
  id: Generated<number>;
  chain: number;
  seq: number;
  started_at: number;
  /** microseconds */
  duration: number;
  action: string;
  success: number;
  serial: string | null;
  token_type: string | null;
  user: string | null;
  realm: string | null;
  resolver: string | null;
  administrator: string | null;
  action_detail: string | null;
  info: string | null;
  client: string | null;
  policies: string | null;
  hash: Uint8Array;
}

/** An Ed25519 signature over the head of a chain: covers every row up to `seq`. */
export interface AuditBatchTable {
  chain: number;
  seq: number;
  hash: Uint8Array;
  signed_at: number;
  signature: Uint8Array;
}

export interface TokenGroupTable {
  id: Generated<number>;
  name: string;
  description: Generated<string>;
}

export interface TokenTokenGroupTable {
  token_id: number;
  group_id: number;
}

/**
 * Rows `first_seq` to `last_seq` of a chain were removed by rotation; the chain goes on from `last_hash`. `before_hash` is the hash
 * the first of them hung on, empty if it did not fit.
 */
export interface AuditGapTable {
  chain: number;
  first_seq: number;
  before_hash: Uint8Array;
  last_seq: number;
  last_hash: Uint8Array;
  removed_at: number;
  /** Ed25519, by the audit key. */
  signature: Uint8Array;
}

/** Tells the index of the audit trail which of its blocks are out of date (audit/index-file.ts). */
export interface AuditBlockTable {
  block: number;
  version: number;
}

/** `id` is the claim `jti` of the JWT. */
export interface ApiKeyTable {
  id: string;
  role: "admin" | "validate";
  username: string;
  description: Generated<string>;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
}

export interface UserLogoutTable {
  resolver: string;
  user_id: string;
  ended_at: number;
}

/** Which programs call from where; written in batches, never on the path of a log-in. */
export interface ClientApplicationTable {
  ip: string;
  client_type: string;
  node: string;
  hostname: Generated<string>;
  last_seen: number;
}

export interface Schema {
  token_group: TokenGroupTable;
  token_token_group: TokenTokenGroupTable;
  audit_gap: AuditGapTable;
  audit_block: AuditBlockTable;
  api_key: ApiKeyTable;
  user_logout: UserLogoutTable;
  client_application: ClientApplicationTable;
  token: TokenTable;
  token_owner: TokenOwnerTable;
  token_realm: TokenRealmTable;
  token_info: TokenInfoTable;
  realm: RealmTable;
  resolver: ResolverTable;
  resolver_config: ResolverConfigTable;
  resolver_realm: ResolverRealmTable;
  config: ConfigTable;
  admin: AdminTable;
  audit_chain: AuditChainTable;
  audit: AuditTable;
  audit_batch: AuditBatchTable;
}
