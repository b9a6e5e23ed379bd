// Reads a configuration file that is Python code (config-and-tokens.md A00, Z02) without running any of it: assignments of texts,
// numbers, True, False, None, lists, tuples, dicts, put together by +, by variables of the same file, by os.path.join and
// os.environ. Everything else is named by its line and left alone. Time and memory are bounded by the length of the text.
import { type LogicalLine, readLogicalLines, type Token } from "./python-tokens.ts";

/** Lists and tuples are arrays, dicts are Maps. */
export type PythonValue = string | number | boolean | null | PythonValue[] | Map<string, PythonValue>;

export interface PythonAssignment {
  name: string;
  /** From 1. */
  line: number;
  /** Undefined if it can not be known without Python; `why` says so in words and never quotes a value. */
  value: PythonValue | undefined;
  why?: string;
}

export interface PythonConfig {
  /** In the order of the file; of several for one name the last counts. */
  assignments: PythonAssignment[];
  /** Lines that are no assignment and were not read. */
  skipped: { line: number; why: string }[];
}

/** Longer texts are no configuration. */
export const MAX_PYTHON_LENGTH = 262_144;
const MAX_DEPTH = 60;
/** Characters and items a value may come to: variables that hold each other could double with every line. */
const MAX_SIZE = 500_000;
/** The same for all values of a file together. */
const MAX_TOTAL = 5_000_000;

/** The value can not be known; the message says why. */
class Unreadable extends Error {}

/** A value and what it comes to, so that a sum is refused before it is made. */
interface Sized {
  value: PythonValue;
  size: number;
}

interface Scope {
  variables: Map<string, Sized | { why: string }>;
  environment: Readonly<Record<string, string | undefined>>;
  /** What is left of MAX_TOTAL. */
  budget: number;
}

const IGNORED = new Set(["import", "from", "pass", "global"]);

/**
 * Reads `text`. Never throws for what stands in it.
 * @param environment what os.environ gives
 * @throws RangeError if it has more than MAX_PYTHON_LENGTH characters
 */
export function readPythonConfig(text: string, environment: Readonly<Record<string, string | undefined>> = {}): PythonConfig {
  if (text.length > MAX_PYTHON_LENGTH) throw new RangeError(`the file has more than ${MAX_PYTHON_LENGTH} characters`);
  const config: PythonConfig = { assignments: [], skipped: [] };
  const scope: Scope = { variables: new Map(), environment, budget: MAX_TOTAL };
  let blockLine = 0;
  const assign = (name: string, line: number, result: Sized | { why: string }) => {
    scope.variables.set(name, result);
    config.assignments.push(
      "why" in result ? { name, line, value: undefined, why: result.why } : { name, line, value: result.value },
    );
  };
  for (const logical of readLogicalLines(text).flatMap(splitStatements)) {
    const [first, second] = logical.tokens;
    if (!first) continue;
    if (!logical.indented) blockLine = logical.line;
    else {
      // Whether the block runs is for Python to say.
      for (const name of findTargets(logical)) assign(name, logical.line, { why: `it stands in the block of line ${blockLine}` });
      continue;
    }
    if (first.kind === "string" && logical.tokens.length === 1 && logical.fault === null) continue;
    if (first.kind === "name" && IGNORED.has(first.text)) continue;
    const simple = first.kind === "name" && second?.kind === "op" && ["=", ":", "+="].includes(second.text);
    if (simple && !KEYWORDS.has(first.text)) {
      const { names, result } = readAssignment(logical, scope);
      for (const name of names) assign(name, logical.line, result);
      continue;
    }
    config.skipped.push({ line: logical.line, why: logical.fault ?? describeStatement(first) });
    for (const name of findTargets(logical)) assign(name, logical.line, { why: "it depends on code that is not run" });
    // NAME.update(…), NAME["key"] = …, del NAME: what it holds from here on only Python knows.
    const changed = first.kind === "name" && first.text === "del" && second?.kind === "name" ? second : first;
    if (changed.kind === "name" && scope.variables.has(changed.text))
      assign(changed.text, logical.line, { why: "it is changed by code that is not run" });
  }
  return config;
}

/** `a = 1; b = 2` is two; `if x: a = 1; b = 2` is one. */
function splitStatements(logical: LogicalLine): LogicalLine[] {
  const { tokens } = logical;
  const [first] = tokens;
  if (first?.kind === "name" && KEYWORDS.has(first.text) && !IGNORED.has(first.text)) return [logical];
  const statements: LogicalLine[] = [{ ...logical, tokens: [] }];
  for (const token of tokens) {
    if (token.kind === "op" && token.text === ";") statements.push({ ...logical, tokens: [] });
    else statements.at(-1)?.tokens.push(token);
  }
  return statements;
}

