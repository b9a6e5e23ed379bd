// Which lines of a file have a key: the key as it is written (the first line counts), and whatever its case (all of them, in order).
// A key that is written as it is folded needs one entry for both; only the others are kept a second time.

export interface LineIndex {
  /** Different keys. */
  readonly size: number;
  add(key: string, place: number): void;
  /** The first line with this very key. */
  first(key: string): number | undefined;
  /** All lines whose key folds to `folded`, ascending; of lines with the same key maybe only the first. */
  alike(folded: string): number[];
}

/**
 * @param fold e.g. to lower case; what is folded folds to itself
 * @param keepsDoubles lines whose very key came before are found by `alike`, too
 */
export function createLineIndex(fold: (key: string) => string, keepsDoubles: boolean): LineIndex {
  const firsts = createShards<number>();
  const others = createShards<number[]>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(key, place) {
      const shard = firsts(key);
      const isNew = !shard.has(key);
      if (isNew) {
        shard.set(key, place);
        size++;
      }
      const folded = fold(key);
      if (isNew ? folded === key : !keepsDoubles) return;
      const places = others(folded).get(folded);
      if (places) places.push(place);
      else others(folded).set(folded, [place]);
    },
    first: (key) => firsts(key).get(key),
    alike(folded) {
      const first = firsts(folded).get(folded);
      const more = others(folded).get(folded) ?? [];
      return (first === undefined ? [...more] : [first, ...more]).sort((a, b) => a - b);
    },
  };
}

/** A map that grows holds the loop while it is copied: 25 ms at 200,000 entries. These are copied one by one. */
const SHARDS = 256;
const HASHED = 32;

function createShards<Value>(): (key: string) => Map<string, Value> {
  const shards = Array.from({ length: SHARDS }, () => new Map<string, Value>());
  return (key) => {
    let hash = key.length;
    for (let at = Math.min(key.length, HASHED) - 1; at >= 0; at--) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
    return shards[(hash ^ (hash >>> 8)) & (SHARDS - 1)] as Map<string, Value>;
  };
}
