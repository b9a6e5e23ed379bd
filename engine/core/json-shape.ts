// How deep and how wide a JSON text is, told by its brackets and commas, before anything is built from it: a megabyte of `[[[[` or
// `0,0,0,` takes a quarter of a second to build and to walk, and 2 ms to count.

export interface JsonBounds {
  /** Lists and objects inside each other. */
  depth: number;
  /** Members of all lists and objects together. */
  members: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Which bound the text is over; null: none. Text that is no JSON gets an answer too, of no meaning. */
export function findJsonExcess(text: string, bounds: JsonBounds): keyof JsonBounds | null {
  let depth = 0;
  let members = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = findStringEnd(text, at + 1);
        break;
      case COMMA:
        if (++members > bounds.members) return "members";
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++depth > bounds.depth) return "depth";
        if (++members > bounds.members) return "members";
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
    }
  }
  return null;
}

/** Index of the quote that ends the string which begins at `at`. */
function findStringEnd(text: string, at: number): number {
  for (let end = at; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit === BACKSLASH) end++;
    else if (unit === QUOTE) return end;
  }
  return text.length;
}
