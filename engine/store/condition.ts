// How the store stands: can it make anything durable, and if not, can that pass by itself?
//
//   whole ── disk full, read-only, locked ──> failing ── a commit or a probe succeeds ──> whole
//     └───────── file damaged or replaced, log not synced ───────────────> broken          until a restart
//
// Broken is for ever: a page that was wrong once, or a log the disk did not take, is not made good by a later success.
import type { StoreUnavailableError } from "./store.ts";

export interface Condition {
  /** Why nothing is made durable; null: it is. */
  readonly fault: StoreUnavailableError | null;
  /** The fault that only a restart ends; null: there is none. */
  readonly broken: StoreUnavailableError | null;
  /** A transaction failed; the next may not. */
  fail(fault: StoreUnavailableError): void;
  /** Something was made durable. */
  succeed(): void;
  /** The first one counts. */
  breakDown(fault: StoreUnavailableError): void;
}

/** `onChange` hears of each other reason, and of null when a fault is over. */
export function createCondition(onChange: (fault: StoreUnavailableError | null) => void): Condition {
  let failing: StoreUnavailableError | null = null;
  let broken: StoreUnavailableError | null = null;
  const reasonOf = () => (broken ?? failing)?.message ?? null;

  function change(set: () => void): void {
    const before = reasonOf();
    set();
    if (reasonOf() !== before) onChange(broken ?? failing);
  }

  return {
    get fault() {
      return broken ?? failing;
    },
    get broken() {
      return broken;
    },
    fail(fault) {
      change(() => {
        failing = fault;
      });
    },
    succeed() {
      if (failing === null) return;
      change(() => {
        failing = null;
      });
    },
    breakDown(fault) {
      change(() => {
        broken ??= fault;
      });
    },
  };
}
