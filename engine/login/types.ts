// The words the steps of a login pass to each other.
import type { Phrase, Unfitness } from "@ostiary/shared/messages/phrases.ts";
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { Admission } from "../core/admission.ts";
import type { Log } from "../log.ts";
import type { Store, TokenRecord } from "../store/store.ts";
import type { Hit, Miss, TokenType } from "../tokens/type.ts";
import type { Directory, User } from "../users/directory.ts";
import type { Vault } from "../vault/vault.ts";
import type { Guard } from "./guard.ts";
import type { PinCost } from "./pin-cost.ts";
import type { PinMemory } from "./pin-memory.ts";
import type { StepTimer } from "./steps.ts";

/** What the front-end asked, decoded. */
export interface LoginRequest {
  user?: string;
  realm?: string;
  resolver?: string;
  serial?: string;
  pass: string;
  /** `pass` is the one-time password alone; only with `serial`. */
  otpOnly: boolean;
  client: string;
  /** The text of the audit column, e.g. `POST /validate/check`. */
  action: string;
  /** milliseconds since 1970 */
  startedAt: number;
  /** monotonic milliseconds */
  startedTick: number;
}

/** Whom the request is about: a person with all his tokens, or one token and its owner if it has one. */
export type Subject = { kind: "user"; user: User } | { kind: "token"; serial: string; owner: User | null };

/** One token and how it fared. */
export interface Candidate {
  token: TokenRecord;
  type: TokenType;
  otp: string;
  pinMatched: boolean;
  hit: Hit | null;
  miss: Miss | null;
  /** Its seed does not open: no value was looked at, so none was wrong. */
  unreadable: boolean;
  /** Why a token may not be used even with the right value; null: it may. */
  unfit: Unfitness | null;
}

export interface Refusal {
  accepted: false;
  /** English. */
  message: string;
  /** What `message` is made from. */
  phrase: Phrase;
  /** The one token it is about. */
  token: TokenRecord | null;
  /** Tokens whose fail counter rises. */
  punished: Candidate[];
  /** Tokens that may not be used, whose right value was seen and must not be good again (K1-15). */
  spent: Candidate[];
  detail: Record<string, unknown>;
}

export interface Acceptance {
  accepted: true;
  message: string;
  phrase: Phrase;
  tokens: Candidate[];
  /** As in a refusal: one seed may lie in two tokens, one of them disabled. */
  spent: Candidate[];
  detail: Record<string, unknown>;
}

export type Decision = Acceptance | Refusal;

export interface LoginAnswer {
  accepted: boolean;
  /** Its `message`, if it has one, is English. */
  detail: Record<string, unknown>;
  /** What the message is made from, for another language. */
  phrase: Phrase;
}

export interface LoginEngine {
  store: Store;
  vault: Vault;
  directory: Directory;
  systemConfig: () => SystemConfig;
  pinMemory: PinMemory;
  guard: Guard;
  steps: StepTimer;
  pinCost: PinCost;
  /** Places of those at work; who only waits rests. */
  admission: Admission;
  /** Hide the cost of a PIN hash from those who are refused (decisions: guessing, timing, locking). */
  rejectFloor: boolean;
  /** Seconds before and after its time that a TOTP may be good, whatever its token allows. */
  totpWindow: number;
  /** milliseconds since 1970 */
  now: () => number;
  /** Monotonic milliseconds, for what has to do with how long ago something was, whatever somebody does to the clock. */
  tick: () => number;
  log: Log;
  /** For what every call may meet: the same line once a minute. */
  faultLog: Log;
}
