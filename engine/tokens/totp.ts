// TOTP, RFC 6238: HOTP over a count of time steps; each step is accepted once (rest-api.md 3.2).
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import { totpWindow } from "../core/totp.ts";
import type { TokenRecord } from "../store/store.ts";
import { enrolOath } from "./oath-enrolment.ts";
import { autoResync, findInARow, searchFor, USED_LOOK_BACK } from "./oath-search.ts";
import { type CheckContext, type Hit, isOtp, type TokenType } from "./type.ts";

/** The vault refuses longer searches, whatever a token or a setting says. */
const MAX_STEPS_EACH_WAY = 49_000;

/** The step a token with this shift shows now, and the steps its window allows. */
function windowOf(token: TokenRecord, now: number, windowSeconds = token.timeWindow) {
  const bounded = Math.min(windowSeconds, MAX_STEPS_EACH_WAY * token.timeStep);
  return totpWindow({ now: now / 1000, step: token.timeStep, windowSeconds: bounded, shiftSeconds: token.timeShift });
}

/**
 * The accepted step, and the drift learnt from it (RFC 6238 section 6): a step more than one away from the expected one
 * moves the shift by one step towards it. Log-ins alone never carry it further from our clock than the window is wide (or
 * than a resync put it): one late typist can not move it far, and a slow clock is followed for years.
 */
function learn(token: TokenRecord, found: number, { now }: CheckContext): Hit {
  const drift = found - windowOf(token, now).first;
  if (Math.abs(drift) < 2) return { counter: found };
  const moved = token.timeShift + Math.sign(drift) * token.timeStep;
  const bound = Math.max(token.timeWindow, Math.abs(token.timeShift));
  return { counter: found, timeShift: Math.max(-bound, Math.min(bound, moved)) };
}

/** After a resync the shift is what the token's clock really is ahead, in whole steps. */
function resynced(token: TokenRecord, found: number, { now }: CheckContext): Hit {
  const unshifted = totpWindow({ now: now / 1000, step: token.timeStep, windowSeconds: 0, shiftSeconds: 0 }).first;
  return { counter: found, timeShift: (found - unshifted) * token.timeStep };
}

export const totp: TokenType = {
  spec: tokenTypes.totp,

  otpLength: (token) => token.otpLength,

  /** RFC 6238 5.2: a step is good once, so only those after the last accepted one are searched. */
  async check(token, otp, context) {
    if (!token.keySealed || !isOtp(token, otp)) return null;
    const window = windowOf(token, context.now, Math.min(token.timeWindow, context.totpWindow ?? token.timeWindow));
    const from = Math.max(window.from, token.counter + 1);
    const found = await context.vault.findOtp(searchFor(token, otp, from, window.until, Math.max(from, window.first)));
    return found < 0 ? null : learn(token, found, context);
  },

  async explain(token, otp, context) {
    if (!token.keySealed || !isOtp(token, otp)) return { used: false };
    const { vault, config, now } = context;
    const window = windowOf(token, now);
    const lookBack = Math.max(0, Math.min(window.from, token.counter - USED_LOOK_BACK + 1));
    const used = (await vault.findOtp(searchFor(token, otp, lookBack, token.counter + 1, token.counter))) >= 0;
    if (used || !config.AutoResync) return { used };
    const wide = windowOf(token, now, token.syncWindow * token.timeStep);
    const from = Math.max(wide.from, token.counter + 1);
    const found = await vault.findOtp(searchFor(token, otp, from, wide.until, Math.max(from, wide.first)));
    return { used, ...(found < 0 ? {} : autoResync(token, found, resynced(token, found, context), context)) };
  },

  async resync(token, otp1, otp2, context) {
    const wide = windowOf(token, context.now, token.syncWindow * token.timeStep);
    const found = await findInARow(context.vault, token, otp1, otp2, Math.max(wide.from, token.counter), wide.until);
    return found < 0 ? null : resynced(token, found, context);
  },

  /**
   * Every value the device showed until now is refused: those up to the step of its own clock and, because a device may run one
   * step ahead without `learn` moving its shift, the next one. That is never less than the rounded centre of the window.
   */
  afterRestore: (token, now) => ({ counter: windowOf(token, now).first + 1 }),

  enrol: (request, context) => enrolOath("totp", request, context),

  /** As many steps each way as the window is long: the person may have read the value some steps ago. */
  async locate(token, otp, window, { vault, now }) {
    if (!token.keySealed || !isOtp(token, otp)) return null;
    const steps = windowOf(token, now, window * token.timeStep);
    const from = Math.max(steps.from, token.counter + 1);
    const found = await vault.findOtp(searchFor(token, otp, from, steps.until, Math.max(from, steps.first)));
    return found < 0 ? null : { counter: found };
  },

  info: ["hashlib", "timeStep", "timeWindow", "timeShift"],
};
