// Token records in memory, in two tiers. Hot: one object a token, which every reader shares and the group commit changes in place
// after COMMIT. Cold: what fell out of hot, packed into bytes; whoever is asked for becomes hot again.
//
//   keep ──> hot ──(pushed out: packed)──> cold ──(two generations on)──> forgotten
//             ^                             │
//             └───────── any read ──────────┘     what is in hot counts; its former bytes in cold are never looked at
//
// Cache: tokens
//   key          token id, with the serial as its alias; beside it (resolver, user id) -> ids
//   bound        `bound` tokens: up to `hot` as objects (900 bytes each), the rest packed (some 320); and `bound` owners, packed
//   lifetime     none; a record is as the database is until somebody says otherwise
//   invalidated  by the effects of own logins (changed in place), by `touches` of own writes (dropped), and wholly by any
//                change of another process (PRAGMA data_version, foreign-change.ts)
// An owner without tokens is remembered as an empty list; an unknown serial is not remembered.
import { createAgeingMap } from "./ageing-map.ts";
import { createKeyedHash } from "./keyed-hash.ts";
import { createPackedMap } from "./packed-map.ts";
import type { Reader } from "./packing.ts";
import type { TokenRecord } from "./store.ts";
import { createTokenPacking } from "./token-packing.ts";

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
  /** Entries held; a token that is hot and has been cold counts twice. */
  readonly size: number;
}

interface OwnerEntry {
  resolver: string;
  userId: string;
  ids: number[];
}

/** More would be faster only where more than so many tokens log in again and again within minutes: a miss here costs 6 µs. */
const HOT = 20_000;

/** An empty cache of at most `bound` tokens (and as many owners). */
export function createTokenCache(bound: number, hotBound = Math.min(bound, HOT)): TokenCache {
  const hash = createKeyedHash(crypto.getRandomValues(new Int32Array(2)));
  // Not keyed: nobody chooses the ids of rows. An odd factor keeps them apart.
  const hashId = (id: number) => Math.imul(id, 0x9e3779b1) >>> 0;
  // The two hashes turn against each other, so that ("ab", "c") is not ("a", "bc").
  const hashOwner = (resolver: string, userId: string) => (Math.imul(hash(resolver), 31) ^ hash(userId)) >>> 0;

  const isOwner = (resolver: string, userId: string) => (packed: Reader) =>
    packed.text() === resolver && packed.text() === userId;

  const cold = createPackedMap<TokenRecord>(bound - hotBound, {
    hashes: [({ id }) => hashId(id), ({ serial }) => hash(serial)],
    ...createTokenPacking(),
    same: ({ id }, packed) => packed.number() === id,
  });
  const hot = createAgeingMap<number, TokenRecord>(hotBound, ({ serial }) => serial, cold.put);
  const owners = createPackedMap<OwnerEntry>(Math.max(2, bound), {
    hashes: [({ resolver, userId }) => hashOwner(resolver, userId)],
    write({ resolver, userId, ids }, into) {
      into.text(resolver);
      into.text(userId);
      into.number(ids.length);
      for (const id of ids) into.number(id);
    },
    read(from) {
      const [resolver, userId] = [from.text(), from.text()];
      const ids: number[] = [];
      for (let left = Number(from.number()); left > 0; left -= 1) ids.push(Number(from.number()));
      return { resolver, userId, ids };
    },
    same: ({ resolver, userId }, packed) => isOwner(resolver, userId)(packed),
  });

  function warm(record: TokenRecord | undefined): TokenRecord | undefined {
    if (record !== undefined) hot.add(record.id, record);
    return record;
  }

  function byId(id: number): TokenRecord | undefined {
    return hot.get(id) ?? warm(cold.get(0, hashId(id), (packed) => packed.number() === id));
  }

  function findCold(serial: string): TokenRecord | undefined {
    return cold.get(1, hash(serial), (packed) => packed.number() !== null && packed.text() === serial);
  }

  function bySerial(serial: string): TokenRecord | undefined {
    return hot.getByAlias(serial) ?? warm(findCold(serial));
  }

  function drop(id: number): void {
    hot.delete(id);
    cold.delete(0, hashId(id), (packed) => packed.number() === id);
  }

  function keep(fresh: TokenRecord): TokenRecord {
    return byId(fresh.id) ?? (warm(fresh) as TokenRecord);
  }

  function idsOf(resolver: string, userId: string): number[] | undefined {
    return owners.get(0, hashOwner(resolver, userId), isOwner(resolver, userId))?.ids;
  }

  function byOwner(resolver: string, userId: string): TokenRecord[] | undefined {
    const ids = idsOf(resolver, userId);
    if (ids === undefined) return undefined;
    const records: TokenRecord[] = [];
    for (const id of ids) {
      const record = byId(id);
      if (record === undefined) return undefined;
      records.push(record);
    }
    return records;
  }

  return {
    byId,
    bySerial,
    byOwner,
    keep,
    keepOwner(resolver, userId, fresh) {
      const records = fresh.map(keep);
      owners.put({ resolver, userId, ids: records.map((record) => record.id) });
      return records;
    },
    dropSerial(serial) {
      const record = hot.getByAlias(serial) ?? findCold(serial);
      if (record !== undefined) drop(record.id);
    },
    dropOwner(resolver, userId) {
      for (const id of idsOf(resolver, userId) ?? []) drop(id);
      owners.delete(0, hashOwner(resolver, userId), isOwner(resolver, userId));
    },
    clear() {
      hot.clear();
      cold.clear();
      owners.clear();
    },
    get size() {
      return hot.size + cold.size;
    },
  };
}
