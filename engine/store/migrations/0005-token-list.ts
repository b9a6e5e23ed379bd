// What the token list filters and sorts by (rest-api.md 2.3). No column that a log-in changes is in an index: log-ins stay as fast.
import type { Migration } from "../migrate.ts";

export const tokenList: Migration = {
  id: 5,
  name: "token-list",
  sqlite: `
CREATE INDEX token_type ON token (type, serial);
CREATE INDEX token_description ON token (description COLLATE NOCASE);
CREATE INDEX token_inactive ON token (serial) WHERE active = 0;
CREATE INDEX token_rollout ON token (rollout_state) WHERE rollout_state <> '';
CREATE INDEX token_info_value ON token_info (key, value) WHERE type <> 'password';
`,
};
