// Settings as the text of an ostiary.toml (TOML 1.0), with a comment that says where each came from.
import type { SettingKey } from "../../settings.ts";
import type { TomlValue } from "./old-key.ts";

export interface TomlSetting {
  key: SettingKey;
  value: TomlValue;
  /** Of one line, stands behind the value. */
  comment: string;
}

/** One table for each first part of the keys, in the order in which they come. */
export function printToml(heading: readonly string[], settings: readonly TomlSetting[]): string {
  const lines = heading.map((line) => `# ${toLine(line)}`);
  const tables = Map.groupBy(settings, ({ key }) => key.split(".")[0] ?? "");
  for (const [table, entries] of tables) {
    lines.push("", `[${table}]`);
    for (const { key, value, comment } of entries)
      lines.push(`${key.slice(table.length + 1)} = ${printTomlValue(value)} # ${toLine(comment)}`);
  }
  return `${lines.join("\n")}\n`;
}

export function printTomlValue(value: TomlValue): string {
  if (typeof value === "string") return printText(value);
  return typeof value === "object" ? `[${value.map(printItem).join(", ")}]` : String(value);
}

/** A text, or an inline table of texts. */
function printItem(item: string | Readonly<Record<string, string>>): string {
  if (typeof item === "string") return printText(item);
  return `{ ${Object.entries(item)
    .map(([name, text]) => `${printText(name)} = ${printText(text)}`)
    .join(", ")} }`;
}

/** A basic string: JSON escapes what TOML wants escaped, except DEL; lone surrogates are no text. */
function printText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007F");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: replacing them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

function toLine(text: string): string {
  return text.toWellFormed().replace(CONTROL, " ");
}
