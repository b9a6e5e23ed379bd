// What a copy of the database holds, for the manifest: counts, the heads of the audit chains, and which seal keys it needs.
import { Database } from "bun:sqlite";
import { sealedColumns } from "../services/sealed-columns.ts";
import type { Manifest } from "./manifest.ts";

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

/** The ids of the keys that the sealed values name. */
function readKeyIds(db: Database): string[] {
  const ids = new Set<string>();
  for (const { table, column, encoding, typed } of sealedColumns) {
    // Version and key id are the first 5 bytes (vault/sealed-blob.ts); eight characters of base64 are the first six.
    const length = encoding === "blob" ? 5 : 8;
    const where = typed ? "type = 'password'" : `${column} IS NOT NULL`;
    const query = `SELECT DISTINCT substr(${column}, 1, ${length}) AS head FROM ${table} WHERE ${where}`;
    for (const { head } of db.query<{ head: string | Uint8Array }, []>(query).all()) {
      const bytes = typeof head === "string" ? Buffer.from(head, "base64") : head;
      if (bytes.length >= 5) ids.add(Buffer.from(bytes.subarray(1, 5)).toString("hex"));
    }
  }
  return [...ids].sort();
}
