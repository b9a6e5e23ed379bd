// Patterns for numeric user ids (E103, manual L21204-21206): `=1000`, `>=1000`, `<2000`, `between 1000,2000`; anything else is a wildcard.
import { compileWildcard } from "../core/wildcard.ts";

const COMPARISON = /^\s*(<=|>=|<|>|=)\s*(\d{1,15})\s*$/;
const RANGE = /^\s*between\s+(\d{1,15})\s*,\s*(\d{1,15})\s*$/i;

/** Whether it compares numbers; else it is a wildcard. */
export const isComparison = (pattern: string): boolean => RANGE.test(pattern) || COMPARISON.test(pattern);

/** The one id that fits: of `=1000`, or of a wildcard without `*`. Null: many may fit. */
export function exactUserId(pattern: string): string | null {
  const comparison = COMPARISON.exec(pattern);
  if (comparison) return comparison[1] === "=" ? (comparison[2] ?? null) : null;
  return RANGE.test(pattern) || pattern.includes("*") ? null : pattern;
}

/** The same for all ids that one exact pattern fits: `=7` is 7 and 007. */
export const foldUserId = (userId: string): string => (isNumber(userId) ? String(Number(userId)) : userId.toLowerCase());

/** Compiles a pattern; both ends of `between` belong to it. A user id that is no number matches no comparison. */
export function compileUserIdPattern(pattern: string): (userId: string) => boolean {
  const range = RANGE.exec(pattern);
  if (range) return compare((id) => id >= Number(range[1]) && id <= Number(range[2]));
  const comparison = COMPARISON.exec(pattern);
  if (!comparison) return compileWildcard(pattern);
  const bound = Number(comparison[2]);
  switch (comparison[1]) {
    case "<=":
      return compare((id) => id <= bound);
    case ">=":
      return compare((id) => id >= bound);
    case "<":
      return compare((id) => id < bound);
    case ">":
      return compare((id) => id > bound);
    default:
      return compare((id) => id === bound);
  }
}

function compare(holds: (id: number) => boolean): (userId: string) => boolean {
  return (userId) => isNumber(userId) && holds(Number(userId));
}

const isNumber = (userId: string): boolean => /^\d{1,15}$/.test(userId);
