// Step 7: is the one-time password right? Every token whose PIN matched asks the vault; the questions of one event-loop turn
// travel together.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import { SealBrokenError } from "../vault/vault.ts";
import type { Candidate, LoginEngine } from "./types.ts";

/** Fills in `hit`, or `miss` for the tokens that may explain themselves when no token accepts. */
export async function checkValues(
  candidates: Candidate[],
  config: SystemConfig,
  now: number,
  { vault, totpWindow, faultLog }: LoginEngine,
): Promise<void> {
  /** A seed that is damaged accepts nothing, and the other tokens of its owner go on. */
  const refuse =
    (candidate: Candidate) =>
    (fault: unknown): null => {
      if (!(fault instanceof SealBrokenError)) throw fault;
      candidate.unreadable = true;
      const { serial } = candidate.token;
      const error = `token ${serial}: ${fault.message}`;
      faultLog.error("the seed of a token is damaged, or of another key ring: it accepts nothing", { serial, error });
      return null;
    };
  const asked = candidates.filter((candidate) => candidate.pinMatched);
  const context = { vault, config, now, totpWindow };
  const [only] = asked;
  if (only && asked.length === 1) only.hit = await only.type.check(only.token, only.otp, context).catch(refuse(only));
  else {
    await Promise.all(
      asked.map(async (candidate) => {
        candidate.hit = await candidate.type.check(candidate.token, candidate.otp, context).catch(refuse(candidate));
      }),
    );
  }
  if (asked.some((candidate) => candidate.hit)) return;
  for (const candidate of asked) {
    const { type, token, otp } = candidate;
    if (!type.explain) continue;
    candidate.miss = await type.explain(token, otp, context).catch(refuse(candidate));
    candidate.hit = candidate.miss?.hit ?? null;
  }
}
