// Who may come in besides local administrators, who was logged out, and which programs call (rest-api.md 1.5 and section 4).
import type { Migration } from "../migrate.ts";

export const access: Migration = {
  id: 4,
  name: "access",
  sqlite: `
-- API keys are JWTs; the row lets them be listed and taken back. The key itself is not stored.
CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('admin', 'validate')),
  username TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- A user's sessions made at or before this moment (milliseconds since 1970) have ended.
CREATE TABLE user_logout (
  resolver TEXT NOT NULL,
  user_id TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (resolver, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE client_application (
  ip TEXT NOT NULL,
  client_type TEXT NOT NULL,
  node TEXT NOT NULL,
  hostname TEXT NOT NULL DEFAULT '',
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (ip, client_type, node)
) STRICT, WITHOUT ROWID;
`,
};
