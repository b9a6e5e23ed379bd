// A hash table in typed arrays: 32 bits of hash -> numbers of slots. Slots with one head hang in a chain, the latest first.
// Nothing is ever taken out: what is gone is told apart by who asks, and the whole table goes with its generation.
//
//   heads[hash & mask] ──> slot ──next──> slot ──next──> end        (0 is the end, slot n is written n + 1)
//
// Arrays of this size are made of pages that cost nothing until they are written to.

export interface SlotIndex {
  /** `slot`: 0 … capacity - 1, each once. */
  add(hash: number, slot: number): void;
  /** The latest slot of this hash that `isIt` says yes to; -1: none. */
  find(hash: number, isIt: (slot: number) => boolean): number;
}

/** An empty index for slots 0 … `capacity` - 1. */
export function createSlotIndex(capacity: number): SlotIndex {
  const mask = 2 ** Math.ceil(Math.log2(Math.max(2, capacity))) - 1;
  const heads = new Uint32Array(mask + 1);
  const next = new Uint32Array(capacity);
  const hashes = new Uint32Array(capacity);
  return {
    add(hash, slot) {
      const head = hash & mask;
      hashes[slot] = hash;
      next[slot] = heads[head] as number;
      heads[head] = slot + 1;
    },
    find(hash, isIt) {
      for (let link = heads[hash & mask] as number; link !== 0; link = next[link - 1] as number) {
        if (hashes[link - 1] === hash && isIt(link - 1)) return link - 1;
      }
      return -1;
    },
  };
}
