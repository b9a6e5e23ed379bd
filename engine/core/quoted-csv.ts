// Values for the CSV files of the REST API: each in single quotes (rest-api.md 5, item 59), safe to open in a spreadsheet.

// Tabs, line ends and other control characters: one row stays one line, whatever reads it.
// biome-ignore lint/suspicious/noControlCharactersInRegex: replacing them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

// Where a spreadsheet would begin a formula: at the start of the value, and after each comma or semicolon, because programs
// that do not know single quotes as quotes cut the value there. Blanks and double quotes before it do not count for them.
const FORMULA = /(^|[,;])(?=[\s"']*[=+\-@])/g;

/**
 * A value in single quotes. Quotes inside are doubled; control characters become a blank; an apostrophe stands before what a
 * spreadsheet would take for a formula (CWE-1236). Numbers are left as they are.
 */
export function quoteCsvValue(value: string | number | boolean): string {
  if (typeof value !== "string") return `'${value}'`;
  const plain = value.replace(CONTROL, " ").replace(FORMULA, "$1'");
  return `'${plain.replaceAll("'", "''")}'`;
}
