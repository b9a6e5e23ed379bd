// What went wrong below becomes a place in the error table. Whatever is not expected is a 500 whose text tells nothing; the
// log has it all.
import { ApiError } from "@ostiary/shared/errors.ts";
import { StoreDamagedError, StoreUnavailableError } from "../store/store.ts";
import { DeviceUnavailableError, SealBrokenError, VaultBusyError, VaultLockedError } from "../vault/vault.ts";
import { WorkersFailingError } from "../workers/failing.ts";
import type { Call } from "./call.ts";

export function toApiError(cause: unknown, call: Pick<Call, "engine" | "action" | "audit">): ApiError {
  if (cause instanceof ApiError) return cause;
  if (cause instanceof VaultBusyError) {
    return new ApiError(
      "busy",
      { seconds: cause.retryAfterSeconds },
      { retryAfter: cause.retryAfterSeconds, quiet: true, cause },
    );
  }
  if (cause instanceof VaultLockedError) return new ApiError("locked", {}, { retryAfter: 30, cause });
  if (cause instanceof DeviceUnavailableError) return new ApiError("module_away", {}, { retryAfter: 5, cause });
  if (cause instanceof WorkersFailingError) {
    call.engine.faultLog.error("worker threads die as soon as they start", { error: cause.message });
    return new ApiError("workers_failing", {}, { retryAfter: cause.retryAfterSeconds, cause });
  }
  if (cause instanceof StoreUnavailableError) {
    // A thread that reads may be the first to meet damage.
    if (cause instanceof StoreDamagedError) call.engine.store.condemn(cause);
    call.engine.faultLog.warn("the store is unavailable", { action: call.action, error: cause.message });
    return new ApiError("not_durable", {}, { retryAfter: 5, cause });
  }
  if (cause instanceof SealBrokenError) {
    const { action, audit } = call;
    const about = audit.serial ? `token ${audit.serial}: ` : "";
    const what = "a sealed value is damaged, or of another key ring: ostiary doctor says which";
    call.engine.faultLog.error(what, { action, error: `${about}${cause.message}` });
    return new ApiError("seal_broken", {}, { cause });
  }
  call.engine.log.error("unexpected", {
    action: call.action,
    error: String(cause),
    stack: cause instanceof Error ? (cause.stack ?? "") : "",
  });
  return new ApiError("unexpected", {}, { cause });
}
