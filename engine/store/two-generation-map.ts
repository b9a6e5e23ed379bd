// A bounded map without bookkeeping per read: entries live in a young or an old generation. When the young one is full it
// becomes the old one and the former old one is forgotten; a hit in the old one moves the entry back to the young one.
//
//   set ──> young ──(young full)──> old ──(young full again)──> forgotten
//             ^                      │
//             └───────── get ────────┘
//
// An entry may have a second name (alias) taken from its value; the alias lives and dies with the entry.

export interface TwoGenerationMap<Key, Value> {
  get(key: Key): Value | undefined;
  getByAlias(alias: string): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  clear(): void;
  readonly size: number;
}

interface Generation<Key, Value> {
  values: Map<Key, Value>;
  aliases: Map<string, Key>;
}

/**
 * Holds at most `bound` entries (at least 2); what was not read or set for a whole generation is forgotten.
 * `aliasOf` gives an entry's second name, which must not change while the entry is held.
 */
export function createTwoGenerationMap<Key, Value>(
  bound: number,
  aliasOf?: (value: Value) => string,
): TwoGenerationMap<Key, Value> {
  const half = Math.max(1, Math.floor(bound / 2));
  let young: Generation<Key, Value> = { values: new Map(), aliases: new Map() };
  let old: Generation<Key, Value> = { values: new Map(), aliases: new Map() };

  function remove(key: Key): void {
    for (const generation of [young, old]) {
      const value = generation.values.get(key);
      if (value === undefined) continue;
      generation.values.delete(key);
      if (aliasOf) generation.aliases.delete(aliasOf(value));
    }
  }

  function set(key: Key, value: Value): void {
    remove(key);
    if (young.values.size >= half) {
      old = young;
      young = { values: new Map(), aliases: new Map() };
    }
    young.values.set(key, value);
    if (aliasOf) young.aliases.set(aliasOf(value), key);
  }

  function get(key: Key): Value | undefined {
    const hit = young.values.get(key);
    if (hit !== undefined) return hit;
    const aged = old.values.get(key);
    if (aged !== undefined) set(key, aged);
    return aged;
  }

  return {
    get,
    getByAlias(alias) {
      const key = young.aliases.get(alias) ?? old.aliases.get(alias);
      return key === undefined ? undefined : get(key);
    },
    set,
    delete: remove,
    clear() {
      young = { values: new Map(), aliases: new Map() };
      old = { values: new Map(), aliases: new Map() };
    },
    get size() {
      return young.values.size + old.values.size;
    },
  };
}
