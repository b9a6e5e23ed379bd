// The vault as the rest of the engine sees it. Behind it piscina workers hold the key ring; nobody else ever sees a key.
// Calls are computations without side effects, so a job of a crashed worker can be repeated.

import type { RingEdit, RingInfo } from "./ring-info.ts";

/**
 * One OTP to look for. Counters are tried `first` first, then upwards through [from, until); `first` outside of that window is not
 * tried at all, because below `from` lie used counters.
 */
export interface OtpSearch {
  /** A seed sealed by `seal` or `newSeed`. */
  sealed: Uint8Array;
  /** What the seed was sealed for, e.g. `token|TOTP0001|key`; another context does not open it. */
  context: string;
  algorithm: "sha1" | "sha256" | "sha512";
  /** 4 to 10 */
  digits: number;
  otp: string;
  from: number;
  until: number;
  first: number;
}

/** A sealed value and what it was sealed for. */
export interface SealedValue {
  sealed: Uint8Array;
  context: string;
}

export interface SealedSecret {
  sealed: Uint8Array;
  clear: Uint8Array;
}

/** The queue of a lane is full, or a job was lost to crashing workers twice: answer 503 and Retry-After. */
export class VaultBusyError extends Error {
  override readonly name = "VaultBusyError";
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super("the vault is busy");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The key ring is sealed by a passphrase and nobody has unlocked it yet. */
export class VaultLockedError extends Error {
  override readonly name = "VaultLockedError";
}

/** The security module that holds a key does not answer, or refuses. The message says which, never a PIN: answer 503. */
export class DeviceUnavailableError extends Error {
  override readonly name = "DeviceUnavailableError";
}

/** The security module refuses the PIN. Trying the same one again would lock the token. */
export class PinRefusedError extends DeviceUnavailableError {}

/** A sealed value does not open: wrong key ring, wrong context, or altered. */
export class SealBrokenError extends Error {
  override readonly name = "SealBrokenError";
}

export interface Vault {
  /** The key ring is open in every worker, and its keys can be used. */
  readonly ready: boolean;
  /** Why it is not `ready`, and what to do; null while a worker is replaced. */
  readonly reason: string | null;
  /** Workers that log-ins need die again and again: why, and what to do. Jobs are refused with WorkersFailingError. */
  readonly fault: string | null;
  /** The same of the thread that opens and changes the key ring; log-ins go on without it. */
  readonly keeperFault: string | null;
  /**
   * Takes the passphrase of a sealed key ring, or the PIN of the security module; false: wrong. Attempts run one after the other, half
   * a second each; throws VaultBusyError when four wait, KeyFileError (keys.ts) when the file is damaged.
   */
  unlock(passphrase: string): Promise<boolean>;
  /**
   * Changes the key ring and its file; other processes and workers read it when they need it. Throws VaultLockedError, KeyFileError
   * (it can not be, and why), DeviceUnavailableError. Only one process may change a ring at a time: services/key-rotation.ts.
   */
  editRing(change: RingEdit): Promise<RingInfo>;
  /** What may be told of the ring. */
  describeRing(): Promise<RingInfo>;

  // --- fast lane: packed batches, never behind a password hash ---
  /** The matching counter or -1. Throws RangeError for digits outside 4..10 or a window over 100,000 counters. */
  findOtp(search: OtpSearch): Promise<number>;
  /** Constant-time comparison of a sealed secret with `candidate`. */
  equals(sealed: Uint8Array, context: string, candidate: string): Promise<boolean>;
  seal(clear: Uint8Array, context: string): Promise<Uint8Array>;
  unseal(sealed: Uint8Array, context: string): Promise<Uint8Array>;
  /** The same values sealed under the active key, in their order; the clear text stays in the worker. Some hundred at most. */
  reseal(values: readonly SealedValue[]): Promise<Uint8Array[]>;
  /** `length` random bytes, sealed, and once in the clear for the person who enrols. */
  newSeed(length: number, context: string): Promise<SealedSecret>;
  /** HMAC-SHA256 under the session key (which is not under the passphrase seal). For JWTs. */
  sessionMac(message: Uint8Array): Promise<Uint8Array>;
  /** RSA-PSS SHA-256, maximum salt length: the response signature (rest-api.md 1.6). */
  signResponse(message: Uint8Array): Promise<Uint8Array>;
  /** Ed25519: audit batches and checkpoints. */
  signAudit(message: Uint8Array): Promise<Uint8Array>;

  // --- dear lane: low-priority workers, bounded queue ---
  /** `peppered`: administrators' passwords and recovery codes (rest-api.md 4). Any supported hash format, else false. */
  verifyPassword(password: string, hash: string, peppered?: boolean): Promise<boolean>;
  /** Argon2id with the configured cost. */
  hashPassword(password: string, peppered?: boolean): Promise<string>;
  /** PNG bytes of the QR code of each text; one job, so that an enrolment with three codes takes one place in the queue. */
  renderQrs(texts: readonly string[]): Promise<Uint8Array[]>;

  /** A hash made under another cost than the configured one, or in another format: raise it at the next login. */
  needsRehash(hash: string): boolean;
  /**
   * What one password verification takes now, milliseconds: its measured cost (smoothed), and as much for each that waits before it.
   */
  readonly hashLatency: number;
  /** Public halves for `audit verify` and for clients. */
  publicKeys(): Promise<{ audit: Uint8Array; responsePem: string }>;
  readonly gauges: { fastQueued: number; dearQueued: number; restarts: number };
  /** Waits for running jobs, refuses new ones. */
  close(): Promise<void>;
}
