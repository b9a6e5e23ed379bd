// The fields of a form as data, and what is wrong with what was typed.
import type { MessageKey, Phrase } from "../../text/text.ts";

export type FormValues = Record<string, string>;

export interface FormField {
  name: string;
  label: MessageKey;
  hint?: MessageKey;
  /** flag: "1" or ""; moment: local day and minute; search: text with suggestions */
  kind: "text" | "secret" | "number" | "select" | "flag" | "moment" | "search";
  required?: boolean;
  initial?: string;
  maxLength?: number;
  min?: number;
  max?: number;
  /** select */
  options?: readonly { value: string; label: string }[];
  /** search */
  suggest?(text: string): Promise<readonly { value: string; label: string }[]>;
  autocomplete?: AutoFill;
  /** Shown only then. */
  when?(values: FormValues): boolean;
}

type AutoFill = "off" | "new-password" | "one-time-code" | "username" | "email";

export const initialValues = (fields: readonly FormField[]): FormValues =>
  Object.fromEntries(fields.map(({ name, initial = "" }) => [name, initial]));

/** What is wrong, by field; empty: nothing. */
export function findFaults(fields: readonly FormField[], values: FormValues): Record<string, Phrase> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const fault = !field.when || field.when(values) ? findFault(field, values[field.name] ?? "") : null;
      return fault ? [[field.name, fault]] : [];
    }),
  );
}

function findFault({ kind, required, maxLength, min, max }: FormField, value: string): Phrase | null {
  if (value.trim() === "") return required ? "form.required" : null;
  if (maxLength !== undefined && value.length > maxLength) return { key: "form.tooLong", words: { max: maxLength } };
  if (kind !== "number") return null;
  const number = /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : Number.NaN;
  const [least, most] = [min ?? 0, max ?? Number.MAX_SAFE_INTEGER];
  return number >= least && number <= most ? null : { key: "form.range", words: { min: least, max: most } };
}
