// Local administrators: name, password, and a generation that makes older JWTs worthless (rest-api.md 1.5).
import { randomInt } from "node:crypto";
import { type ErrorName, errorTable } from "@ostiary/shared/errors.ts";
import { fill, phrases } from "@ostiary/shared/messages/phrases.ts";
import type { AuditEntry, Statement, Store } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";

export interface Administrator {
  username: string;
  email: string;
  generation: number;
}

export interface Admins {
  find(username: string): Promise<Administrator | null>;
  list(): Promise<Administrator[]>;
  /** The administrator as he was when this password was his; null also for an unknown name. */
  checkPassword(username: string, password: string): Promise<Administrator | null>;
  /** Costs what a check costs, for names nobody has. */
  checkNothing(password: string): Promise<void>;
  /** Creates, or replaces password and e-mail. Raises the generation: sessions of the old password end. */
  set(username: string, password: string, email?: string): Promise<void>;
  /** What `set` stores. */
  statementToSet(username: string, password: string, email: string): Promise<Statement>;
  /** False: there was none. His API keys go with him. */
  remove(username: string): Promise<boolean>;
}

/** Up to 120 characters without control characters: the name stands in logs and JWTs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const NAME = /^[^\u0000-\u001f\u007f]{1,120}$/;
const MIN_PASSWORD = 8;
const MAX_PASSWORD = 1024;

export const adminFaultWords = { minimum: MIN_PASSWORD, maximum: MAX_PASSWORD };

export type AdminFault = Extract<ErrorName, "admin_name" | "admin_password_short" | "admin_password_long">;

/** Why this can not be an administrator's name, or null. */
export function findNameFault(username: string): AdminFault | null {
  return NAME.test(username) && username.trim() === username ? null : "admin_name";
}

/** Why this can not be an administrator's name and password, or null: what the error table says to it. */
export function findAdminFault(username: string, password: string): AdminFault | null {
  if ([...password].length < MIN_PASSWORD) return findNameFault(username) ?? "admin_password_short";
  return findNameFault(username) ?? (password.length > MAX_PASSWORD ? "admin_password_long" : null);
}

/** In English, for the command line. */
export function describeAdminFault(fault: AdminFault): string {
  return fill(errorTable[fault].text, adminFaultWords, phrases);
}

export function createAdmins(store: Store, vault: Pick<Vault, "hashPassword" | "verifyPassword">, now: () => number): Admins {
  // What an unknown name is compared with, so that it costs what a known one costs. Made at the first need.
  let decoy: Promise<string> | null = null;

  // Random, so that a session of somebody deleted does not come to life with another administrator of the same name.
  const firstGeneration = () => randomInt(1, 2 ** 48 - 1);

  const row = async (username: string) => {
    const query = store.sql.selectFrom("admin").selectAll().where("username", "=", username).compile();
    return (await store.point(query))[0] ?? null;
  };

  const describe = ({ username, email, generation }: Administrator): Administrator => ({ username, email, generation });

  return {
    async find(username) {
      const found = await row(username);
      return found && describe(found);
    },

    async list() {
      return store.query(store.sql.selectFrom("admin").select(["username", "email", "generation"]).orderBy("username").compile());
    },

    async checkPassword(username, password) {
      const found = await row(username);
      return found && (await vault.verifyPassword(password, found.password_hash, true)) ? describe(found) : null;
    },

    async checkNothing(password) {
      decoy ??= vault.hashPassword(crypto.randomUUID(), true).catch((error: unknown) => {
        decoy = null;
        throw error;
      });
      await vault.verifyPassword(password, await decoy, true);
    },

    async statementToSet(username, password, email) {
      const password_hash = await vault.hashPassword(password, true);
      const query = store.sql
        .insertInto("admin")
        .values({ username, password_hash, email, generation: firstGeneration(), created_at: now() })
        .onConflict((conflict) =>
          conflict.column("username").doUpdateSet((eb) => ({ password_hash, email, generation: eb("admin.generation", "+", 1) })),
        )
        .compile();
      return { query };
    },

    async set(username, password, email = "") {
      const statements = [await this.statementToSet(username, password, email)];
      await store.commit({ kind: "write", statements, touches: ["none"], audit: entryOf("admin set", username, now()) });
    },

    async remove(username) {
      const query = store.sql.deleteFrom("admin").where("username", "=", username).compile();
      const statements = [{ query, expect: 1 }, statementToRevokeKeys(store, username, now())];
      const audit = entryOf("admin delete", username, now());
      return (await store.commit({ kind: "write", statements, touches: ["none"], audit })).won;
    },
  };
}

/** The API keys in the name of an administrator, taken back when he is deleted. */
export function statementToRevokeKeys({ sql }: Pick<Store, "sql">, username: string, at: number): Statement {
  const query = sql
    .updateTable("api_key")
    .set({ revoked_at: at })
    .where("username", "=", username)
    .where("role", "=", "admin")
    .where("revoked_at", "is", null)
    .compile();
  return { query };
}

/** The audit row of a change that comes from the command line and not from a call. */
function entryOf(action: string, username: string, startedAt: number): AuditEntry {
  const nobody = { serial: null, tokenType: null, user: null, realm: null, resolver: null, administrator: null };
  const info = `administrator ${username}`;
  return {
    ...nobody,
    startedAt,
    duration: 0,
    action,
    success: true,
    actionDetail: "command line",
    info,
    client: null,
    policies: null,
  };
}
