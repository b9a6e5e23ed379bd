// Step 5: how often may somebody guess? Budgets a user and a source have, apart from the tokens' fail counters
// (decisions: guessing, timing, locking). State: memory, bounded, per node. An attempt is charged before it is checked and
// given back when it was right, so that parallel guesses do not slip through.
import { subscriberOf } from "../core/cidr.ts";
import type { TokenBucket } from "../core/token-bucket.ts";

/** A budget that may be switched off. Its time is monotonic: nobody gains or loses guesses when the clock is set. */
export interface Budget {
  /** 0: go on (one attempt is charged). Else the seconds until the next one. */
  charge(key: string, tick: number): number;
  /** The attempt was right: it costs nothing. */
  refund(key: string, tick: number): void;
}

export interface Guard {
  /** user (as his source knows him, not as he is spelt), the serial of a token nobody owns, or an administrator. */
  user: Budget;
  /** client address, for log-ins checked for others. */
  source: Budget;
  /** client address, for log-ins to the API. */
  auth: Budget;
  /** An address the budgets by address do not count; those of users always count. */
  isTrusted(address: string): boolean;
  /** True once a minute and key: the refusal of an exhausted budget is worth an audit row. */
  isNews(key: string, tick: number): boolean;
}

/** The key of a person's budget: one for all his tokens and his password, however a request spells his name. */
export function keyOfUser({ resolver, userId }: { resolver: string; userId: string }): string {
  return `${resolver}\0${userId}`;
}

const NEWS_EVERY_MS = 60_000;
const NEWS_LIMIT = 10_000;

export const unlimited: Budget = { charge: () => 0, refund: () => {} };

export function createBudget(bucket: TokenBucket): Budget {
  return {
    charge(key, tick) {
      const { allowed, waitSeconds } = bucket.take(key, tick);
      return allowed ? 0 : Math.max(1, Math.ceil(waitSeconds));
    },
    refund: (key, tick) => bucket.giveBack(key, tick),
  };
}

/** Counts addresses by what one subscriber has: who owns a /64 has no more guesses than who owns one address. */
export function countSubscribers(budget: Budget): Budget {
  if (budget === unlimited) return budget;
  return {
    charge: (address, tick) => budget.charge(subscriberOf(address), tick),
    refund: (address, tick) => budget.refund(subscriberOf(address), tick),
  };
}

export function createGuard(budgets: Pick<Guard, "user" | "source" | "auth" | "isTrusted">): Guard {
  // Cache. Key: budget key. Bound: NEWS_LIMIT, then emptied. Lifetime: a minute. Losing an entry costs one audit row.
  const told = new Map<string, number>();
  return {
    ...budgets,
    isNews(key, tick) {
      if (tick - (told.get(key) ?? Number.NEGATIVE_INFINITY) < NEWS_EVERY_MS) return false;
      if (told.size >= NEWS_LIMIT) told.clear();
      told.set(key, tick);
      return true;
    },
  };
}
