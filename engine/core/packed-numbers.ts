// Columns of whole numbers as bytes, in the narrowest width that holds their range: 0 (all the same), 1, 2, 4 or 8 bytes each.
//
//   0  width        4  count (uint32)      8  base (float64)      16  values - base
//
// In the byte order of the machine: the bytes live in a cache file that is made anew when it does not fit.

export interface PackedNumbers {
  base: number;
  count: number;
  /** Value of row i is base + values[i]; null: every value is `base`. */
  values: Uint8Array | Uint16Array | Uint32Array | Float64Array | null;
}

const headBytes = 16;

/** `numbers`: safe integers; the empty list packs as well. */
export function packNumbers(numbers: ArrayLike<number>): Uint8Array {
  let low = numbers.length === 0 ? 0 : Number.POSITIVE_INFINITY;
  let high = numbers.length === 0 ? 0 : Number.NEGATIVE_INFINITY;
  for (let index = 0; index < numbers.length; index += 1) {
    const value = numbers[index] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = high - low;
  const width = range === 0 ? 0 : range < 2 ** 8 ? 1 : range < 2 ** 16 ? 2 : range < 2 ** 32 ? 4 : 8;
  const bytes = new Uint8Array(headBytes + width * numbers.length);
  bytes[0] = width;
  new Uint32Array(bytes.buffer, 4, 1)[0] = numbers.length;
  new Float64Array(bytes.buffer, 8, 1)[0] = low;
  const values = viewValues(bytes, width, numbers.length);
  if (values) for (let index = 0; index < numbers.length; index += 1) values[index] = (numbers[index] as number) - low;
  return bytes;
}

/** Throws RangeError for bytes that `packNumbers` did not make. */
export function unpackNumbers(packed: Uint8Array): PackedNumbers {
  // Views want an address that is a multiple of their width.
  const bytes = packed.byteOffset % 8 === 0 ? packed : packed.slice();
  const width = bytes[0] ?? -1;
  if (bytes.length < headBytes || ![0, 1, 2, 4, 8].includes(width)) throw new RangeError("these are no packed numbers");
  const count = new Uint32Array(bytes.buffer, bytes.byteOffset + 4, 1)[0] ?? 0;
  if (bytes.length !== headBytes + width * count) throw new RangeError("packed numbers of another length than they say");
  const base = new Float64Array(bytes.buffer, bytes.byteOffset + 8, 1)[0] ?? 0;
  return { base, count, values: viewValues(bytes, width, count) };
}

/** One value; `index` below `count`. */
export function valueAt({ base, values }: PackedNumbers, index: number): number {
  return values === null ? base : base + (values[index] as number);
}

function viewValues(bytes: Uint8Array, width: number, count: number): PackedNumbers["values"] {
  const at = bytes.byteOffset + headBytes;
  const buffer = bytes.buffer as ArrayBuffer;
  switch (width) {
    case 0:
      return null;
    case 1:
      return new Uint8Array(buffer, at, count);
    case 2:
      return new Uint16Array(buffer, at, count);
    case 4:
      return new Uint32Array(buffer, at, count);
    default:
      return new Float64Array(buffer, at, count);
  }
}
