// Token groups (rest-api.md 2.10 and section 4: tokengroup, tokentokengroup).
import type { Migration } from "../migrate.ts";

export const tokenGroups: Migration = {
  id: 2,
  name: "token-groups",
  sqlite: `
CREATE TABLE token_group (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE token_token_group (
  token_id INTEGER NOT NULL REFERENCES token (id) ON DELETE CASCADE,
  group_id INTEGER NOT NULL REFERENCES token_group (id) ON DELETE CASCADE,
  PRIMARY KEY (token_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_token_group_group ON token_token_group (group_id);
`,
};
