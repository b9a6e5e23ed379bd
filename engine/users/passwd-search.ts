// Search in a passwd file (E103). How, depends on the filters:
//
//   username or userid without `*`  the index names the lines
//   any other with some text        the text is looked for in whole slices of the file; only lines that hold it are cut up
//   none, `*`, comparisons of ids   line after line
import type { Pace } from "../core/pace.ts";
import { compileWildcard } from "../core/wildcard.ts";
import type { PasswdFile } from "./passwd-file.ts";
import { type PasswdEntry, type PasswdLine, readEntry } from "./passwd-line.ts";
import { compileUserIdPattern, exactUserId, isComparison } from "./userid-pattern.ts";

/**
 * Entries that match all filters, in the order of the file, at most `limit`.
 * @param filters attribute name to pattern (Resolver.search)
 * @param pace asked before each line
 */
export async function searchPasswd(
  file: PasswdFile,
  filters: Record<string, string>,
  limit: number,
  pace: Pace,
): Promise<PasswdEntry[]> {
  const matches = compileFilters(filters);
  const found: PasswdEntry[] = [];
  if (limit <= 0) return found;
  for (const line of findCandidates(file, filters)) {
    const rest = pace();
    if (rest) await rest;
    const entry = line && matches(line);
    if (entry) found.push(entry);
    if (found.length >= limit) break;
  }
  return found;
}

function findCandidates(file: PasswdFile, filters: Record<string, string>): Iterable<PasswdLine | null> {
  const { username, userid } = filters;
  if (username !== undefined && !username.includes("*")) return file.named(username);
  const exact = userid === undefined ? null : exactUserId(userid);
  return exact === null ? file.lines(findLongestPiece(filters)) : file.numbered(exact);
}

/** Every attribute is a piece of its line as it stands: a line without the text of a pattern can not match it. */
function findLongestPiece(filters: Record<string, string>): string {
  const patterns = Object.entries(filters).filter(([name, pattern]) => name !== "userid" || !isComparison(pattern));
  const pieces = patterns.flatMap(([, pattern]) => pattern.toLowerCase().split("*"));
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), "");
}

/** Login and uid are tested before the rest of the line is cut up. */
function compileFilters(filters: Record<string, string>): (line: PasswdLine) => PasswdEntry | null {
  const { username, userid, ...others } = filters;
  const isName = username === undefined ? null : compileWildcard(username);
  const isId = userid === undefined ? null : compileUserIdPattern(userid);
  const tests = Object.entries(others).map(([name, pattern]) => {
    const matches = compileWildcard(pattern);
    return ({ attributes }: PasswdEntry) => matches(Object.hasOwn(attributes, name) ? (attributes[name] ?? "") : "");
  });
  return (line) => {
    if ((isName && !isName(line.login)) || (isId && !isId(line.userId))) return null;
    const entry = readEntry(line.text);
    return tests.every((test) => test(entry)) ? entry : null;
  };
}
