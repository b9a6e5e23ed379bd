// Do keys and database belong together? A server that starts with the keys of another one can not open a single token and
// knows no password; it would answer every log-in with an error. Better it says so at the start.
import { createPublicKey, verify } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath } from "../assemble.ts";
import { RESTORING } from "../backup/places.ts";
import { encodeAuditStatement } from "../core/audit-chain.ts";
import type { Engine } from "../services/engine.ts";
import { CommandError } from "./command.ts";

/** One row that does not fit may be damage, which is for "audit verify" to tell; several in a row are another key. */
const SIGNATURES = 5;

/** Error: CommandError if a restore was interrupted, or one of keys and database is there without the other. */
export function refuseHalfDirectory(dataDir: string): void {
  if (existsSync(join(dataDir, RESTORING)))
    throw new CommandError(`a restore into ${dataDir} was interrupted or is going on: remove the directory and restore again`);
  const database = databasePath(dataDir);
  const keys = keysPath(dataDir);
  if (existsSync(database) && !existsSync(keys)) {
    throw new CommandError(
      `${database} is there but ${keys} is not: restore the keys from the backup. Without them nothing in the database can be opened.`,
    );
  }
  if (existsSync(keys) && (!existsSync(database) || isEmptyFile(database))) {
    throw new CommandError(
      `${keys} is there but ${database} is missing or empty: restore the database from the backup. For a new, empty one: ostiary admin add NAME --password-stdin --data ${dataDir}`,
    );
  }
}

/** A file of no bytes is what is left of a database that was lost; SQLite would take it for a new one. */
function isEmptyFile(path: string): boolean {
  return statSync(path).size === 0;
}

/** Compares the newest signatures of the audit trail with the public key; works while the ring is locked. Error: CommandError. */
export async function refuseForeignKeys({ store, vault }: Pick<Engine, "store" | "vault">, dataDir: string): Promise<void> {
  const query = store.sql
    .selectFrom("audit_batch as b")
    .innerJoin("audit_chain as c", "c.id", "b.chain")
    .select(["c.node", "c.epoch", "b.chain", "b.seq", "b.hash", "b.signed_at as at", "b.signature"])
    .orderBy("b.signed_at", "desc")
    .limit(SIGNATURES)
    .compile();
  const signed = await store.query(query);
  const x = (await vault.publicKeys()).audit.toBase64({ alphabet: "base64url", omitPadding: true });
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const fits = signed.some(({ signature, ...statement }) => verify(null, encodeAuditStatement(statement), key, signature));
  if (signed.length > 0 && !fits) {
    throw new CommandError(
      `${keysPath(dataDir)} holds the keys of another server than ${databasePath(dataDir)}: restore both from one backup.`,
    );
  }
}
