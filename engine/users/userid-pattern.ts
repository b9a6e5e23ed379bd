// Patterns for numeric user ids (E103, manual L21204-21206): `=1000`, `>=1000`, `<2000`, `between 1000,2000`; anything else is a wildcard.
import { compileWildcard } from "../core/wildcard.ts";

const COMPARISON = /^\s*(<=|>=|<|>|=)\s*(\d{1,15})\s*$/;
const RANGE = /^\s*between\s+(\d{1,15})\s*,\s*(\d{1,15})\s*$/i;

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
  return (userId) => /^\d{1,15}$/.test(userId) && holds(Number(userId));
}
