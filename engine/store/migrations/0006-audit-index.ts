// For rotation and the index of the audit trail. The gap of 0003, which nothing had written yet, also states the hash before it:
// without that, the row before a gap would be tied to nothing.
import type { Migration } from "../migrate.ts";

export const auditIndex: Migration = {
  id: 6,
  name: "audit-index",
  sqlite: `
ALTER TABLE audit_gap ADD COLUMN before_hash BLOB NOT NULL DEFAULT x'';

-- Changes whenever rows of the block are removed (audit/index-file.ts); a random number, so that a restored backup can not bring
-- an old one back for other rows. No entry: 0.
CREATE TABLE audit_block (
  block INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;
`,
};
