// The audit row of a log-in: one form for all outcomes.
import type { AuditEntry } from "../store/store.ts";
import type { LoginRequest, Subject } from "./types.ts";

interface Outcome {
  success: boolean;
  /** The message of the answer. */
  info: string;
  /** Tokens that decided, by serial; absent: the one that was asked for. */
  serials?: readonly string[];
  tokenType?: string | null;
}

/** `subject` null: refused before anybody was looked for. */
export function describeLogin(request: LoginRequest, subject: Subject | null, outcome: Outcome): AuditEntry {
  const user = subject?.kind === "user" ? subject.user : subject?.owner;
  const asked = subject?.kind === "token" ? subject.serial : null;
  return {
    startedAt: request.startedAt,
    duration: Math.max(0, Math.round((performance.now() - request.startedTick) * 1000)),
    action: request.action,
    success: outcome.success,
    serial: outcome.serials?.length ? outcome.serials.join(",") : asked,
    tokenType: outcome.tokenType ?? null,
    user: user?.login ?? null,
    realm: user?.realm ?? null,
    resolver: user?.resolver ?? null,
    administrator: null,
    actionDetail: null,
    info: outcome.info,
    client: request.client || null,
    policies: null,
  };
}
