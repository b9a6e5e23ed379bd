// The first schema: tokens and their owners, realms and resolvers, configuration, administrators, and the audit chain
// (rest-api.md section 4; names and meanings in ../schema.ts). A file in this folder is never edited once it was released:
// its SHA-256 is compared at every start (../migrate.ts). Write a new one instead.
import type { Migration } from "../migrate.ts";

export const initial: Migration = {
  id: 1,
  name: "initial",
  sqlite: `
CREATE TABLE realm (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1))
) STRICT;

CREATE TABLE resolver (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL
) STRICT;

CREATE TABLE resolver_config (
  resolver_id INTEGER NOT NULL REFERENCES resolver (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  type TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (resolver_id, key)
) STRICT, WITHOUT ROWID;

-- A resolver that is still in a realm cannot go (DELETE /resolver answers 302), a realm takes its links with it.
CREATE TABLE resolver_realm (
  resolver_id INTEGER NOT NULL REFERENCES resolver (id),
  realm_id INTEGER NOT NULL REFERENCES realm (id) ON DELETE CASCADE,
  priority INTEGER,
  PRIMARY KEY (resolver_id, realm_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX resolver_realm_realm ON resolver_realm (realm_id);

-- AUTOINCREMENT: the id of a deleted token is never given to another, so a late effect cannot hit a stranger.
CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  serial TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  description TEXT NOT NULL DEFAULT '',
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  locked INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
  rollout_state TEXT NOT NULL DEFAULT '',
  pin_hash TEXT,
  key_sealed BLOB,
  user_pin_sealed BLOB,
  so_pin_sealed BLOB,
  otp_length INTEGER NOT NULL DEFAULT 6,
  algorithm TEXT NOT NULL DEFAULT 'sha1',
  counter INTEGER NOT NULL DEFAULT 0,
  count_window INTEGER NOT NULL DEFAULT 10,
  sync_window INTEGER NOT NULL DEFAULT 1000,
  time_step INTEGER NOT NULL DEFAULT 30,
  time_window INTEGER NOT NULL DEFAULT 180,
  time_shift INTEGER NOT NULL DEFAULT 0,
  fail_count INTEGER NOT NULL DEFAULT 0,
  max_fail INTEGER NOT NULL DEFAULT 10,
  failed_since INTEGER,
  auth_count INTEGER NOT NULL DEFAULT 0,
  auth_count_max INTEGER,
  auth_success INTEGER NOT NULL DEFAULT 0,
  auth_success_max INTEGER,
  valid_from INTEGER,
  valid_until INTEGER,
  last_auth INTEGER,
  resync_counter INTEGER,
  resync_due INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

-- A deleted realm leaves the token with its owner, without a realm.
CREATE TABLE token_owner (
  token_id INTEGER NOT NULL REFERENCES token (id) ON DELETE CASCADE,
  resolver TEXT NOT NULL,
  user_id TEXT NOT NULL,
  realm_id INTEGER REFERENCES realm (id) ON DELETE SET NULL,
  PRIMARY KEY (token_id, resolver, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_owner_user ON token_owner (resolver, user_id);
CREATE INDEX token_owner_realm ON token_owner (realm_id);

CREATE TABLE token_realm (
  token_id INTEGER NOT NULL REFERENCES token (id) ON DELETE CASCADE,
  realm_id INTEGER NOT NULL REFERENCES realm (id) ON DELETE CASCADE,
  PRIMARY KEY (token_id, realm_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_realm_realm ON token_realm (realm_id);

CREATE TABLE token_info (
  token_id INTEGER NOT NULL REFERENCES token (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  type TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE config (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  type TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE admin (
  username TEXT NOT NULL PRIMARY KEY,
  password_hash TEXT NOT NULL,
  email TEXT NOT NULL DEFAULT '',
  generation INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_chain (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  node TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  origin BLOB NOT NULL,
  head_seq INTEGER NOT NULL DEFAULT 0,
  head_hash BLOB NOT NULL,
  UNIQUE (node, epoch)
) STRICT;

-- No secondary index: each one costs a third of the login rate (decisions.md 2.4).
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  chain INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  action TEXT NOT NULL,
  success INTEGER NOT NULL CHECK (success IN (0, 1)),
  serial TEXT,
  token_type TEXT,
  "user" TEXT,
  realm TEXT,
  resolver TEXT,
  administrator TEXT,
  action_detail TEXT,
  info TEXT,
  client TEXT,
  policies TEXT,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE audit_batch (
  chain INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  signed_at INTEGER NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;

-- The durability probe writes and removes a page here (../probe.ts).
CREATE TABLE probe (filler BLOB NOT NULL) STRICT;
`,
};
