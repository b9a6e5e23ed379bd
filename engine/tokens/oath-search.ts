// Searches that HOTP and TOTP share: both look for a value among the counters of one seed.
import type { TokenRecord } from "../store/store.ts";
import type { OtpSearch, Vault } from "../vault/vault.ts";
import { type CheckContext, type Hit, isOtp, keyContext, type Miss } from "./type.ts";

/** How many used values back a repeated one is still recognised (K1-18). */
export const USED_LOOK_BACK = 10;

/** Counters [from, until), `first` first. An empty range finds nothing. */
export function searchFor(token: TokenRecord, otp: string, from: number, until: number, first: number): OtpSearch {
  return {
    sealed: token.keySealed ?? new Uint8Array(0),
    context: keyContext(token.serial),
    algorithm: token.algorithm,
    digits: token.otpLength,
    otp,
    from,
    until: Math.max(from, until),
    first,
  };
}

/**
 * AutoResync (K1-16, Z43). `found` is the counter of a value from outside the window.
 *
 *   nothing remembered --value c--> c remembered --value c+1 in time--> accepted
 *                                        |  any other value c' from the sync window: c' takes its place
 */
export function autoResync(
  token: TokenRecord,
  found: number,
  hit: Hit,
  { config, now }: CheckContext,
): Pick<Miss, "hit" | "resync"> {
  const successor = token.resyncCounter !== null && found === token.resyncCounter + 1;
  if (successor && token.resyncDue !== null && now <= token.resyncDue) return { hit };
  return { resync: { counter: found, due: now + config.AutoResyncTimeout * 1000 } };
}

/** The counter of `otp2` where `otp1` stands directly before it in [from, until), or -1 (K1-17). */
export async function findInARow(
  vault: Vault,
  token: TokenRecord,
  otp1: string,
  otp2: string,
  from: number,
  until: number,
): Promise<number> {
  if (!token.keySealed || !isOtp(token, otp1) || !isOtp(token, otp2)) return -1;
  let start = from;
  while (start < until) {
    // Six digits repeat within a thousand values, so a first value without its successor is no reason to stop.
    const first = await vault.findOtp(searchFor(token, otp1, start, until, start));
    if (first < 0) return -1;
    const second = await vault.findOtp(searchFor(token, otp2, first + 1, first + 2, first + 1));
    if (second >= 0) return second;
    start = first + 1;
  }
  return -1;
}
