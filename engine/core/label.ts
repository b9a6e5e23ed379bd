// Tags in token labels and issuers: `<s> <u> <r>` (old) and `{serial} {user} {realm} {givenname} {surname}` (manual L5993-6012, rest-api.md 3.2).

export interface LabelValues {
  serial?: string;
  user?: string;
  realm?: string;
  givenname?: string;
  surname?: string;
}

const TAGS = {
  "<s>": "serial",
  "<u>": "user",
  "<r>": "realm",
  "{serial}": "serial",
  "{user}": "user",
  "{realm}": "realm",
  "{givenname}": "givenname",
  "{surname}": "surname",
} as const;

/**
 * Puts values in place of tags, in one pass: a tag inside a value stays text. Values not given are empty; other braces stay.
 * @returns the label, not encoded
 */
export function expandLabel(template: string, values: LabelValues): string {
  return template.replace(
    /<[sur]>|\{(?:serial|user|realm|givenname|surname)\}/g,
    (tag) => values[TAGS[tag as keyof typeof TAGS]] ?? "",
  );
}
