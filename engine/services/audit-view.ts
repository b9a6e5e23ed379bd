// What a caller may see of the audit trail (rest-api.md 6.1): the place where allowed_audit_realm, auditlog_age and
// hide_audit_columns will speak. Until policies do, an administrator sees all rows and a user those about himself.
import { type AuditColumn, auditColumns } from "@ostiary/shared/endpoints/audit.ts";
import type { Condition } from "../audit/query.ts";
import type { Caller } from "./sessions.ts";

export interface AuditView {
  /** Hold for every row he sees, whatever he asks for. */
  conditions: readonly Condition[];
  /** Milliseconds a row may be old, in place of the parameter timelimit; null: what he asks for. */
  age: number | null;
  columns: readonly AuditColumn[];
}

export function viewOf(caller: Caller | null): AuditView {
  const everything = { age: null, columns: auditColumns };
  if (caller?.role === "admin") return { ...everything, conditions: [] };
  // Values, not patterns: somebody whose name is `*` is not everybody.
  const { username, realm, user } = caller ?? { username: "", realm: "", user: { resolver: "" } };
  return {
    ...everything,
    conditions: [
      { column: "user", anyOf: [username] },
      { column: "realm", anyOf: [realm] },
      { column: "resolver", anyOf: [user.resolver] },
    ],
  };
}
