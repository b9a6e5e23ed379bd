// The token list at a million tokens: what is counted and merged is read from one index, in the order of ids (services/token-query.ts).
// As before, no column that a log-in changes is in an index.
import type { Migration } from "../migrate.ts";

export const tokenListScale: Migration = {
  id: 7,
  name: "token-list-scale",
  sqlite: `
CREATE INDEX token_type_active ON token (type, active);
DROP INDEX token_info_value;
CREATE INDEX token_info_value ON token_info (key, value, token_id, type) WHERE type <> 'password';
`,
};
