// An audit row as the contract shows it (rest-api.md 2.8, AU-10).
import type { AuditEntryObject } from "@ostiary/shared/endpoints/audit.ts";
import type { RowVerdict } from "./check-rows.ts";
import type { AuditRow } from "./rows.ts";

/** `node`: whose chain the row belongs to. What is not there is an empty text. */
export function toEntry(row: AuditRow, node: string, { signed, linked }: RowVerdict): AuditEntryObject {
  return {
    number: row.id,
    date: formatMoment(row.started_at, row.duration),
    sig_check: signed ? "OK" : "FAIL",
    missing_line: linked ? "OK" : "FAIL",
    action: row.action,
    success: row.success === 1 ? 1 : 0,
    serial: row.serial ?? "",
    token_type: row.token_type ?? "",
    user: row.user ?? "",
    realm: row.realm ?? "",
    resolver: row.resolver ?? "",
    administrator: row.administrator ?? "",
    action_detail: row.action_detail ?? "",
    info: row.info ?? "",
    privacyidea_server: node,
    policies: row.policies ?? "",
    client: row.client ?? "",
    log_level: "default",
    clearance_level: "default",
    startdate: formatMoment(row.started_at, 0),
    duration: row.duration / 1_000_000,
    thread_id: "0",
  };
}

/** Milliseconds since 1970 plus microseconds, as `2025-01-31T10:20:30.123456+00:00`. A time that is none gives "". */
function formatMoment(ms: number, micros: number): string {
  const whole = ms + Math.floor(micros / 1000);
  // A row somebody wrote into the database may hold anything.
  if (!(Math.abs(whole) <= 8.64e15)) return "";
  const text = new Date(whole).toISOString();
  return `${text.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}+00:00`;
}
