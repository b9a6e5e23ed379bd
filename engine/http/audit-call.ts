// The audit row of a call. An administrative write carries it in its own intent, so that change and row stand or fall together;
// every other call gets it at the end, before the answer leaves.
import type { ApiError } from "@ostiary/shared/errors.ts";
import { type Caller, nameAdmin } from "../services/caller.ts";
import type { Won } from "../services/work.ts";
import type { AuditEntry, Statement, Touched } from "../store/store.ts";
import type { Call } from "./call.ts";

function describeCall(call: Call, success: boolean, error: ApiError | null): AuditEntry {
  const { audit, caller } = call;
  const self = caller?.role === "user" ? caller : null;
  return {
    startedAt: call.startedAt,
    duration: Math.max(0, Math.round((performance.now() - call.startedTick) * 1000)),
    action: call.action,
    success: error === null && (audit.success ?? success),
    serial: audit.serial ?? null,
    tokenType: audit.tokenType ?? null,
    user: audit.user ?? self?.username ?? null,
    realm: audit.realm ?? self?.realm ?? null,
    resolver: audit.resolver ?? self?.user.resolver ?? null,
    administrator: audit.administrator ?? (caller?.role === "admin" ? nameAdmin(caller) : null),
    actionDetail: [detailOf(caller), audit.actionDetail].filter(Boolean).join(", ") || null,
    info: error ? error.message : (audit.info ?? null),
    client: call.client || null,
    policies: null,
  };
}

/** That it was no person, beside whatever the call says: a key may carry any name, also that of an administrator. */
function detailOf(caller: Caller | null): string | null {
  if (caller?.authtype === "trusted") return "trusted JWT";
  return caller?.role === "admin" && caller.origin === "key" ? `API key ${caller.keyId}` : null;
}

/** The row of a call that stored nothing itself. */
export async function writeAudit(call: Call, success: boolean, error: ApiError | null): Promise<void> {
  call.audited = true;
  await call.engine.store.commit({ kind: "login", effects: [], audit: describeCall(call, success, error) });
}

/** Work.write of a call. */
export async function writeCall(call: Call, statements: Statement[], touches: Touched[]): Promise<Won | null> {
  const outcome = await call.engine.store.commit({ kind: "write", statements, touches, audit: describeCall(call, true, null) });
  if (!outcome.won) return null;
  call.audited = true;
  return outcome;
}
