// Values as bytes, for memory only: written and read by the same process, nothing is checked.
//
//   number   varint of 0: null, 1: eight bytes of a double follow, else 2 + the whole number zigzag (0, -1, 1, -2, …)
//   text     varint of 2 × length, + 1 if one byte a UTF-16 code unit is not enough; any string comes back as it was, halves of
//            surrogate pairs too
//   bytes    varint of 0: null, else 1 + length

export interface Writer {
  number(value: number | null): void;
  text(value: string): void;
  bytes(value: Uint8Array | null): void;
  /** What was written since the last `take`; good until the next write. */
  take(): Uint8Array;
}

export interface Reader {
  number(): number | null;
  text(): string;
  /** A copy. */
  bytes(): Uint8Array | null;
}

/** Whole numbers below this have a zigzag that is a safe integer, too. */
const WHOLE = 2 ** 51;

/** A writer into memory of its own, which grows as needed. */
export function createWriter(): Writer {
  let buffer = Buffer.alloc(1024);
  let end = 0;

  function makeRoom(length: number): void {
    if (end + length <= buffer.length) return;
    const larger = Buffer.alloc(2 * (end + length));
    larger.set(buffer);
    buffer = larger;
  }

  function varint(value: number): void {
    makeRoom(8);
    let rest = value;
    while (rest >= 2 ** 31) {
      buffer[end++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      buffer[end++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[end++] = rest;
  }

  function raw(value: Uint8Array): void {
    makeRoom(value.length);
    buffer.set(value, end);
    end += value.length;
  }

  return {
    number(value) {
      if (value === null) return varint(0);
      if (Number.isInteger(value) && Math.abs(value) < WHOLE && !Object.is(value, -0)) {
        return varint(value >= 0 ? 2 * value + 2 : -2 * value + 1);
      }
      varint(1);
      makeRoom(8);
      end = buffer.writeDoubleLE(value, end);
    },
    text(value) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: all that fit into one byte
      const encoding = /[^\x00-\xff]/.test(value) ? "utf16le" : "latin1";
      varint(2 * value.length + (encoding === "latin1" ? 0 : 1));
      makeRoom(2 * value.length);
      end += buffer.write(value, end, encoding);
    },
    bytes(value) {
      varint(value === null ? 0 : value.length + 1);
      if (value !== null) raw(value);
    },
    take() {
      const written = buffer.subarray(0, end);
      end = 0;
      return written;
    },
  };
}

/** Reads what a writer wrote, from `start` on, in the order it was written. */
export function createReader(buffer: Buffer, start: number): Reader {
  let at = start;

  function varint(): number {
    let byte = buffer[at++] as number;
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    do {
      byte = buffer[at++] as number;
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128);
    return value;
  }

  return {
    number() {
      const code = varint();
      if (code === 0) return null;
      if (code > 1) return code % 2 === 0 ? code / 2 - 1 : -(code - 1) / 2;
      at += 8;
      return buffer.readDoubleLE(at - 8);
    },
    text() {
      const code = varint();
      const wide = code % 2 === 1;
      const from = at;
      at += wide ? code - 1 : code / 2;
      return buffer.toString(wide ? "utf16le" : "latin1", from, at);
    },
    bytes() {
      const code = varint();
      if (code === 0) return null;
      const value = new Uint8Array(code - 1);
      value.set(buffer.subarray(at, at + value.length));
      at += value.length;
      return value;
    },
  };
}
