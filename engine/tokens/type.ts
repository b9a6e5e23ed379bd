// What a token type is: one file that exports one descriptor, listed in registry.ts. No base class; a type that has no
// one-time password, or nothing to resynchronise, leaves the member out.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { ColumnInfo } from "@ostiary/shared/token-attributes.ts";
import type { TokenTypeSpec } from "@ostiary/shared/token-types.ts";
import type { TokenTable } from "../store/schema.ts";
import type { TokenRecord } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";

/** What checking a value needs from outside. */
export interface CheckContext {
  vault: Vault;
  config: SystemConfig;
  /** milliseconds since 1970 */
  now: number;
  /** In a log-in: the widest window of a TOTP, seconds each way. */
  totpWindow?: number;
}

/** The value is right; what the token must remember of it. Types without a counter (pw, spass) remember nothing. */
export interface Hit {
  /** The counter to store; the store accepts it only if the stored one is smaller. */
  counter?: number;
  /** totp: new shift in seconds. */
  timeShift?: number;
}

/** Why a value is wrong, and what AutoResync makes of it (K1-16, K1-18). */
export interface Miss {
  /** The value was right once: it has been used. */
  used: boolean;
  /** Right, but from outside the window: remember it and wait for its successor until `due` (ms). */
  resync?: { counter: number; due: number };
  /** The successor of a remembered value: the token is in step again, and this value is accepted. */
  hit?: Hit;
}

/** What POST /token/init said, decoded. */
export interface EnrolRequest {
  serial: string;
  otpKey?: string;
  otpKeyFormat?: "hex" | "base32check";
  generate: boolean;
  keySize?: number;
  otpLength?: number;
  algorithm?: "sha1" | "sha256" | "sha512";
  timeStep?: number;
  timeWindow?: number;
  timeShift?: number;
  /** Parameters named `<type>.<key>`, without the type. */
  extra: Record<string, string>;
  /** For labels in key URIs. */
  labels: { user: string; realm: string; givenname: string; surname: string };
}

export interface EnrolContext {
  vault: Vault;
  config: SystemConfig;
}

type Column = keyof TokenTable;

/** What a type puts into the token row at enrolment, and what the person who enrols gets to see. */
export interface Enrolment {
  columns: Partial<Record<Column, string | number | Uint8Array | null>>;
  info: Record<string, string>;
  detail: Record<string, unknown>;
}

export interface TokenType {
  spec: TokenTypeSpec;
  /** How many characters of `pass` are the one-time password; 0: all of it is the PIN. */
  otpLength(token: TokenRecord): number;
  /** Null: wrong. May be called with any text. */
  check(token: TokenRecord, otp: string, context: CheckContext): Promise<Hit | null>;
  /** Looks into a wrong value of somebody who knew the PIN. */
  explain?(token: TokenRecord, otp: string, context: CheckContext): Promise<Miss>;
  /**
   * The database was restored from a backup at `now` (ms). Where the token's counter can be known, the first value that is still
   * refused by it; "lost" where only its device knows; left out for types without one.
   */
  afterRestore?(token: TokenRecord, now: number): { counter: number } | "lost";
  /** Two values in a row from anywhere in the sync window. */
  resync?(token: TokenRecord, otp1: string, otp2: string, context: CheckContext): Promise<Hit | null>;
  /** Throws ApiError for parameters it can not use. */
  enrol(request: EnrolRequest, context: EnrolContext): Promise<Enrolment>;
  /** GET /token/getserial: the value is among those the token shows next, `window` of them. Says nothing of log-ins. */
  locate?(token: TokenRecord, otp: string, window: number, context: CheckContext): Promise<Hit | null>;
  /** Information that its tokens have in columns, beside what every token has. */
  info: readonly ColumnInfo[];
}

/** The rollout state of a token that is refused until POST /token/resync succeeds: its counter was lost in a restore. */
export const RESYNC_DEMANDED = "resync";

/** What a token's seed is sealed for: a seed copied to another row does not open there. */
export function keyContext(serial: string): string {
  return `token|${serial}|key`;
}

const DIGITS = /^\d+$/;

/** A text that can be a one-time password of this token at all; saves the vault the trouble. */
export function isOtp(token: TokenRecord, otp: string): boolean {
  return otp.length === token.otpLength && DIGITS.test(otp);
}
