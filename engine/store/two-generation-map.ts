// A bounded map without bookkeeping per read: entries live in a young or an old generation. When the young one is full it
// becomes the old one and the former old one is forgotten; a hit in the old one moves the entry back to the young one.
//
//   set ──> young ──(young full)──> old ──(young full again)──> forgotten
//             ^                      │
//             └───────── get ────────┘

export interface TwoGenerationMap<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  clear(): void;
  readonly size: number;
}

/** Holds at most `bound` entries (at least 2); what was not read or set for a whole generation is forgotten. */
export function createTwoGenerationMap<Key, Value>(bound: number): TwoGenerationMap<Key, Value> {
  const half = Math.max(1, Math.floor(bound / 2));
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();

  function remove(key: Key): void {
    young.delete(key);
    old.delete(key);
  }

  function set(key: Key, value: Value): void {
    remove(key);
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  function get(key: Key): Value | undefined {
    const hit = young.get(key);
    if (hit !== undefined) return hit;
    const aged = old.get(key);
    if (aged !== undefined) set(key, aged);
    return aged;
  }

  return {
    get,
    set,
    delete: remove,
    clear() {
      young = new Map();
      old = new Map();
    },
    get size() {
      return young.size + old.size;
    },
  };
}
