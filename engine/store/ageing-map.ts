// A bounded map that hands over what falls out, one entry at a time and never a heap at once. No bookkeeping per read: when the
// young entries are as many as the bound they become the old ones; from then on each new entry pushes out one old entry, and
// an old one that is read becomes young. Even the most wanted leaves now and then: those first in line have no time to be read.
//
//   set ──> young ──(young full)──> old ──(one for each set)──> leave
//             ^                      │
//             └───────── get ────────┘

export interface AgeingMap<Key, Value> {
  get(key: Key): Value | undefined;
  getByAlias(alias: string): Value | undefined;
  /** The key must not be there. */
  add(key: Key, value: Value): void;
  /** Takes it out without handing it over. */
  delete(key: Key): void;
  clear(): void;
  readonly size: number;
}

/**
 * Holds at most `bound` entries (at least 1); `leave` gets those that fall out. `aliasOf` gives an entry's second name, which
 * must not change while the entry is held.
 */
export function createAgeingMap<Key, Value>(
  bound: number,
  aliasOf: (value: Value) => string,
  leave: (value: Value) => void,
): AgeingMap<Key, Value> {
  const most = Math.max(1, bound);
  const aliases = new Map<string, Key>();
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  let next = old.entries();

  function get(key: Key): Value | undefined {
    const hit = young.get(key);
    if (hit !== undefined) return hit;
    const aged = old.get(key);
    if (aged !== undefined) {
      old.delete(key);
      young.set(key, aged);
    }
    return aged;
  }

  function pushOut(): void {
    if (old.size === 0) {
      [old, young] = [young, new Map()];
      next = old.entries();
    }
    // The iterator goes on behind what it gave and skips what was deleted, so the first is always the one that waits longest.
    const { value: entry } = next.next();
    if (entry === undefined) return;
    const [key, value] = entry;
    old.delete(key);
    aliases.delete(aliasOf(value));
    leave(value);
  }

  return {
    get,
    getByAlias(alias) {
      const key = aliases.get(alias);
      return key === undefined ? undefined : get(key);
    },
    add(key, value) {
      if (young.size + old.size >= most) pushOut();
      young.set(key, value);
      aliases.set(aliasOf(value), key);
    },
    delete(key) {
      const value = young.get(key) ?? old.get(key);
      if (value === undefined) return;
      young.delete(key);
      old.delete(key);
      aliases.delete(aliasOf(value));
    },
    clear() {
      young.clear();
      old.clear();
      aliases.clear();
      next = old.entries();
    },
    get size() {
      return young.size + old.size;
    },
  };
}
