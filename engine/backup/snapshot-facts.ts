// What a copy of the database holds, for the manifest: counts, the heads of the audit chains, and which seal keys it needs.
import { Database } from "bun:sqlite";
import type { Manifest } from "./manifest.ts";

/** Columns with sealed blobs, and texts that are base64 of one. The key id is bytes 2 to 5 of a blob (vault/sealed-blob.ts). */
const SEALED_COLUMNS = [
  ["token", "key_sealed"],
  ["token", "user_pin_sealed"],
  ["token", "so_pin_sealed"],
] as const;
const SEALED_TEXTS = ["token_info", "resolver_config", "config"] as const;

export type SnapshotFacts = Pick<Manifest, "schema" | "keyIds" | "counts" | "chains">;

export function readFacts(path: string): SnapshotFacts {
  const db = new Database(path, { readonly: true });
  try {
    const count = (table: string) => db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
    return {
      schema: db.query<{ id: number }, []>("SELECT max(id) AS id FROM migration").get()?.id ?? 0,
      keyIds: readKeyIds(db),
      counts: { tokens: count("token"), administrators: count("admin"), auditRows: count("audit") },
      chains: db
        .query<{ node: string; epoch: number; seq: number; hash: Uint8Array }, []>(
          "SELECT node, epoch, head_seq AS seq, head_hash AS hash FROM audit_chain ORDER BY node, epoch",
        )
        .all()
        .map(({ hash, ...chain }) => ({ ...chain, hash: hash.toHex() })),
    };
  } finally {
    db.close();
  }
}

function readKeyIds(db: Database): string[] {
  const ids = new Set<string>();
  for (const [table, column] of SEALED_COLUMNS) {
    const query = `SELECT DISTINCT hex(substr(${column}, 2, 4)) AS id FROM ${table} WHERE ${column} IS NOT NULL`;
    for (const { id } of db.query<{ id: string }, []>(query).all()) ids.add(id.toLowerCase());
  }
  for (const table of SEALED_TEXTS) {
    // Eight characters of base64 are the first six bytes.
    const query = `SELECT DISTINCT substr(value, 1, 8) AS head FROM ${table} WHERE type = 'password' AND length(value) > 8`;
    for (const { head } of db.query<{ head: string }, []>(query).all()) {
      const bytes = Buffer.from(head, "base64");
      if (bytes.length === 6) ids.add(bytes.subarray(1, 5).toString("hex"));
    }
  }
  return [...ids].sort();
}
