// Token records in memory. One object a token: every reader shares it, the group commit changes it in place after COMMIT.
//
// Cache: tokens
//   key          token id, with the serial as its alias; beside it (resolver, user id) -> ids
//   bound        `bound` entries in each of the two maps, two generations (two-generation-map.ts)
//   lifetime     none; a record is as the database is until somebody says otherwise
//   invalidated  by the effects of own logins (changed in place), by `touches` of own writes (dropped), and wholly by any
//                change of another process (PRAGMA data_version, foreign-change.ts)
// An owner without tokens is remembered as an empty list; an unknown serial is not remembered.
import type { TokenRecord } from "./store.ts";
import { createTwoGenerationMap } from "./two-generation-map.ts";

export interface TokenCache {
  byId(id: number): TokenRecord | undefined;
  bySerial(serial: string): TokenRecord | undefined;
  /** undefined: not known, or one of the records was evicted. */
  byOwner(resolver: string, userId: string): TokenRecord[] | undefined;
  /** Keeps `fresh` unless the token is already there; returns the record that is kept. */
  keep(fresh: TokenRecord): TokenRecord;
  /** Remembers that these, and no others, are the owner's tokens. Returns the kept records. */
  keepOwner(resolver: string, userId: string, fresh: TokenRecord[]): TokenRecord[];
  dropSerial(serial: string): void;
  dropOwner(resolver: string, userId: string): void;
  clear(): void;
  readonly size: number;
}

/** An empty cache of at most `bound` tokens (and as many owners). */
export function createTokenCache(bound: number): TokenCache {
  const tokens = createTwoGenerationMap<number, TokenRecord>(bound, (record) => record.serial);
  const owners = createTwoGenerationMap<string, number[]>(bound);

  function keep(fresh: TokenRecord): TokenRecord {
    const known = tokens.get(fresh.id);
    if (known !== undefined) return known;
    tokens.set(fresh.id, fresh);
    return fresh;
  }

  function byOwner(resolver: string, userId: string): TokenRecord[] | undefined {
    const ids = owners.get(ownerKey(resolver, userId));
    if (ids === undefined) return undefined;
    const records: TokenRecord[] = [];
    for (const id of ids) {
      const record = tokens.get(id);
      if (record === undefined) return undefined;
      records.push(record);
    }
    return records;
  }

  return {
    byId: (id) => tokens.get(id),
    bySerial: (serial) => tokens.getByAlias(serial),
    byOwner,
    keep,
    keepOwner(resolver, userId, fresh) {
      const records = fresh.map(keep);
      owners.set(
        ownerKey(resolver, userId),
        records.map((record) => record.id),
      );
      return records;
    },
    dropSerial(serial) {
      const record = tokens.getByAlias(serial);
      if (record !== undefined) tokens.delete(record.id);
    },
    dropOwner(resolver, userId) {
      const key = ownerKey(resolver, userId);
      for (const id of owners.get(key) ?? []) tokens.delete(id);
      owners.delete(key);
    },
    clear() {
      tokens.clear();
      owners.clear();
    },
    get size() {
      return tokens.size;
    },
  };
}

/** The length makes the key unambiguous: neither part is restricted to a set of characters. */
function ownerKey(resolver: string, userId: string): string {
  return `${resolver.length}:${resolver}${userId}`;
}
