// One call of somebody, as services see it: who, with what engine, what the audit row will say, and the one write it may do.
import { ApiError } from "@ostiary/shared/errors.ts";
import { type AuditEntry, ConstraintError, type Outcome, type Statement, type Touched } from "../store/store.ts";
import type { Engine } from "./engine.ts";
import type { Caller } from "./sessions.ts";

/** Columns of the audit row, filled in as they become known. */
export type AuditDraft = Partial<
  Pick<AuditEntry, "serial" | "tokenType" | "user" | "realm" | "resolver" | "administrator" | "actionDetail" | "info">
> & {
  success?: boolean;
};

export type Won = Extract<Outcome, { won: true }>;

export interface Work {
  engine: Engine;
  /** Null only where nobody is asked who he is. */
  caller: Caller | null;
  audit: AuditDraft;
  /**
   * Stores the statements and the audit row in one transaction. Null: a condition (`expect`) did not hold, nothing was stored.
   * The draft must say by now what the row shall say.
   */
  write(statements: Statement[], touches: Touched[]): Promise<Won | null>;
}

/**
 * As work.write, where a lost condition, or a key the database refuses, means that somebody changed the same thing at the same
 * moment: the service has looked before.
 */
export async function writeOrRefuse(work: Work, statements: Statement[], touches: Touched[]): Promise<Won> {
  const won = await work.write(statements, touches).catch((error: unknown) => {
    if (error instanceof ConstraintError) return null;
    throw error;
  });
  if (!won) throw new ApiError("changed_meanwhile");
  return won;
}

/** What statement `index` changed. */
export function changesOf(won: Won, index: number): number {
  return won.changes[index] ?? 0;
}
