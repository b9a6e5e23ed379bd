// Users, as the rest of the engine sees them: realms made of resolvers, in the order of their priority (config-and-tokens.md F).
// A user outside every realm does not exist (F01).
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import type { Soon, Store } from "../store/store.ts";
import { createJoins } from "./joins.ts";
import { findResolverType } from "./registry.ts";
import { type Resolver, type ResolverDeps, ResolverError, type UserRecord } from "./resolver.ts";
import { splitUser } from "./split-user.ts";

export interface User extends UserRecord {
  realm: string;
}

export interface RealmResolver {
  name: string;
  type: string;
  /** 1 to 999, lower first; null last; ties by name (F05). */
  priority: number | null;
}

export interface Realm {
  id: number;
  name: string;
  isDefault: boolean;
  resolvers: RealmResolver[];
}

export interface Where {
  realm?: string | undefined;
  resolver?: string | undefined;
}

export interface Directory {
  /** Realm and login by table F10; `resolver` narrows the search. Null: nobody. */
  findUser(login: string, realm?: string, resolver?: string): Soon<User | null>;
  /** This very login in this very realm, nothing split; `resolver` narrows the search. */
  findExact(login: string, realm: string, resolver?: string): Soon<User | null>;
  /** The person behind a token: by id, in `realm` or, if that is gone, in any realm with this resolver. */
  findById(resolver: string, userId: string, realm: string): Promise<User | null>;
  /**
   * At most `limit` users of a realm, a resolver, or all realms. Null: no such realm or resolver. Error: `busy` for one whose clients
   * are all gone (isGone).
   */
  search(where: Where, filters: Record<string, string>, limit: number, isGone?: () => boolean): Promise<User[] | null>;
  checkPassword(user: User, password: string): Promise<boolean>;
  /** Text that changes with the user's password, where his source shows that; else null. Not for anybody to see. */
  passwordMark(user: User): Soon<string | null>;
  realms(): Realm[];
  realm(name: string): Realm | null;
  defaultRealm(): Realm | null;
  /** Resolvers that could not be opened, and why. */
  faults(): Map<string, string>;
  /** Reads realms and resolvers again; resolvers whose configuration is unchanged stay open. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the stored secrets of a resolver's configuration. */
export type Unseal = (resolver: string, key: string, value: string) => Promise<string>;

interface Opened {
  resolver: Resolver;
  /** Configuration it was opened with. */
  fingerprint: string;
}

interface Snapshot {
  realms: Map<string, Realm>;
  names: ReadonlySet<string>;
  defaultRealm: Realm | null;
  resolvers: Map<string, Opened>;
  faults: Map<string, string>;
}

// Cache. Key: none, one snapshot of realms and open resolvers. Bound: what an administrator configured. Lifetime: until
// reload(), which services/configuration.ts calls after each change.
export async function openDirectory(
  store: Store,
  systemConfig: () => SystemConfig,
  deps: ResolverDeps,
  unseal: Unseal,
): Promise<Directory> {
  let snapshot = await load(store, new Map(), deps, unseal);
  let running: Promise<void> = Promise.resolve();
  let joined = createJoins<User[]>();

  async function replaceSnapshot(): Promise<void> {
    const before = snapshot.resolvers;
    snapshot = await load(store, before, deps, unseal);
    joined = createJoins(); // who asks now is answered by what is in force now
    for (const [name, { resolver }] of before) if (snapshot.resolvers.get(name)?.resolver !== resolver) await resolver.close();
  }

  const opened = (name: string) => snapshot.resolvers.get(name)?.resolver ?? null;
  const inRealm = (record: UserRecord | null, realm: string): User | null => record && { ...record, realm };

  /** In the order of priority; a source that answers at once keeps the search free of promises. */
  function findIn(realm: Realm, login: string, only?: string, from = 0): Soon<User | null> {
    for (let index = from; index < realm.resolvers.length; index++) {
      const name = realm.resolvers[index]?.name ?? "";
      if (only !== undefined && name !== only) continue;
      const found = opened(name)?.findByLogin(login) ?? null;
      if (found instanceof Promise)
        return found.then((record) => inRealm(record, realm.name) ?? findIn(realm, login, only, index + 1));
      if (found) return inRealm(found, realm.name);
    }
    return null;
  }

  /** Realm after realm, in each by priority; a resolver that several realms share is searched once. */
  async function searchRealms(
    within: Realm[],
    only: string | undefined,
    filters: Record<string, string>,
    limit: number,
    isGone: () => boolean,
  ): Promise<User[]> {
    const users: User[] = [];
    const seen = new Set<string>();
    for (const where of within) {
      for (const { name } of where.resolvers) {
        if (seen.has(name) || (only !== undefined && name !== only)) continue;
        seen.add(name);
        const found = (await opened(name)?.search(filters, limit - users.length, isGone)) ?? [];
        for (const record of found) users.push({ ...record, realm: where.name });
        if (users.length >= limit) return users;
      }
    }
    return users;
  }

  return {
    findUser(login, realm, resolver) {
      const { names, defaultRealm, realms } = snapshot;
      const { splitAtSign } = systemConfig();
      const split = splitUser({ login, realm, splitAtSign, realms: names, defaultRealm: defaultRealm?.name });
      if (!split || "unknownRealm" in split) return null;
      const where = realms.get(split.realm);
      return where ? findIn(where, split.login, resolver) : null;
    },

    findExact(login, realm, resolver) {
      const where = snapshot.realms.get(realm);
      return where ? findIn(where, login, resolver) : null;
    },

    async findById(resolver, userId, realm) {
      const holds = (candidate: Realm) => candidate.resolvers.some(({ name }) => name === resolver);
      const named = snapshot.realms.get(realm);
      const where = named && holds(named) ? named : [...snapshot.realms.values()].find(holds);
      return where ? inRealm((await opened(resolver)?.findById(userId)) ?? null, where.name) : null;
    },

    search({ realm, resolver }, filters, limit, isGone = () => false) {
      const { realms, resolvers } = snapshot;
      const within = realm === undefined ? [...realms.values()] : [realms.get(realm.toLowerCase())];
      if (within.includes(undefined)) return Promise.resolve(null);
      if (resolver !== undefined && !resolvers.has(resolver)) return Promise.resolve(null);
      return joined(JSON.stringify([realm, resolver, filters, limit]), isGone, (allGone) =>
        searchRealms(within as Realm[], resolver, filters, limit, allGone),
      );
    },

    checkPassword: async (user, password) => (await opened(user.resolver)?.checkPassword(user.login, password)) ?? false,
    passwordMark: (user) => opened(user.resolver)?.passwordMark?.(user.login) ?? null,
    realms: () => [...snapshot.realms.values()],
    realm: (name) => snapshot.realms.get(name.toLowerCase()) ?? null,
    defaultRealm: () => snapshot.defaultRealm,
    faults: () => snapshot.faults,

    reload() {
      // One after the other: of two that overlap, the one that read the tables earlier could finish later, and would put back
      // what the other's caller has just been told is changed.
      running = running.catch(() => {}).then(replaceSnapshot);
      return running;
    },

    async close() {
      for (const { resolver } of snapshot.resolvers.values()) await resolver.close();
    },
  };
}

async function load(store: Store, before: Map<string, Opened>, deps: ResolverDeps, unseal: Unseal): Promise<Snapshot> {
  const { sql } = store;
  const resolverRows = await store.point(sql.selectFrom("resolver").selectAll().compile());
  const configRows = await store.point(sql.selectFrom("resolver_config").selectAll().compile());
  const realmRows = await store.point(sql.selectFrom("realm").selectAll().orderBy("name").compile());
  const linkRows = await store.point(sql.selectFrom("resolver_realm").selectAll().compile());

  const resolvers = new Map<string, Opened>();
  const faults = new Map<string, string>();
  for (const row of resolverRows) {
    const config = configRows.filter(({ resolver_id }) => resolver_id === row.id);
    const fingerprint = JSON.stringify([row.type, ...config.map(({ key, value }) => [key, value])]);
    const known = before.get(row.name);
    if (known?.fingerprint === fingerprint) {
      resolvers.set(row.name, known);
      continue;
    }
    try {
      const values: Record<string, string> = {};
      for (const { key, value, type } of config) values[key] = type === "password" ? await unseal(row.name, key, value) : value;
      const type = findResolverType(row.type);
      if (!type) throw new ResolverError("this release does not know the type of this user source");
      resolvers.set(row.name, { resolver: await type.open({ name: row.name, values }, deps), fingerprint });
    } catch (error) {
      faults.set(row.name, error instanceof ResolverError ? error.message : String(error));
    }
  }

  const byId = new Map(resolverRows.map((row) => [row.id, row]));
  const realms = new Map<string, Realm>();
  for (const { id, name, is_default } of realmRows) {
    const links = linkRows.filter(({ realm_id }) => realm_id === id);
    const members = links.map(({ resolver_id, priority }) => {
      const row = byId.get(resolver_id);
      return { name: row?.name ?? "", type: row?.type ?? "", priority };
    });
    realms.set(name, { id, name, isDefault: is_default === 1, resolvers: members.sort(comparePriority) });
  }
  const defaultRealm = [...realms.values()].find(({ isDefault }) => isDefault) ?? null;
  return { realms, names: new Set(realms.keys()), defaultRealm, resolvers, faults };
}

function comparePriority(a: RealmResolver, b: RealmResolver): number {
  const rank = ({ priority }: RealmResolver) => priority ?? Number.POSITIVE_INFINITY;
  return rank(a) === rank(b) ? a.name.localeCompare(b.name) : rank(a) - rank(b);
}
