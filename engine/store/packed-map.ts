// A bounded map whose entries are bytes in large pages: what a runtime object costs several times over fits into its bare
// content and some 20 bytes for each name. Two generations as in two-generation-map.ts: when the young one is full it becomes
// the old one, and the former old one goes, pages and all, so that nothing inside a page is ever freed or moved.
//
//   put ──> young ──(young full)──> old ──(young full again)──> forgotten
//             ^                      │
//             └───────── get ────────┘
//
// An entry that is put again takes its former room, if it fits.
import { createReader, createWriter, type Reader, type Writer } from "./packing.ts";
import { createSlotIndex, type SlotIndex } from "./slot-index.ts";

/** What the map must know of its values. The first name is the key; the others are unique, too, and never change. */
export interface Shape<Value> {
  /** A hash of each name of a value, 32 bits without sign. */
  hashes: ((value: Value) => number)[];
  write(value: Value, into: Writer): void;
  read(from: Reader): Value;
  /** Does a packed value have the key of this one? Hashes can collide. */
  same(value: Value, other: Reader): boolean;
}

type IsIt = (entry: Reader) => boolean;

export interface PackedMap<Value> {
  /** The entry whose name number `name` has this hash and that is the one, as a new object. `isIt` reads the names only, so they are written first. */
  get(name: number, hash: number, isIt: IsIt): Value | undefined;
  put(value: Value): void;
  delete(name: number, hash: number, isIt: IsIt): void;
  clear(): void;
  readonly size: number;
}

const PAGE = 256 * 1024;
/** No slot, and the place of an entry that was taken out. */
const GONE = -1;

/** Holds at most `bound` entries. One of less than 2 holds nothing. */
export function createPackedMap<Value>(bound: number, shape: Shape<Value>): PackedMap<Value> {
  const half = Math.floor(bound / 2);
  const writer = createWriter();
  // Made with the first entry: most sites never need them.
  let young: Generation | undefined;
  let old: Generation | undefined;

  const hashesOf = (value: Value) => shape.hashes.map((hash) => hash(value));

  function add(hashes: number[], bytes: Uint8Array): void {
    if (young?.full) [young, old] = [undefined, young];
    young ??= createGeneration(half, shape.hashes.length);
    young.add(hashes, bytes);
  }

  return {
    get(name, hash, isIt) {
      const slot = young?.find(name, hash, isIt) ?? GONE;
      if (young !== undefined && slot !== GONE) return shape.read(young.open(slot));
      const aged = old?.find(name, hash, isIt) ?? GONE;
      if (old === undefined || aged === GONE) return undefined;
      const value = shape.read(old.open(aged));
      add(hashesOf(value), old.remove(aged));
      return value;
    },
    put(value) {
      if (half === 0) return;
      const hashes = hashesOf(value);
      const key = hashes[0] as number;
      const isIt = (entry: Reader) => shape.same(value, entry);
      shape.write(value, writer);
      const bytes = writer.take();
      const known = young?.find(0, key, isIt) ?? GONE;
      if (known !== GONE && young?.replace(known, bytes)) return;
      const aged = old?.find(0, key, isIt) ?? GONE;
      if (aged !== GONE) old?.remove(aged);
      add(hashes, bytes);
    },
    delete(name, hash, isIt) {
      for (const generation of [young, old]) {
        const slot = generation?.find(name, hash, isIt) ?? GONE;
        if (slot !== GONE) generation?.remove(slot);
      }
    },
    clear() {
      young = undefined;
      old = undefined;
    },
    get size() {
      return (young?.size ?? 0) + (old?.size ?? 0);
    },
  };
}

interface Generation {
  /** The slot, or GONE: not there. */
  find(name: number, hash: number, isIt: IsIt): number;
  open(slot: number): Reader;
  add(hashes: number[], bytes: Uint8Array): void;
  /** Writes over an entry; false: there is no room, and the entry is gone. */
  replace(slot: number, bytes: Uint8Array): boolean;
  /** Gives the bytes it had. */
  remove(slot: number): Uint8Array;
  readonly full: boolean;
  readonly size: number;
}

function createGeneration(capacity: number, names: number): Generation {
  const indexes = Array.from({ length: names }, () => createSlotIndex(capacity));
  const pages: Buffer[] = [];
  /** Slot -> page × PAGE + where in it, or GONE. */
  const places = new Float64Array(capacity);
  const rooms = new Uint32Array(capacity);
  let slots = 0;
  let gone = 0;
  let free = 0;

  const pageOf = (slot: number) => pages[Math.floor((places[slot] as number) / PAGE)] as Buffer;
  const offsetOf = (slot: number) => (places[slot] as number) % PAGE;

  const open = (slot: number) => createReader(pageOf(slot), offsetOf(slot));

  function remove(slot: number): Uint8Array {
    const bytes = pageOf(slot).subarray(offsetOf(slot), offsetOf(slot) + (rooms[slot] as number));
    places[slot] = GONE;
    gone += 1;
    return bytes;
  }

  return {
    find: (name, hash, isIt) => (indexes[name] as SlotIndex).find(hash, (slot) => places[slot] !== GONE && isIt(open(slot))),
    open,
    add(hashes, bytes) {
      // An entry lies in one page; one that is larger than a page has a page of its own.
      if (pages.length === 0 || free + bytes.length > (pages.at(-1) as Buffer).length) {
        // Not from the pool of small buffers, which would be kept whole.
        pages.push(Buffer.allocUnsafeSlow(Math.max(PAGE, bytes.length)));
        free = 0;
      }
      (pages.at(-1) as Buffer).set(bytes, free);
      places[slots] = (pages.length - 1) * PAGE + free;
      rooms[slots] = bytes.length;
      for (const [name, index] of indexes.entries()) index.add(hashes[name] as number, slots);
      free += bytes.length;
      slots += 1;
    },
    replace(slot, bytes) {
      if (bytes.length > (rooms[slot] as number)) {
        remove(slot);
        return false;
      }
      pageOf(slot).set(bytes, offsetOf(slot));
      return true;
    },
    remove,
    get full() {
      return slots >= capacity;
    },
    get size() {
      return slots - gone;
    },
  };
}
