// Local administrators: name, password, and a generation that makes older JWTs worthless (rest-api.md 1.5).
import { randomInt } from "node:crypto";
import type { AuditEntry, Store } from "../store/store.ts";
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
  /** False: there was none. */
  remove(username: string): Promise<boolean>;
}

/** Up to 120 characters without control characters: the name stands in logs and JWTs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const NAME = /^[^\u0000-\u001f\u007f]{1,120}$/;
const MIN_PASSWORD = 8;

/** Why this can not be an administrator's name and password, or null. */
export function findAdminFault(username: string, password: string): string | null {
  if (!NAME.test(username) || username.trim() !== username)
    return "a name has 1 to 120 characters, none of them a control character, no blanks around it";
  if ([...password].length < MIN_PASSWORD) return `a password has at least ${MIN_PASSWORD} characters`;
  if (password.length > 1024) return "a password has at most 1024 characters";
  return null;
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

    async set(username, password, email = "") {
      const password_hash = await vault.hashPassword(password, true);
      const query = store.sql
        .insertInto("admin")
        .values({ username, password_hash, email, generation: firstGeneration(), created_at: now() })
        .onConflict((conflict) =>
          conflict.column("username").doUpdateSet((eb) => ({ password_hash, email, generation: eb("admin.generation", "+", 1) })),
        )
        .compile();
      await store.commit({
        kind: "write",
        statements: [{ query }],
        touches: ["none"],
        audit: entryOf("admin set", username, now()),
      });
    },

    async remove(username) {
      const query = store.sql.deleteFrom("admin").where("username", "=", username).compile();
      const audit = entryOf("admin delete", username, now());
      const outcome = await store.commit({ kind: "write", statements: [{ query, expect: 1 }], touches: ["none"], audit });
      return outcome.won;
    },
  };
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
