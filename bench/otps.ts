// Tokens with known seeds, and the OTPs they show: both the scratch server and the floor make the same ones from a number.
import { hotpValue } from "../engine/core/hotp.ts";

export const stepSeconds = 30;
export const windowSeconds = 180;
/** Steps around now that a TOTP token accepts, less one on each side for the time that a round takes. */
const stepsBefore = 5;
const stepsAfter = 5;
/** Log-ins that one TOTP token gives without waiting; each step is good once. */
export const loginsPerTotp = stepsBefore + stepsAfter + 1;

/** User number `n` of a bench. */
export function nameUser(n: number): string {
  return `u${String(n).padStart(7, "0")}`;
}

/** The seed of the token of user `n`: 20 bytes that anyone can compute. */
export function makeSeed(n: number): Uint8Array {
  return new Bun.CryptoHasher("sha1").update(`ostiary bench ${n}`).digest();
}

export interface LoginPlan {
  /** Numbers of the users. */
  users: readonly number[];
  kind: "totp" | "hotp";
  /** TOTP: 1 to loginsPerTotp. */
  loginsPerUser: number;
  /** First HOTP counter, or how many of the TOTP steps were used before. */
  from?: number;
  pin?: string;
  /** More of the form, such as "&nonce=1". */
  more?: string;
}

/** Bodies of log-ins in an order the tokens accept: every user once, then every user again with the next OTP. */
export function makeLogins({ users, kind, loginsPerUser, from = 0, pin = "", more = "" }: LoginPlan): string[] {
  const base = kind === "hotp" ? from : Math.floor(Date.now() / 1000 / stepSeconds) - stepsBefore + from;
  const seeds = users.map(makeSeed);
  const bodies: string[] = [];
  for (let i = 0; i < loginsPerUser; i++) {
    users.forEach((user, at) => {
      const seed = seeds[at] ?? new Uint8Array(0);
      bodies.push(`user=${nameUser(user)}&pass=${pin}${hotpValue("sha1", seed, base + i, 6)}${more}`);
    });
  }
  return bodies;
}
