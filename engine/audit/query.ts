// What is asked of the audit trail, as plain data that travels to the worker, and the SQL that says the same.
import type { SQLQueryBindings } from "bun:sqlite";

/** Columns of the table `audit` one can search by, and texts made from its times. */
export type SearchColumn = TextColumn | "chain" | "success" | "date" | "startdate" | "duration";

/** Text columns; the number of each in the index file is its place here: append only. */
export const textColumns = [
  "action",
  "serial",
  "token_type",
  "user",
  "realm",
  "resolver",
  "administrator",
  "action_detail",
  "info",
  "client",
  "policies",
] as const;

export type TextColumn = (typeof textColumns)[number];

/** Equal to one of the values, or like a pattern in which `*` stands for any text. An empty list fits no row. */
export type Condition = { column: SearchColumn; anyOf: readonly (string | number)[] } | { column: SearchColumn; like: string };

export interface AuditQuery {
  /** All must hold. */
  conditions: readonly Condition[];
  /** Only rows that began at this moment or later, or before that one (ms); null: any. */
  since: number | null;
  until: number | null;
  /** Only rows with a smaller, a greater id; null: any. */
  before: number | null;
  after: number | null;
  order: "asc" | "desc";
}

export interface SqlTest {
  sql: string;
  values: SQLQueryBindings[];
}

const micros = "(started_at * 1000 + duration)";
/** As entry.ts writes moments: ISO 8601 with microseconds, UTC. */
const moment = (of: string) =>
  `strftime('%Y-%m-%dT%H:%M:%S', ${of} / 1000000, 'unixepoch') || printf('.%06d+00:00', ${of} % 1000000)`;

const expressions: Partial<Record<SearchColumn, string>> = {
  user: '"user"',
  date: moment(micros),
  startdate: moment("(started_at * 1000)"),
  duration: "rtrim(rtrim(printf('%.6f', duration / 1000000.0), '0'), '.')",
};

/** The condition over the table `audit`, or over `expression` in place of its column. */
export function toSql(condition: Condition, expression = expressions[condition.column] ?? condition.column): SqlTest {
  if ("like" in condition) return { sql: `${expression} LIKE ? ESCAPE '\\'`, values: [toLike(condition.like)] };
  const { anyOf } = condition;
  return { sql: `${expression} IN (${anyOf.map(() => "?").join(", ")})`, values: [...anyOf] };
}

/** Everything a query asks of a row. */
export function toRowTest({ conditions, since, until }: Pick<AuditQuery, "conditions" | "since" | "until">): SqlTest {
  const tests = conditions.map((condition) => toSql(condition));
  if (since !== null) tests.push({ sql: "started_at >= ?", values: [since] });
  if (until !== null) tests.push({ sql: "started_at < ?", values: [until] });
  return {
    sql: tests.length > 0 ? tests.map(({ sql }) => `(${sql})`).join(" AND ") : "1",
    values: tests.flatMap(({ values }) => values),
  };
}

function toLike(pattern: string): string {
  return pattern.replace(/[\\%_]/g, "\\$&").replace(/\*+/g, "%");
}
