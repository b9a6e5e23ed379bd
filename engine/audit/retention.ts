// What rotation has to do so that the trail keeps to an age, a number of rows, or the rules of a file.
import { readFile } from "node:fs/promises";
import type { AuditQuery } from "./query.ts";
import type { RotationPlan } from "./rotation-select.ts";
import type { TrailReader } from "./trail-reader.ts";

export interface PlannedRotation {
  plan: RotationPlan;
  /** For the trail. */
  why: string;
}

const dayMs = 86_400_000;
const everything: AuditQuery = { conditions: [], since: null, until: null, before: null, after: null, order: "asc" };
// Ten million rows without an index are counted in half a second.
const countMs = 20_000;

/** Among those who search, beside callers of the API. */
const OWN_NAME = "retention";

/** AU-04: rows older than `days`. */
export function planByAge(days: number, now: number): PlannedRotation {
  return { plan: { kind: "age", before: now - days * dayMs }, why: `rows older than ${days} days` };
}

/** AU-03: if there are more than `high` rows, all but the newest `low`. Null: there are not. */
export async function planByCount(trail: TrailReader, high: number, low: number): Promise<PlannedRotation | null> {
  const search = { query: everything, limit: 1, budgetMs: countMs, check: { now: 0, graceMs: 0, budget: 0 } };
  const { count, complete } = await trail.findPage({ ...search, offset: 0, count: true }, OWN_NAME);
  if (!complete) throw new Error("the rows of the audit trail could not be counted in time");
  if (count <= high || count <= low) return null;
  const { rows } = await trail.findPage({ ...search, offset: count - low - 1, count: false }, OWN_NAME);
  const last = rows[0]?.id;
  return last === undefined ? null : { plan: { kind: "count", upTo: last }, why: `all but the newest ${low} of ${count} rows` };
}

/** AU-05. Rejects with the error of the system when the file can not be read. */
export async function planByRules(file: string, now: number): Promise<PlannedRotation> {
  return { plan: { kind: "rules", text: await readFile(file, "utf8"), now }, why: `rules of ${file}` };
}

export interface RetentionSettings {
  "audit.retention_days": number;
  "audit.retention_rows": number;
  "audit.rules_file": string;
}

/** One after the other, each planned when the one before is done. */
export async function* planRetention(
  settings: RetentionSettings,
  trail: TrailReader,
  now: () => number,
): AsyncGenerator<PlannedRotation> {
  const { "audit.retention_days": days, "audit.retention_rows": rows, "audit.rules_file": file } = settings;
  if (days > 0) yield planByAge(days, now());
  if (file !== "") yield await planByRules(file, now());
  const byCount = rows > 0 ? await planByCount(trail, rows, rows) : null;
  if (byCount) yield byCount;
}
