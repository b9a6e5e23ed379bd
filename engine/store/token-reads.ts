// Login reads: from the cache, on a miss from an index (22-41 µs). Reads and commits run on one connection and neither
// yields half-way, so a read cannot see a row between a commit and the change of its cached record, nor put an older row
// back after it (decisions.md 2.2).
import type { Database } from "bun:sqlite";
import type { TokenRecord, Touched } from "./store.ts";
import type { TokenCache } from "./token-cache.ts";
import { type RecordRow, recordColumns, toTokenRecord } from "./token-record.ts";

export interface TokenReads {
  /** All tokens of the user, oldest first. */
  tokensOfOwner(resolver: string, userId: string): TokenRecord[];
  tokenBySerial(serial: string): TokenRecord | null;
  /** Drops what a committed write made stale. Call it after COMMIT. */
  forget(touched: Touched): void;
}

/** The reads over `cache`; `db` is the connection of the writer. */
export function createTokenReads(db: Database, cache: TokenCache): TokenReads {
  const byOwner = db.prepare<RecordRow, [string, string]>(`SELECT ${recordColumns} FROM token_owner o
    JOIN token t ON t.id = o.token_id LEFT JOIN realm r ON r.id = o.realm_id
    WHERE o.resolver = ? AND o.user_id = ? ORDER BY t.id`);
  const bySerial = db.prepare<RecordRow, [string]>(`SELECT ${recordColumns} FROM token t
    LEFT JOIN token_owner o ON o.token_id = t.id LEFT JOIN realm r ON r.id = o.realm_id WHERE t.serial = ? LIMIT 1`);
  const ownerOf = db.prepare<{ resolver: string; user_id: string }, [string]>(
    "SELECT o.resolver, o.user_id FROM token t JOIN token_owner o ON o.token_id = t.id WHERE t.serial = ?",
  );

  function forgetSerial(serial: string, ownersStay: boolean): void {
    cache.dropSerial(serial);
    if (ownersStay) return;
    // A token that was just assigned is missing in the remembered list of its new owner.
    for (const owner of ownerOf.all(serial)) cache.dropOwner(owner.resolver, owner.user_id);
  }

  return {
    tokensOfOwner(resolver, userId) {
      const known = cache.byOwner(resolver, userId);
      if (known !== undefined) return known;
      return cache.keepOwner(resolver, userId, byOwner.all(resolver, userId).map(toTokenRecord));
    },
    tokenBySerial(serial) {
      const known = cache.bySerial(serial);
      if (known !== undefined) return known;
      const row = bySerial.get(serial);
      return row === null ? null : cache.keep(toTokenRecord(row));
    },
    forget(touched) {
      if (touched === "none") return;
      if (touched === "all-tokens") cache.clear();
      else if ("owner" in touched) cache.dropOwner(touched.owner.resolver, touched.owner.userId);
      // An import of thousands: forgetting all is cheaper than asking for each.
      else if (touched.serials.length > 200) cache.clear();
      else for (const serial of touched.serials) forgetSerial(serial, touched.ownersStay === true);
    },
  };
}
