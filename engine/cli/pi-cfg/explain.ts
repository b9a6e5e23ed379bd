// A pi.cfg, line by line: what the line sets, what became of it, what stands in ostiary.toml for it (A00, Z01, Z02). Pure.
import { findNearestWord } from "../../core/nearest-word.ts";
import { type PythonValue, readPythonConfig } from "../../core/python-literals.ts";
import type { Setting } from "../../setting.ts";
import { registry, type SettingKey } from "../../settings.ts";
import type { Converted, OldKey, TomlValue } from "./old-key.ts";
import { oldKeys } from "./registry.ts";
import { describePythonValue } from "./show-value.ts";
import { printTomlValue, type TomlSetting } from "./toml.ts";

export type LineState =
  /** A setting of ours takes its place. */
  | "setting"
  /** Something else of ours does. */
  | "elsewhere"
  | "later"
  | "nothing"
  /** A later line or another key counts. */
  | "overridden"
  /** No key of privacyIDEA that we know. */
  | "unknown"
  /** Only Python could say what it sets, or it is none of the values the key can have: a person has to look. */
  | "unread";

export interface ExplainedLine {
  file: string;
  line: number;
  /** Null: the line sets nothing that has a name. */
  key: string | null;
  /** Never a secret. Null: not known. */
  value: string | null;
  state: LineState;
  /** What became of it, in a few words. */
  became: string;
  why: string;
  warning: string | null;
}

export interface Explanation {
  lines: ExplainedLine[];
  settings: TomlSetting[];
}

export interface SourceFile {
  name: string;
  text: string;
}

interface Found {
  file: string;
  line: number;
  name: string;
  value: PythonValue | undefined;
  why: string | undefined;
}

/**
 * Explains the files in the order in which privacyIDEA reads them: of several values for one key the last counts (Z01).
 * @param environment what os.environ in them gives
 * @throws RangeError for a file that is too large
 */
export function explainPiCfg(
  files: readonly SourceFile[],
  environment: Readonly<Record<string, string | undefined>>,
): Explanation {
  const found: Found[] = [];
  const lines: ExplainedLine[] = [];
  for (const { name: file, text } of files) {
    const source = text.split(/\r\n|\n|\r/);
    const { assignments, skipped } = readPythonConfig(text, environment);
    for (const { name, line, value, why } of assignments) found.push({ file, line, name, value, why });
    for (const { line, why } of skipped) {
      // `email.concurrent_challenges = …` (A60) is no assignment in the sense of the reader.
      const name = /^\s*([\w.]+)\s*=(?!=)/.exec(source[line - 1] ?? "")?.[1] ?? "";
      if (oldKeys.has(name)) found.push({ file, line, name, value: undefined, why });
      else if (!assignments.some((assignment) => assignment.line === line)) lines.push(unread({ file, line, name: null, why }));
    }
  }
  const last = new Map(found.map((one) => [one.name, one]));
  const settings = new Map<SettingKey, TomlSetting>();
  for (const one of found) {
    const by = findOverriding(one, last);
    const explained = by ? overridden(one, by) : explainOne(one, settings);
    // Variables of the file itself, which other lines are made of.
    if (explained) lines.push(explained);
  }
  const order = files.map(({ name }) => name);
  lines.sort((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line);
  return { lines, settings: [...settings.values()].sort((a, b) => rank(a) - rank(b)) };
}

const keys = Object.keys(registry);
const rank = ({ key }: TomlSetting) => keys.indexOf(key);

function findOverriding(one: Found, last: Map<string, Found>): Found | null {
  const latest = last.get(one.name);
  if (latest !== one) return latest ?? null;
  return last.get(oldKeys.get(one.name)?.yieldsTo ?? "") ?? null;
}

function overridden({ file, line, name }: Found, by: Found): ExplainedLine {
  const where = by.file === file ? `line ${by.line}` : `line ${by.line} of ${by.file}`;
  const why = by.name === name ? `${where} sets it again, and that one counts.` : `${by.name} in ${where} counts before it.`;
  return { file, line, key: name, value: null, state: "overridden", became: "overridden", why, warning: null };
}

function unread({ file, line, name, why }: { file: string; line: number; name: string | null; why: string }): ExplainedLine {
  return {
    file,
    line,
    key: name,
    value: null,
    state: "unread",
    became: "not read",
    why: `Only Python can say what this does: ${why}.`,
    warning: "Look at this line yourself.",
  };
}

/** Null: a name in small letters that is no key, which is a variable for other lines. */
function explainOne({ file, line, name, value, why }: Found, settings: Map<SettingKey, TomlSetting>): ExplainedLine | null {
  const old = oldKeys.get(name);
  if (!old) return /^[A-Z][A-Z0-9_]*$/.test(name) ? explainUnknown({ file, line, name }) : null;
  const base = { file, line, key: name, value: value === undefined ? null : describePythonValue(value, old), why: old.why };
  const { became } = old;
  if (became.kind !== "setting") {
    const warning = (value === undefined ? null : old.warn?.(value)) ?? null;
    return { ...base, state: became.kind, became: describeFate(old), warning };
  }
  if (value === undefined) return unread({ file, line, name, why: why ?? "its value can not be known" });
  if (value === null)
    return { ...base, state: "setting", became: `${became.settings.join(", ")} stays at its default`, warning: null };
  const converted = became.convert(value);
  const fault = findFault(converted, became.settings);
  if (!converted || fault !== null) {
    const text = fault ?? `The value is not ${articleOf(old.value)}.`;
    return { ...base, state: "unread", became: `${became.settings.join(", ")}, to be set by hand`, warning: text };
  }
  const given = Object.entries(converted.set) as [SettingKey, TomlValue][];
  for (const [key, set] of given) settings.set(key, { key, value: set, comment: `${name}, line ${line} of ${file}` });
  const stands = given.map(([key, set]) => `${key} = ${printTomlValue(set)}`).join(", ");
  return {
    ...base,
    state: "setting",
    became: stands || `${became.settings.join(", ")} ${became.settings.length === 1 ? "stays" : "stay"} at the default`,
    warning: converted.warning ?? null,
  };
}

/** A converted value must be one that ostiary.toml takes. */
function findFault(converted: Converted | undefined, settings: readonly SettingKey[]): string | null {
  for (const key of settings) {
    const value = converted?.set[key];
    const { kind }: Setting<unknown> = registry[key];
    if (value !== undefined && kind.parse(value) === undefined) return `${key} must be ${kind.allowed}.`;
  }
  return null;
}

function explainUnknown({ file, line, name }: { file: string; line: number; name: string }): ExplainedLine {
  const nearest = findNearestWord(name, [...oldKeys.keys()]);
  const why =
    nearest === null ? "No key of privacyIDEA 3.8 that its manual names." : `Not a key of privacyIDEA; was ${nearest} meant?`;
  return {
    file,
    line,
    key: name,
    value: null,
    state: "unknown",
    became: "unknown",
    why,
    warning: nearest ? "A typing error?" : null,
  };
}

/** What became of a key, in a few words of Markdown. */
export function describeFate({ became }: OldKey): string {
  switch (became.kind) {
    case "setting":
      return became.settings.map((key) => `\`${key}\``).join(", ");
    case "elsewhere":
      return became.what;
    case "later":
      return "not yet";
    case "nothing":
      return "nothing";
  }
}

function articleOf(kind: OldKey["value"]): string {
  return kind === "address" ? "an address" : `a ${kind}`;
}
