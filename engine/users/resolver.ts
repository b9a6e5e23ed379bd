// What a source of users offers (config-and-tokens.md E, manual L21053-21179). One file a type, each exporting a ResolverType; registry.ts
// lists them.

import { ApiError } from "@ostiary/shared/errors.ts";
import type { ResolverField } from "@ostiary/shared/resolver-types.ts";
import type { Soon } from "../store/store.ts";

export interface UserRecord {
  /** The name people type. */
  login: string;
  /** What identifies the user in this source for good: uid, entry UUID, primary key. */
  userId: string;
  /** Name of the resolver. */
  resolver: string;
  /** username, userid, givenname, surname, email, phone, mobile, description … as far as the source has them; never a password or its hash. */
  attributes: Record<string, string>;
}

export interface Resolver {
  readonly name: string;
  readonly type: string;
  /** What is in memory is returned at once. */
  findByLogin(login: string): Soon<UserRecord | null>;
  findById(userId: string): Soon<UserRecord | null>;
  /**
   * Users that match all filters, at most `limit`.
   * @param filters attribute name to pattern: `*` stands for any text, case does not count. An attribute the source does not have matches
   *   only the pattern `*`.
   * @param isGone nobody waits for it any more: it may end with `dropped()`
   */
  search(filters: Record<string, string>, limit: number, isGone?: () => boolean): Promise<UserRecord[]>;
  /**
   * Text that changes whenever the stored password does; it is not shown to anybody. Null: nobody of this login. Absent for sources
   * that do not show it.
   */
  passwordMark?(login: string): Soon<string | null>;
  /** False for an unknown login, a wrong password, a locked account. */
  checkPassword(login: string, password: string): Promise<boolean>;
  /**
   * Tries the source now.
   * @returns the text for the person who set it up, e.g. `Resolver config seems OK. 123 Users found.`
   * @throws ResolverError
   */
  testConnection(): Promise<string>;
  close(): void | Promise<void>;
}

export interface ResolverConfig {
  name: string;
  values: Readonly<Record<string, string>>;
}

export interface ResolverDeps {
  /** Verifies a password against a stored hash, in a worker (the vault's `verifyPassword`). */
  verify(password: string, hash: string): Promise<boolean>;
  /** Directories (or single files) that password files may lie in, absolute. */
  passwdRoots: readonly string[];
  /** Milliseconds since 1970. */
  now(): number;
}

export interface ResolverType {
  type: string;
  fields: readonly ResolverField[];
  /** Opens the source; it is ready for look-ups when the promise resolves. Throws ResolverError. */
  open(config: ResolverConfig, deps: ResolverDeps): Promise<Resolver>;
}

/** A source that cannot be used as configured. The message is safe to show to an administrator. */
export class ResolverError extends Error {
  override readonly name = "ResolverError";
}

/** A search that ended because its client hung up. Who joined it at the last moment may ask again. No row in the trail. */
export const dropped = (): ApiError => new ApiError("busy", { seconds: 1 }, { retryAfter: 1, quiet: true });