const KEYWORDS = new Set(
  "and as assert async await break class continue def del elif else except finally for global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

function describeStatement(first: Token): string {
  return first.kind === "name" && KEYWORDS.has(first.text) ? `"${first.text}" is code that is not run` : "it is no assignment";
}

/** Names that some part of the line assigns to: a name before "=" outside of brackets. */
function findTargets({ tokens }: LogicalLine): string[] {
  const names: string[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "op") continue;
    if ("([{".includes(token.text)) depth++;
    else if (")]}".includes(token.text)) depth--;
    const before = tokens[index - 1];
    if (depth === 0 && /^(?:\+?=)$/.test(token.text) && before?.kind === "name") names.push(before.text);
  }
  return names;
}

/** `A = value`, `A = B = value`, `A: type = value`, `A += value`. */
function readAssignment(logical: LogicalLine, scope: Scope) {
  const { tokens } = logical;
  const names: string[] = [];
  let at = 0;
  let sum: string | null = null;
  for (;;) {
    const [name, operator] = [tokens[at], tokens[at + 1]];
    if (name?.kind !== "name" || operator?.kind !== "op") break;
    if (operator.text === ":" && at === 0) {
      const equals = tokens.findIndex((token) => token.kind === "op" && token.text === "=");
      names.push(name.text);
      at = equals < 0 ? tokens.length : equals + 1;
      break;
    }
    if (operator.text !== "=" && !(operator.text === "+=" && at === 0)) break;
    if (operator.text === "+=") sum = name.text;
    names.push(name.text);
    at += 2;
  }
  try {
    if (logical.fault !== null) throw new Unreadable(logical.fault);
    const reader = createReader(tokens, at, scope);
    const right = reader.readWhole();
    return { names, result: spend(sum === null ? right : add(lookUp(sum, scope), right, scope), scope) };
  } catch (error) {
    if (error instanceof Unreadable) return { names, result: { why: error.message } };
    throw error;
  }
}

function lookUp(name: string, scope: Scope): Sized {
  const known = scope.variables.get(name);
  if (known === undefined) throw new Unreadable(`${name} is not assigned before`);
  if ("why" in known) throw new Unreadable(`it is made of ${name}, which can not be read`);
  return known;
}

function lookUpVariable(name: string, { environment }: Scope): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}

/** Counts a value against what the file may come to. */
function spend(result: Sized, scope: Scope): Sized {
  scope.budget -= result.size;
  if (result.size > MAX_SIZE || scope.budget < 0) throw new Unreadable("it is too large");
  return result;
}

function add(left: Sized, right: Sized, scope: Scope): Sized {
  const size = left.size + right.size;
  spend({ value: null, size }, scope);
  if (typeof left.value === "string" && typeof right.value === "string") return { value: left.value + right.value, size };
  if (Array.isArray(left.value) && Array.isArray(right.value)) return { value: [...left.value, ...right.value], size };
  if (typeof left.value === "number" && typeof right.value === "number") return { value: left.value + right.value, size };
  throw new Unreadable("a sum of values of different kinds");
}

/** Values of the logging module that stand in such files (A19). */
const CONSTANTS: Record<string, number> = {
  "logging.DEBUG": 10,
  "logging.INFO": 20,
  "logging.WARNING": 30,
  "logging.WARN": 30,
  "logging.ERROR": 40,
  "logging.CRITICAL": 50,
};

