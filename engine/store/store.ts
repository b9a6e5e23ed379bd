// The store as the rest of the engine sees it: asynchronous, so that PostgreSQL fits behind it as well as bun:sqlite.
//
// All writes are *intents*: plain data that states what must still be true for the write to count. The store gathers the
// intents of one event-loop turn, applies them in one transaction, makes it durable, and only then answers (group commit).
// An intent whose condition fails changes nothing and is answered `lost`; the others of its group are untouched.
import type { CompiledQuery, Kysely } from "kysely";
import type { AuditEntry } from "../core/audit-chain.ts";
import type { Schema } from "./schema.ts";

export type { AuditEntry } from "../core/audit-chain.ts";

/** What a login needs of a token; held in the token cache, updated in place after each commit. */
export interface TokenRecord {
  readonly id: number;
  readonly serial: string;
  readonly type: string;
  version: number;
  active: boolean;
  revoked: boolean;
  locked: boolean;
  rolloutState: string;
  pinHash: string | null;
  keySealed: Uint8Array | null;
  otpLength: number;
  algorithm: "sha1" | "sha256" | "sha512";
  counter: number;
  countWindow: number;
  syncWindow: number;
  /** seconds */
  timeStep: number;
  timeWindow: number;
  timeShift: number;
  failCount: number;
  maxFail: number;
  failedSince: number | null;
  authCount: number;
  authCountMax: number | null;
  authSuccess: number;
  authSuccessMax: number | null;
  /** milliseconds since 1970 */
  validFrom: number | null;
  validUntil: number | null;
  lastAuth: number | null;
  resyncCounter: number | null;
  resyncDue: number | null;
  owner: { resolver: string; userId: string; realm: string } | null;
}

/** A token accepted an OTP or PIN. Loses if the token changed (`version`), is locked out, or its counter has moved on. */
export interface AcceptEffect {
  kind: "accept";
  tokenId: number;
  /** `TokenRecord.version` the decision was made on. */
  version: number;
  /** The counter to store; the stored one must be smaller. Absent for types without a counter (spass, pw). */
  counter?: number | undefined;
  /** totp: new shift in seconds, when it changes. */
  timeShift?: number | undefined;
  /** false under the setting `no_auth_counter`; the limits auth_count_max and auth_success_max are then not enforced. */
  countAuth: boolean;
  /** A full fail counter counts as cleared if it filled at or before this moment (ms); 0 = never (failcounter_clear_timeout). */
  clearFailedBefore: number;
  at: number;
}

/** Wrong attempt: raises the fail counter (never past the maximum; the moment it fills is stored once). */
export interface FailEffect {
  kind: "fail";
  tokenId: number;
  countAuth: boolean;
  /** As above; then the counter restarts at 1 (ResetFailcounterOnPIN). */
  clearFailedBefore: number;
  /** AutoResync: remember this out-of-window counter until `due` (ms). */
  resync?: { counter: number; due: number };
  at: number;
}

/** An OTP that was right but whose login is refused all the same: it is used up (K1-15). Loses like `accept` by version and counter. */
export interface ConsumeEffect {
  kind: "consume";
  tokenId: number;
  version: number;
  /** The counter to store; the stored one must be smaller. */
  counter: number;
}

export type TokenEffect = AcceptEffect | FailEffect | ConsumeEffect;

/** One login: its effects and its audit row happen together or not at all. */
export interface LoginIntent {
  kind: "login";
  effects: TokenEffect[];
  audit: AuditEntry;
}

export interface Statement {
  query: CompiledQuery;
  /** Number of rows this statement must change, else the whole intent is lost. Absent: any number. */
  expect?: number;
}

/** Which cached tokens a write makes stale. `ownersStay`: none was assigned or taken away, which spares a look for the owner of each. */
export type Touched =
  | { serials: string[]; ownersStay?: true }
  | { owner: { resolver: string; userId: string } }
  | "all-tokens"
  | "none";

/** An administrative change: SQL statements, its audit row, and what it makes stale. */
export interface WriteIntent {
  kind: "write";
  statements: Statement[];
  audit?: AuditEntry;
  touches: Touched[];
}

export type Intent = LoginIntent | WriteIntent;

/** `changes[i]` and `rows[i]` belong to `statements[i]` (rows: of a RETURNING clause). Empty for logins. */
export type Outcome = { won: true; changes: number[]; rows: Record<string, unknown>[][] } | { won: false };

/** A unique or foreign key refused the write; nothing of the intent was stored. */
export class ConstraintError extends Error {
  override readonly name = "ConstraintError";
}

/** The store cannot make anything durable now (disk full, read-only, locked): nothing of the intent was stored. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
}

/** SQLite found the database file damaged: nothing in it is to be believed, until it was restored. */
export class StoreDamagedError extends StoreUnavailableError {}

export interface AuditHead {
  chain: number;
  node: string;
  epoch: number;
  seq: number;
  hash: Uint8Array;
}

/**
 * A value that is often there at once: from a cache, or from SQLite, which answers on the spot. `await` takes both; what is
 * there already then costs no promise. On the login path that is worth it.
 */
export type Soon<T> = T | Promise<T>;

export interface Store {
  /** Compiles queries only; executing goes through `query`, `point` and `commit`. */
  readonly sql: Kysely<Schema>;
  /** Login reads: from the token cache, on a miss from an index. The records are the cached ones: never change them. */
  tokensOfOwner(resolver: string, userId: string): Soon<TokenRecord[]>;
  tokenBySerial(serial: string): Soon<TokenRecord | null>;
  /** A read by unique key: microseconds, on the event loop. */
  point<Row>(query: CompiledQuery<Row>): Promise<Row[]>;
  /** Any other read: runs in a reader worker on its own connection (decisions.md 2.3). */
  query<Row>(query: CompiledQuery<Row>): Promise<Row[]>;
  /** The same for rows that no log-in changes: the answer is remembered until something else is written. */
  queryUntilChange<Row>(query: CompiledQuery<Row>): Promise<Row[]>;
  /** Rejects with ConstraintError or StoreUnavailableError. */
  commit(intent: Intent): Promise<Outcome>;
  /** Head of this node's audit chain as last made durable: what is signed must not be lost in a power cut. */
  auditHead(): AuditHead;
  /** Why nothing can be made durable now; null: it can. */
  readonly fault: StoreUnavailableError | null;
  /** Tries to make something durable if the last commit was not; `fault` has what came of it. Never rejects. */
  probe(): Promise<void>;
  /** Damage that somebody else met, in a reading thread: from now on everything is refused, until a restart. */
  condemn(fault: StoreDamagedError): void;
  /** Looks now for what other processes committed; listeners of onConfigurationChange hear of it before the next await is over. */
  noticeOthers(): void;
  /** Called after a commit or another process changed shared configuration (realms, resolvers, config, admins). */
  onConfigurationChange(listener: () => void): void;
  readonly counters: { readonly groups: number; readonly intents: number; readonly lost: number; readonly syncs: number };
  /** Threads of `query` that died. */
  readonly readersLost: number;
  close(): Promise<void>;
}
