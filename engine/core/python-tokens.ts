// Python's text cut into logical lines of tokens (the Python language reference, chapter 2), as far as a configuration file needs
// it: names, numbers, texts, operators, brackets that go over lines, comments. Nothing is run. One pass, no way back, so the time
// grows with the length of the text and with nothing else.

export type Token =
  | { kind: "name"; text: string; line: number }
  | { kind: "number"; text: string; line: number }
  /** `text` is what the literal means; null for one that only Python can put together: f"…", \N{…}. */
  | { kind: "string"; text: string | null; line: number }
  | { kind: "op"; text: string; line: number };

export interface LogicalLine {
  /** Where it begins, from 1. */
  line: number;
  /** It belongs to a block (if, def, …). */
  indented: boolean;
  /** Of several statements the ";" stands between them. */
  tokens: Token[];
  /** Why it is no Python, or null. */
  fault: string | null;
}

const BLANK = /[ \t\f]+/y;
const COMMENT = /#[^\r\n]*/y;
const NEWLINE = /\r\n|\n|\r/y;
const JOINED = /\\(?:\r\n|\n|\r)/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jJ]?/y;
const OPERATOR = /[-+*/%@&|^<>=!:]=|\*\*|\/\/|->|<<|>>|[-+*/%@&|^~<>=.,:;()[\]{}]/y;
const PREFIX = /^(?:[rR]?[bB]|[bB][rR]|[rR]|[uU]|[fF][rR]?|[rR][fF])$/;

const ESCAPES: Record<string, string> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Cuts up the whole text. A line that is no Python says so in `fault`; the lines after it are read all the same. */
export function readLogicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  let depth = 0;
  let current: LogicalLine | null = null;
  /** Nothing but blanks since the line began; how many. */
  let indent: number | null = 0;

  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const open = (): LogicalLine => {
    if (current === null) {
      current = { line, indented: (indent ?? 0) > 0, tokens: [], fault: null };
      lines.push(current);
    }
    return current;
  };
  const end = () => {
    current = null;
    depth = 0;
  };

  while (at < text.length) {
    const blank = take(BLANK);
    if (blank !== null) {
      if (indent !== null) indent += blank.length;
      continue;
    }
    if (take(COMMENT) !== null) continue;
    if (take(NEWLINE) !== null) {
      line++;
      if (depth === 0) {
        end();
        indent = 0;
      }
      continue;
    }
    if (take(JOINED) !== null) {
      line++;
      continue;
    }
    const logical = open();
    indent = null;
    const startLine = line;
    const name = take(NAME);
    const quoted = name === null || PREFIX.test(name) ? readString(text, at, name ?? "") : null;
    if (quoted !== null) {
      at = quoted.end;
      line += quoted.lines;
      logical.fault ??= quoted.fault;
      logical.tokens.push({ kind: "string", text: quoted.text, line: startLine });
      continue;
    }
    if (name !== null) {
      logical.tokens.push({ kind: "name", text: name, line });
      continue;
    }
    const number = take(NUMBER);
    if (number !== null) {
      logical.tokens.push({ kind: "number", text: number, line });
      continue;
    }
    const operator = take(OPERATOR);
    if (operator === null) {
      logical.fault ??= "a character that has no meaning in Python";
      at++;
    } else {
      if ("([{".includes(operator)) depth++;
      if (")]}".includes(operator)) depth = Math.max(0, depth - 1);
      logical.tokens.push({ kind: "op", text: operator, line });
    }
  }
  const last = lines.at(-1);
  if (last && depth > 0) last.fault ??= "a bracket is never closed";
  return lines;
}

interface Quoted {
  text: string | null;
  end: number;
  lines: number;
  fault: string | null;
}

/** A text literal that begins at `start`, after its prefix; null if none begins there. */
function readString(text: string, start: number, prefix: string): Quoted | null {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return null;
  const closing = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  const raw = /r/i.test(prefix);
  const parts: string[] = [];
  let readable = !/f/i.test(prefix);
  let lines = 0;
  let at = start + closing.length;
  let from = at;
  while (at < text.length) {
    const character = text[at];
    if (character === quote && text.startsWith(closing, at)) {
      parts.push(text.slice(from, at));
      return { text: readable ? parts.join("") : null, end: at + closing.length, lines, fault: null };
    }
    if (character === "\n" || character === "\r") {
      if (closing.length === 1) return { text: null, end: at, lines, fault: "a text is not closed in its line" };
      at += text.startsWith("\r\n", at) ? 2 : 1;
      lines++;
      continue;
    }
    if (character !== "\\") {
      at++;
      continue;
    }
    const sequence = readEscape(text, at);
    lines += sequence.lines;
    readable &&= sequence.meaning !== null || raw;
    if (!raw) {
      parts.push(text.slice(from, at), sequence.meaning ?? "");
      from = at + sequence.length;
    }
    at += sequence.length;
  }
  return { text: null, end: text.length, lines, fault: "a text is never closed" };
}

interface Escape {
  /** Null: \N{…}, which needs the names of all characters. */
  meaning: string | null;
  length: number;
  lines: number;
}

const CODED = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3}))/y;

/** The escape sequence at `at`, where a backslash stands. One that Python does not know stays as it is written. */
function readEscape(text: string, at: number): Escape {
  JOINED.lastIndex = at;
  const joined = JOINED.exec(text)?.[0];
  if (joined !== undefined) return { meaning: "", length: joined.length, lines: 1 };
  CODED.lastIndex = at;
  const coded = CODED.exec(text);
  if (coded) {
    const [whole, x, u, long, octal] = coded;
    const code = octal === undefined ? Number.parseInt(x ?? u ?? long ?? "", 16) : Number.parseInt(octal, 8);
    return { meaning: code > 0x10ffff ? null : String.fromCodePoint(code), length: whole.length, lines: 0 };
  }
  const next = text[at + 1] ?? "";
  if (next === "N") return { meaning: null, length: 2, lines: 0 };
  const meaning = Object.hasOwn(ESCAPES, next) ? (ESCAPES[next] ?? "") : `\\${next}`;
  return { meaning, length: 1 + next.length, lines: 0 };
}
