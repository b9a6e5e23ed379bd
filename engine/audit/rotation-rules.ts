// The rules file of rotation (AU-05, AU-06): a YAML list; of each row the first rule counts whose patterns all match, and the row
// goes when it is older than the rule's days. Rows without a matching rule stay.
//
//   - rotate: 30              days; 0: at once
//     action: ^GET /token     a regular expression for any column as GET /audit/ shows it
//   - rotate: 180             without a column: everything else
//
// A pattern must match from the beginning of the value, as Python's re.match has it; `$` ties it to the end. The syntax is RE2's
// (github.com/google/re2/wiki/Syntax), which knows Python's (?P<name>…) and (?i), and needs time in proportion to the text whatever
// the pattern: no look-around, no back-references.
import { type AuditColumn, auditColumns } from "@ostiary/shared/endpoints/audit.ts";
import { RE2JS } from "re2js";
import { parse } from "yaml";

export interface RotationRule {
  days: number;
  /** True if the value of the column matches. */
  tests: { column: AuditColumn; matches: (value: string) => boolean }[];
}

/** The file is no list of rules; the message says which rule and why. */
export class RulesFileError extends Error {
  override readonly name = "RulesFileError";
}

const mostRules = 1000;
const mostText = 1024 * 1024;
/** characters */
const LONGEST_PATTERN = 2000;
// Cache of each pattern. Key: the value; bound: below, then begun anew; lifetime: that of the rules. Actions, users and nodes come
// again and again, and looking up is ten times quicker than matching.
const rememberedValues = 10_000;

/** Error: RulesFileError. */
export function parseRules(text: string): RotationRule[] {
  if (text.length > mostText) throw new RulesFileError("the rules file is larger than 1 MiB");
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0, logLevel: "error" });
  } catch (error) {
    throw new RulesFileError(`the rules file is not YAML: ${error instanceof Error ? error.message.split("\n")[0] : ""}`);
  }
  if (!Array.isArray(value)) throw new RulesFileError("the rules file must be a YAML list of rules, each beginning with a dash");
  if (value.length > mostRules) throw new RulesFileError(`the rules file has more than ${mostRules} rules`);
  return value.map((rule: unknown, index) => parseRule(rule, index + 1));
}

function parseRule(rule: unknown, number: number): RotationRule {
  const fail = (why: string) => new RulesFileError(`rule ${number} of the rules file: ${why}`);
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) throw fail("it must be a list of name: value");
  const { rotate, ...patterns } = rule as Record<string, unknown>;
  if (typeof rotate !== "number" || !(rotate >= 0 && rotate <= 100_000)) throw fail("rotate must be a number of days, 0 or more");
  return { days: rotate, tests: Object.entries(patterns).map(([name, pattern]) => parseTest(name, pattern, fail)) };
}

function parseTest(name: string, pattern: unknown, fail: (why: string) => RulesFileError): RotationRule["tests"][number] {
  const column = auditColumns.find((known) => known === name);
  // What a row shows there is found out by checking signatures, row by row: no ground for removing it.
  if (column === undefined || column === "sig_check" || column === "missing_line")
    throw fail(`${JSON.stringify(name)} is no column of the audit trail`);
  if (!["string", "number", "boolean"].includes(typeof pattern)) throw fail(`${name} must be a regular expression`);
  // Ten thousand alternatives in one pattern take seconds to compile.
  if (String(pattern).length > LONGEST_PATTERN) throw fail(`the pattern of ${name} is longer than ${LONGEST_PATTERN} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(String(pattern));
  } catch {
    throw fail(`the pattern of ${name} is no regular expression of RE2's syntax (no look-around, no back-references)`);
  }
  let known = new Map<string, boolean>();
  const matches = (value: string): boolean => {
    let verdict = known.get(value);
    if (verdict === undefined) {
      verdict = compiled.matcher(value).lookingAt();
      if (known.size >= rememberedValues) known = new Map();
      known.set(value, verdict);
    }
    return verdict;
  };
  return { column, matches };
}

/** Days after which a row goes; null: never. `readColumn` gives its columns as GET /audit/ shows them. */
export function findDays(rules: readonly RotationRule[], readColumn: (column: AuditColumn) => string): number | null {
  for (const { days, tests } of rules) if (tests.every(({ column, matches }) => matches(readColumn(column)))) return days;
  return null;
}