/** Recursive descent over the tokens of one logical line. */
function createReader(tokens: Token[], start: number, scope: Scope) {
  let at = start;
  let depth = 0;

  const isOp = (text: string) => tokens[at]?.kind === "op" && tokens[at]?.text === text;
  const takeOp = (text: string): boolean => {
    if (!isOp(text)) return false;
    at++;
    return true;
  };
  const requireOp = (text: string) => {
    if (!takeOp(text)) throw new Unreadable(describeNext(tokens[at]));
  };

  function readWhole(): Sized {
    const first = readSum();
    // A tuple without brackets.
    const value = isOp(",") ? collect(first, null) : first;
    if (at < tokens.length) throw new Unreadable(describeNext(tokens[at]));
    return value;
  }

  function readSum(): Sized {
    if (++depth > MAX_DEPTH) throw new Unreadable("it is nested too deeply");
    let value = readTerm();
    while (takeOp("+")) value = add(value, readTerm(), scope);
    depth--;
    return value;
  }

  function readTerm(): Sized {
    let sign = 1;
    while (isOp("-") || isOp("+")) sign *= tokens[at++]?.text === "-" ? -1 : 1;
    const token = tokens[at];
    if (token?.kind === "number") {
      at++;
      return { value: sign * readNumber(token.text), size: 1 };
    }
    if (sign === -1) throw new Unreadable("a minus before something that is no number");
    return readAtom();
  }

  function readAtom(): Sized {
    const token = tokens[at];
    if (token?.kind === "string") return readStrings();
    if (token?.kind === "name") return readName();
    if (takeOp("(")) {
      if (takeOp(")")) return { value: [], size: 1 };
      const first = readSum();
      if (takeOp(")")) return first;
      return collect(first, ")");
    }
    if (takeOp("[")) return takeOp("]") ? { value: [], size: 1 } : collect(readSum(), "]");
    if (takeOp("{")) return readDict();
    throw new Unreadable(describeNext(token));
  }

  /** Texts side by side are one text. */
  function readStrings(): Sized {
    const parts: string[] = [];
    for (let token = tokens[at]; token?.kind === "string"; token = tokens[++at]) {
      if (token.text === null) throw new Unreadable("a text that only Python can put together");
      parts.push(token.text);
    }
    const value = parts.join("");
    return { value, size: value.length + 1 };
  }

  /** The rest of a list or tuple after its first item; `closing` null: to the end of the line. */
  function collect(first: Sized, closing: string | null): Sized {
    const items = [first.value];
    let size = 1 + first.size;
    while (takeOp(",")) {
      if (closing === null ? at >= tokens.length : isOp(closing)) break;
      const item = readSum();
      items.push(item.value);
      size += item.size;
      if (size > MAX_SIZE) throw new Unreadable("it is too large");
    }
    if (closing !== null) requireOp(closing);
    return { value: items, size };
  }

  function readDict(): Sized {
    const entries = new Map<string, PythonValue>();
    let size = 1;
    while (!takeOp("}")) {
      const key = readSum();
      if (typeof key.value === "object" && key.value !== null) throw new Unreadable("a dict with a key that is no text");
      requireOp(":");
      const item = readSum();
      entries.set(String(key.value), item.value);
      size += key.size + item.size;
      if (size > MAX_SIZE) throw new Unreadable("it is too large");
      if (!takeOp(",") && !isOp("}")) throw new Unreadable(describeNext(tokens[at]));
    }
    return { value: entries, size };
  }

  function readName(): Sized {
    let name = tokens[at++]?.text ?? "";
    while (isOp(".") && tokens[at + 1]?.kind === "name") {
      name += `.${tokens[at + 1]?.text}`;
      at += 2;
    }
    if (name === "True" || name === "False") return { value: name === "True", size: 1 };
    if (name === "None") return { value: null, size: 1 };
    if (Object.hasOwn(CONSTANTS, name)) return { value: CONSTANTS[name] ?? 0, size: 1 };
    if (name === "os.path.join" && takeOp("(")) return sized(joinPath(readArguments()));
    if ((name === "os.environ.get" || name === "os.getenv") && takeOp("(")) {
      const [variable, otherwise] = readArguments();
      const value = lookUpVariable(requireText(variable), scope);
      return value === undefined ? (otherwise ?? { value: null, size: 1 }) : sized(value);
    }
    if (name === "os.environ" && takeOp("[")) {
      const variable = requireText(readSum());
      requireOp("]");
      const value = lookUpVariable(variable, scope);
      if (value === undefined) throw new Unreadable("it comes from a variable of the environment that is not set here");
      return sized(value);
    }
    if (isOp("(")) throw new Unreadable("it calls a function");
    if (isOp("[")) throw new Unreadable("it takes a part of something");
    if (KEYWORDS.has(name)) throw new Unreadable(`"${name}" is code that is not run`);
    return lookUp(name, scope);
  }

  function readArguments(): Sized[] {
    const found: Sized[] = [];
    while (!takeOp(")")) {
      found.push(readSum());
      if (!takeOp(",") && !isOp(")")) throw new Unreadable(describeNext(tokens[at]));
    }
    return found;
  }

  return { readWhole };
}

const sized = (value: string): Sized => ({ value, size: value.length + 1 });

function requireText(given: Sized | undefined): string {
  if (typeof given?.value !== "string") throw new Unreadable("a function is called in a way that is not read");
  return given.value;
}

/** As posixpath.join: a part that begins with a slash starts anew. */
function joinPath(parts: Sized[]): string {
  let path = "";
  for (const part of parts) {
    const text = requireText(part);
    path = text.startsWith("/") || path === "" ? text : path.endsWith("/") ? path + text : `${path}/${text}`;
    if (path.length > MAX_SIZE) throw new Unreadable("it is too large");
  }
  return path;
}

function readNumber(text: string): number {
  const value = Number(text.replaceAll("_", ""));
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw new Unreadable("a number that can not be read");
  return value;
}

/** What stands where it can not be read. Values are never quoted: they may be secrets. */
function describeNext(token: Token | undefined): string {
  if (token === undefined) return "it breaks off";
  if (token.kind === "op") return `"${token.text}" is not read here`;
  if (token.kind === "name" && KEYWORDS.has(token.text)) return `"${token.text}" is code that is not run`;
  return `a ${token.kind === "string" ? "text" : token.kind} stands where none is read`;
}
