// What one key of a pi.cfg (config-and-tokens.md A) means to us. Pure data, one entry a key, so that the documentation and
// `ostiary doctor --pi-cfg` say the same.
import type { PythonValue } from "../../core/python-literals.ts";
import type { SettingKey } from "../../settings.ts";

/** A value as it stands in ostiary.toml. */
export type TomlValue = string | number | boolean | readonly (string | Readonly<Record<string, string>>)[];

/** What a value of the old key gives. */
export interface Converted {
  /** Nothing: our default says the same, or nothing of ours can say it; then `warning` says why. */
  set: Partial<Record<SettingKey, TomlValue>>;
  warning?: string;
}

export type Became =
  /** Settings of ours, and how a value is carried over. Undefined: not a value this key can have. */
  | { kind: "setting"; settings: readonly SettingKey[]; convert(value: PythonValue): Converted | undefined }
  /** Something else of ours does this: a command, a file, a variable. Markdown, in a few words. */
  | { kind: "elsewhere"; what: string }
  /** There will be something, and there is nothing yet. */
  | { kind: "later" }
  /** There is nothing, on purpose. */
  | { kind: "nothing" };

export interface OldKey {
  /** Where the contract describes it. */
  id: string;
  value: "text" | "path" | "address" | "flag" | "whole number" | "list" | "table";
  became: Became;
  /** For an operator: what takes its place, or why nothing does. Markdown. */
  why: string;
  /** Its value is never shown. */
  secret?: true;
  /** What an operator should know of this very value. */
  warn?(value: PythonValue): string | null;
  /** It counts only where this other key is not set. */
  yieldsTo?: string;
}

export const later: Became = { kind: "later" };
export const nothing: Became = { kind: "nothing" };
export const elsewhere = (what: string): Became => ({ kind: "elsewhere", what });

/** One text becomes the text of one setting. */
export function textSetting(key: SettingKey): Became {
  return {
    kind: "setting",
    settings: [key],
    convert: (value) => (typeof value === "string" ? { set: { [key]: value } } : undefined),
  };
}

/** A list of texts (or one text) becomes a list. */
export function listSetting(key: SettingKey): Became {
  return {
    kind: "setting",
    settings: [key],
    convert(value) {
      const list = typeof value === "string" ? [value] : value;
      return Array.isArray(list) && list.every((item) => typeof item === "string")
        ? { set: { [key]: list as string[] } }
        : undefined;
    },
  };
}

/** A whole number becomes the number of one setting. */
export function integerSetting(key: SettingKey): Became {
  return {
    kind: "setting",
    settings: [key],
    convert: (value) => (typeof value === "number" && Number.isInteger(value) ? { set: { [key]: value } } : undefined),
  };
}
