// What rotation leaves behind: for each run of rows that was removed, the hash after its last row, so that the chain can
// still be walked, and a signature, so that nobody else can remove rows in the name of rotation (events-and-tools.md 5).
import type { Migration } from "../migrate.ts";

export const auditRotation: Migration = {
  id: 3,
  name: "audit-rotation",
  sqlite: `
CREATE TABLE audit_gap (
  chain INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_hash BLOB NOT NULL,
  removed_at INTEGER NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (chain, first_seq)
) STRICT, WITHOUT ROWID;
`,
};
