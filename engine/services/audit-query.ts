// From the parameters of a call to what is asked of the trail. `*` is any text; a pattern without one must be equal; nothing, or
// only stars, asks for nothing.
import { auditFilterColumns } from "@ostiary/shared/endpoints/audit.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { AuditQuery, Condition, SearchColumn } from "../audit/query.ts";
import { compileWildcard } from "../core/wildcard.ts";
import type { AuditView } from "./audit-view.ts";

type AuditFilterColumn = (typeof auditFilterColumns)[number];
type Filters = { [Column in AuditFilterColumn]?: string | number } & {
  timelimit?: string;
  before?: number;
  after?: number;
  sortorder?: "asc" | "desc";
};

/** Columns that are the same in every row. */
const constants: Partial<Record<AuditFilterColumn, string>> = {
  log_level: "default",
  clearance_level: "default",
  thread_id: "0",
};

// A row that ended in a period began no earlier than so long before it.
const longestCallMs = 3_600_000;

const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/**
 * `chainsOf` gives the chains of the nodes whose name fits a pattern; `now` in milliseconds since 1970. Error: bad_parameter.
 */
export async function buildQuery(
  params: Filters,
  view: AuditView,
  now: number,
  chainsOf: (pattern: string) => Promise<number[]>,
): Promise<AuditQuery> {
  const conditions: Condition[] = [...view.conditions];
  for (const column of auditFilterColumns) {
    const pattern = String(params[column] ?? "").trim();
    // A hidden column must not be guessed at by searching in it.
    if (/^\**$/.test(pattern) || column === "number" || !view.columns.includes(column)) continue;
    conditions.push(await toCondition(column, pattern, chainsOf));
  }
  const age = view.age ?? parseTimeLimit(params.timelimit);
  const began = readPeriod(params.startdate, 0);
  const ended = readPeriod(params.date, longestCallMs);
  const number = params.number as number | undefined;
  return {
    conditions,
    since: highest(age === null ? null : now - age, began?.since, ended?.since),
    until: negate(highest(negate(began?.until), negate(ended?.until))),
    before: negate(highest(negate(params.before), negate(number, 1))),
    after: highest(params.after, number === undefined ? null : number - 1),
    order: params.sortorder ?? "desc",
  };
}

function highest(...values: (number | null | undefined)[]): number | null {
  const there = values.filter((value) => value !== null && value !== undefined);
  return there.length === 0 ? null : Math.max(...there);
}

const negate = (value: number | null | undefined, plus = 0) => (value === null || value === undefined ? null : -value - plus);

async function toCondition(
  column: Exclude<AuditFilterColumn, "number">,
  pattern: string,
  chainsOf: (pattern: string) => Promise<number[]>,
): Promise<Condition> {
  const constant = constants[column];
  if (constant !== undefined) return { column: "success", anyOf: compileWildcard(pattern)(constant) ? [0, 1] : [] };
  if (column === "privacyidea_server") return { column: "chain", anyOf: await chainsOf(pattern) };
  if (column === "success") return { column, anyOf: readSuccess(pattern) };
  // Realms are kept in small letters.
  const value = column === "realm" ? pattern.toLowerCase() : pattern;
  const searched = column as SearchColumn;
  return value.includes("*") ? { column: searched, like: value } : { column: searched, anyOf: [value] };
}

function readSuccess(pattern: string): number[] {
  if (/^\*?(1|true)\*?$/i.test(pattern)) return [1];
  return /^\*?(0|false)\*?$/i.test(pattern) ? [0] : [];
}

/** `1d`, `2h`, `30m`: milliseconds. */
function parseTimeLimit(limit: string | undefined): number | null {
  if (limit === undefined) return null;
  const [, digits, unit = ""] = /^\s*(\d{1,6})\s*([dhm])\s*$/.exec(limit) ?? [];
  if (digits === undefined) throw new ApiError("bad_parameter", { name: "timelimit", wanted: phrase("wanted_time_limit") });
  return Number(digits) * (unitMs[unit] ?? 0);
}

/** The time that a pattern such as `2025-01-31*` or `2025-01-31T10*` spans, so that only those rows are looked at. */
function readPeriod(pattern: string | number | undefined, slackMs: number): { since: number; until: number } | null {
  const [, day, hour] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?=[:*])|(?=[T*])).*\*/.exec(String(pattern ?? "")) ?? [];
  const since = day === undefined ? Number.NaN : Date.parse(`${day}T${hour ?? "00"}:00:00Z`);
  if (Number.isNaN(since)) return null;
  return { since: since - slackMs, until: since + (hour === undefined ? 86_400_000 : 3_600_000) };
}
