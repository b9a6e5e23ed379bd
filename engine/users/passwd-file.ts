// The text of a passwd file (passwd(5)): login:hash:uid:gid:gecos:home:shell, indexed by login and uid. Lines are cut up when they are
// asked for, so 200,000 users cost two indexes and the text.
import { createLineIndex, type LineIndex } from "./line-index.ts";
import { type PasswdEntry, type PasswdLine, readEntry } from "./passwd-line.ts";
import { foldUserId } from "./userid-pattern.ts";

export interface PasswdFile {
  readonly size: number;
  byLogin(login: string): PasswdEntry | null;
  byId(userId: string): PasswdEntry | null;
  /** Lines with this login, whatever its case, in the order of the file; null for what proves to be nobody's. */
  named(login: string): Iterable<PasswdLine | null>;
  /** Lines with this uid and maybe some that are only like it (`01` for `1`), in the order of the file. */
  numbered(userId: string): Iterable<PasswdLine | null>;
  /**
   * Lines in the order of the file, and null where it has looked for a while and found none: the caller may rest at each.
   * @param piece folded to lower case: lines without it are left out where that is cheap to tell; empty: all lines
   */
  lines(piece: string): Iterable<PasswdLine | null>;
}

/** A line that is none of passwd(5). The message names its number only. */
export class PasswdFormatError extends SyntaxError {
  override readonly name = "PasswdFormatError";
}

/** Decoding and indexing this much takes about a millisecond. One string of the whole file would cost 80 ms at a time for 40 MB. */
const SLICE_BYTES = 128 * 1024;
/** A place in the file is slice * SPAN + offset in the slice's text; files are far smaller than this. */
const SPAN = 2 ** 32;
const ALL_FIELDS = 7;
/** Letters whose lower case is longer than they are, or depends on what stands beside them. */
const ODD_LETTERS = /[\u0130\u03a3]/;

/**
 * Indexes a file. Blank lines (E101), comments and NIS lines (+ and -) are skipped; of two lines with the same login or uid the first counts,
 * as for getpwnam(3).
 * @param bytes whole file, UTF-8 (U+FFFD for what is not)
 * @param pause awaited between slices so that a large file does not hold up the event loop
 * @throws PasswdFormatError for a line without login, hash and uid, for a NUL, and for a last line that is cut off: a file half written
 */
export async function indexPasswd(bytes: Uint8Array, pause: () => Promise<void>): Promise<PasswdFile> {
  if (bytes.includes(0)) throw new PasswdFormatError("the file is not text");
  const decoder = new TextDecoder();
  const slices: string[] = [];
  /** Those that folded as a whole would not be what their lines are when folded. */
  const odd = new Set<number>();
  const logins = createLineIndex((login) => login.toLowerCase(), false);
  const ids = createLineIndex(foldUserId, true);
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, at + SLICE_BYTES);
    const end = newline < 0 ? bytes.length : newline + 1;
    const text = decoder.decode(bytes.subarray(at, end));
    count = indexSlice(text, slices.length * SPAN, count, logins, ids);
    if (ODD_LETTERS.test(text)) odd.add(slices.length);
    slices.push(text);
    at = end;
    await pause();
  }

  const find = (place: number | undefined) =>
    place === undefined ? null : readEntry(cutLine(slices[Math.floor(place / SPAN)] ?? "", place % SPAN));

  /** Null for a line that is nobody's: a comment, or one whose login came before. */
  function readLine(text: string, base: number, start: number): PasswdLine | null {
    const line = cutLine(text, start);
    const first = line.indexOf(":");
    const login = line.slice(0, first);
    if (first < 0 || logins.first(login) !== base + start) return null;
    const idStart = line.indexOf(":", first + 1) + 1;
    const idEnd = line.indexOf(":", idStart);
    return { login, userId: line.slice(idStart, idEnd < 0 ? line.length : idEnd).trimEnd(), text: line };
  }

  function* readAll(places: number[]) {
    for (const place of places) {
      const slice = Math.floor(place / SPAN);
      yield readLine(slices[slice] ?? "", slice * SPAN, place % SPAN);
    }
  }

  return {
    get size() {
      return logins.size;
    },
    byLogin: (login) => find(logins.first(login)),
    byId: (userId) => find(ids.first(userId)),
    named: (login) => readAll(logins.alike(login.toLowerCase())),
    numbered: (userId) => readAll(ids.alike(foldUserId(userId))),
    *lines(piece) {
      for (const [slice, text] of slices.entries()) {
        for (const start of findLines(text, odd.has(slice) ? "" : piece)) yield readLine(text, slice * SPAN, start);
        yield null;
      }
    },
  };
}

/** Beginnings of the lines of a slice that hold `piece`; empty: of all. */
function* findLines(text: string, piece: string): Generator<number> {
  const folded = piece === "" ? null : text.toLowerCase();
  for (let start = 0; start < text.length; ) {
    if (folded) {
      const hit = folded.indexOf(piece, start);
      if (hit < 0) return;
      start = Math.max(start, text.lastIndexOf("\n", hit) + 1);
    }
    yield start;
    const newline = text.indexOf("\n", start);
    if (newline < 0) return;
    start = newline + 1;
  }
}

function cutLine(text: string, start: number): string {
  const newline = text.indexOf("\n", start);
  return text.slice(start, newline < 0 ? text.length : newline);
}

/** Indexes whole lines; returns the number of lines up to here. */
function indexSlice(text: string, base: number, before: number, logins: LineIndex, ids: LineIndex): number {
  let line = before;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    line++;
    if (!isSkipped(text, start, end)) {
      const first = text.indexOf(":", start);
      const second = first < 0 ? -1 : text.indexOf(":", first + 1);
      const third = second < 0 ? -1 : text.indexOf(":", second + 1);
      const idEnd = third < 0 || third > end ? end : third;
      if (second < 0 || second > end || first === start || idEnd === second + 1) {
        throw new PasswdFormatError(`line ${line} is not login:password:uid`);
      }
      if (newline < 0 && text.slice(start).split(":").length < ALL_FIELDS) {
        throw new PasswdFormatError(`line ${line}, the last, is cut off`);
      }
      const userId = text.slice(second + 1, idEnd).trimEnd();
      if (userId === "") throw new PasswdFormatError(`line ${line} is not login:password:uid`);
      logins.add(text.slice(start, first), base + start);
      ids.add(userId, base + start);
    }
    start = end + 1;
  }
  return line;
}

function isSkipped(text: string, start: number, end: number): boolean {
  const first = text.charCodeAt(start);
  if (first === 0x23 || first === 0x2b || first === 0x2d || start === end) return true; // # + -
  return first <= 0x20 && text.slice(start, end).trim() === "";
}
