// One intent inside the open transaction of its group: it happens whole or not at all, without harm to its neighbours.
//
//   login, 0 or 1 effects   conditional UPDATE, then the audit INSERT: nothing to undo when the UPDATE found no row
//   anything else           under a savepoint; lost or refused by a constraint -> ROLLBACK TO
import type { Database } from "bun:sqlite";
import { normaliseAuditEntry } from "../core/audit-chain.ts";
import type { AuditLog } from "./audit-log.ts";
import { prepareEffects } from "./effects.ts";
import { createStatementCache, toBindings } from "./statement-cache.ts";
import type { Intent, LoginIntent, Outcome, WriteIntent } from "./store.ts";

/** Prepares the statements. The function returned throws what SQLite throws; the savepoint is undone then. */
export function prepareIntents(db: Database, audit: AuditLog): (intent: Intent) => Outcome {
  const storeEffect = prepareEffects(db);
  const statement = createStatementCache(db);
  const savepoint = db.prepare("SAVEPOINT intent");
  const release = db.prepare("RELEASE intent");
  const undo = db.prepare("ROLLBACK TO intent");

  function runLogin(intent: LoginIntent): Outcome {
    // A malformed entry throws here, before any effect: without a savepoint there would be no way back.
    const entry = normaliseAuditEntry(intent.audit);
    for (const effect of intent.effects) if (!storeEffect(effect)) return { won: false };
    audit.append(entry);
    return { won: true, changes: [], rows: [] };
  }

  function runWrite(intent: WriteIntent): Outcome {
    const changes: number[] = [];
    const rows: Record<string, unknown>[][] = [];
    for (const { query, expect } of intent.statements) {
      const prepared = statement(query.sql);
      const bindings = toBindings(query.parameters);
      const returned = prepared.columnNames.length > 0 ? prepared.all(...bindings) : [];
      const changed = prepared.columnNames.length > 0 ? returned.length : prepared.run(...bindings).changes;
      if (expect !== undefined && changed !== expect) return { won: false };
      changes.push(changed);
      rows.push(returned);
    }
    if (intent.audit) audit.append(normaliseAuditEntry(intent.audit));
    return { won: true, changes, rows };
  }

  function runUnderSavepoint(intent: Intent): Outcome {
    savepoint.run();
    try {
      const outcome = intent.kind === "login" ? runLogin(intent) : runWrite(intent);
      if (!outcome.won) undo.run();
      release.run();
      return outcome;
    } catch (error) {
      // A full disk may have rolled back the whole transaction already; then there is no savepoint left.
      if (db.inTransaction) {
        undo.run();
        release.run();
      }
      throw error;
    }
  }

  return (intent) => (intent.kind === "login" && intent.effects.length <= 1 ? runLogin(intent) : runUnderSavepoint(intent));
}
