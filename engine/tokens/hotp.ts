// HOTP, RFC 4226: a counter that only moves forward (rest-api.md 3.2).
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import type { TokenRecord } from "../store/store.ts";
import { enrolOath } from "./oath-enrolment.ts";
import { autoResync, findInARow, searchFor, USED_LOOK_BACK } from "./oath-search.ts";
import { isOtp, type TokenType } from "./type.ts";

const windowEnd = (token: TokenRecord) => token.counter + Math.max(1, token.countWindow);

export const hotp: TokenType = {
  spec: tokenTypes.hotp,

  otpLength: (token) => token.otpLength,

  /** Look-ahead window of RFC 4226 7.4: `counter` is the next expected one, so it is where the search begins. */
  async check(token, otp, { vault }) {
    if (!token.keySealed || !isOtp(token, otp)) return null;
    const found = await vault.findOtp(searchFor(token, otp, token.counter, windowEnd(token), token.counter));
    return found < 0 ? null : { counter: found + 1 };
  },

  async explain(token, otp, context) {
    if (!token.keySealed || !isOtp(token, otp)) return { used: false };
    const from = Math.max(0, token.counter - USED_LOOK_BACK);
    const used = (await context.vault.findOtp(searchFor(token, otp, from, token.counter, from))) >= 0;
    if (used || !context.config.AutoResync) return { used };
    const found = await context.vault.findOtp(
      searchFor(token, otp, windowEnd(token), token.counter + token.syncWindow, windowEnd(token)),
    );
    return { used, ...(found < 0 ? {} : autoResync(token, found, { counter: found + 1 }, context)) };
  },

  /** RFC 4226 7.4: two values in a row, searched in the sync window. */
  async resync(token, otp1, otp2, { vault }) {
    const found = await findInARow(vault, token, otp1, otp2, token.counter, token.counter + token.syncWindow);
    return found < 0 ? null : { counter: found + 1 };
  },

  afterRestore: () => "lost",

  enrol: (request, context) => enrolOath("hotp", request, context),

  async locate(token, otp, window, { vault }) {
    if (!token.keySealed || !isOtp(token, otp)) return null;
    const found = await vault.findOtp(searchFor(token, otp, token.counter, token.counter + window, token.counter));
    return found < 0 ? null : { counter: found + 1 };
  },

  info: ["hashlib"],
};
