// Memory that C reads and writes: one buffer that does not move, handed out in pieces and taken back as a whole. Structures hold
// pointers to each other, and all of them point in here, so nothing of it can be collected while C looks at it.
import { ptr } from "bun:ffi";

type Field = number | bigint | Uint8Array | null;

export interface Arena {
  /** A zeroed piece, aligned for any structure. Throws RangeError when the arena is full. */
  take(length: number): Uint8Array;
  /** A piece that holds `content`. */
  put(content: Uint8Array): Uint8Array;
  /** A structure of unsigned longs; a piece stands for a pointer to it. */
  struct(...fields: Field[]): Uint8Array;
  /** The unsigned long at the start of a piece, or `index` longs further. */
  read(piece: Uint8Array, index?: number): bigint;
  /** Takes all pieces back and wipes them. */
  reset(): void;
}

/** An arena of `size` bytes. */
export function createArena(size: number): Arena {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  const view = new DataView(bytes.buffer);
  const base = Number(ptr(bytes));
  let used = 0;

  const take = (length: number): Uint8Array => {
    if (used + length > size) throw new RangeError("the value is too long for the security module");
    const piece = bytes.subarray(used, used + length);
    used += (length + 15) & ~15;
    return piece;
  };
  return {
    take,
    put(content) {
      const piece = take(content.length);
      piece.set(content);
      return piece;
    },
    struct(...fields) {
      const piece = take(8 * fields.length);
      for (const [index, field] of fields.entries()) {
        const value = field instanceof Uint8Array ? base + field.byteOffset : (field ?? 0);
        view.setBigUint64(piece.byteOffset + 8 * index, BigInt(value), true);
      }
      return piece;
    },
    read: (piece, index = 0) => view.getBigUint64(piece.byteOffset + 8 * index, true),
    reset() {
      bytes.fill(0, 0, Math.min(size, used));
      used = 0;
    },
  };
}
