// A value of a pi.cfg as a person may see it: secrets, and whatever may hold one, are not shown.
import type { PythonValue } from "../../core/python-literals.ts";
import { printable } from "../output.ts";
import type { OldKey } from "./old-key.ts";

const MAX_SHOWN = 120;

/** Of tables the names only, of addresses the scheme if they may hold a password; long texts are cut. */
export function describePythonValue(value: PythonValue, { secret, value: kind }: Pick<OldKey, "secret" | "value">): string {
  if (secret) return "[secret]";
  if (typeof value === "string") {
    if (kind === "address" && /[@?]/.test(value)) return `${/^([\w+.-]{1,40}):\/\//.exec(value)?.[0] ?? ""}[not shown]`;
    const cut = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
    return printable(JSON.stringify(cut));
  }
  if (value instanceof Map)
    return `a table of ${[...value.keys()].map((key) => printable(key.slice(0, 40))).join(", ") || "nothing"}`;
  if (!Array.isArray(value))
    return value === null ? "None" : typeof value === "boolean" ? (value ? "True" : "False") : String(value);
  const plain = value.every((item) => typeof item !== "object");
  if (!plain) return `a list of ${value.length} ${value.length === 1 ? "entry" : "entries"}`;
  const shown = value.slice(0, 20).map((item) => describePythonValue(item, { value: kind }));
  return `[${shown.join(", ")}${value.length > 20 ? ", …" : ""}]`;
}
