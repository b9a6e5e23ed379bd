// The text of a passwd file (passwd(5)): login:hash:uid:gid:gecos:home:shell, indexed by login and uid. Lines are cut up when they are
// asked for, so 200,000 users cost two maps and the text.

export interface PasswdEntry {
  login: string;
  /** Field 2 as it stands (E102: no shadow file). */
  hash: string;
  userId: string;
  attributes: Record<string, string>;
}

export interface PasswdFile {
  readonly size: number;
  byLogin(login: string): PasswdEntry | null;
  byId(userId: string): PasswdEntry | null;
  /** Entries in the order of the file. */
  entries(): Iterable<PasswdEntry>;
}

/** A line that is none of passwd(5). The message names its number only. */
export class PasswdFormatError extends SyntaxError {
  override readonly name = "PasswdFormatError";
}

/** Decoding and indexing this much takes about 2 ms. One string of the whole file would cost 80 ms at a time for 40 MB. */
const SLICE_BYTES = 256 * 1024;
/** A place in the file is slice * SPAN + offset in the slice's text; files are far smaller than this. */
const SPAN = 2 ** 32;
const ALL_FIELDS = 7;

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
  const logins = new Map<string, number>();
  const ids = new Map<string, number>();
  let lines = 0;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, at + SLICE_BYTES);
    const end = newline < 0 ? bytes.length : newline + 1;
    const text = decoder.decode(bytes.subarray(at, end));
    lines = indexSlice(text, slices.length * SPAN, lines, logins, ids);
    slices.push(text);
    at = end;
    await pause();
  }
  const read = (place: number) => readEntry(slices[Math.floor(place / SPAN)] ?? "", place % SPAN);
  const find = (place: number | undefined) => (place === undefined ? null : read(place));
  return {
    size: logins.size,
    byLogin: (login) => find(logins.get(login)),
    byId: (userId) => find(ids.get(userId)),
    *entries() {
      for (const place of logins.values()) yield read(place);
    },
  };
}

/** Indexes whole lines; returns the number of lines up to here. */
function indexSlice(text: string, base: number, before: number, logins: Map<string, number>, ids: Map<string, number>): number {
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
      const login = text.slice(start, first);
      const userId = text.slice(second + 1, idEnd).trimEnd();
      if (userId === "") throw new PasswdFormatError(`line ${line} is not login:password:uid`);
      if (!logins.has(login)) logins.set(login, base + start);
      if (!ids.has(userId)) ids.set(userId, base + start);
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

/**
 * GECOS as chfn(1) writes it: full name, room, work phone, home phone, other. The last three are phone, mobile and email here; the first
 * word of the name is the given name, the rest the surname.
 */
function readEntry(text: string, start: number): PasswdEntry {
  const newline = text.indexOf("\n", start);
  const line = text.slice(start, newline < 0 ? text.length : newline).trimEnd();
  const [login = "", hash = "", id = "", , gecos = ""] = line.split(":");
  const userId = id.trimEnd();
  const [fullName = "", , phone = "", mobile = "", email = ""] = gecos.split(",").map((part) => part.trim());
  const space = fullName.indexOf(" ");
  return {
    login,
    hash,
    userId,
    attributes: {
      username: login,
      userid: userId,
      description: gecos,
      givenname: space < 0 ? fullName : fullName.slice(0, space),
      surname: space < 0 ? "" : fullName.slice(space + 1).trim(),
      phone,
      mobile,
      email,
    },
  };
}
