// The budgets against guessing as the settings want them (decisions.md 3).
import type { Settings } from "../config.ts";
import { isInAnyNetwork, parseNetwork } from "../core/cidr.ts";
import { createTokenBucket } from "../core/token-bucket.ts";
import { type Budget, countSubscribers, createBudget, createGuard, type Guard, unlimited } from "../login/guard.ts";

const MAX_BUDGET_KEYS = 100_000;

export function openGuard(settings: Settings): Guard {
  const open = (key: "guard.user" | "guard.source" | "guard.auth"): Budget => {
    const budget = settings[key];
    if (!budget) return unlimited;
    return createBudget(
      createTokenBucket({ capacity: budget.attempts, periodSeconds: budget.seconds, maxKeys: MAX_BUDGET_KEYS }),
    );
  };
  const trusted = settings["guard.trusted"].map(parseNetwork);
  return createGuard({
    user: open("guard.user"),
    source: countSubscribers(open("guard.source")),
    auth: countSubscribers(open("guard.auth")),
    isTrusted: (address) => trusted.length > 0 && isInAnyNetwork(address, trusted),
  });
}
