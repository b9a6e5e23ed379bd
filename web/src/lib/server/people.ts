// What the pages about users, realms and user sources have in common: who is read, and how far a fresh server is set up.
import { type Realm, toRealms } from "#lib/features/realms/realm.ts";
import { type Resolver, toResolvers } from "#lib/features/resolvers/resolver.ts";
import type { SiteCall } from "./engine.ts";

type Asking = Pick<App.Locals, "session"> & { ask: SiteCall };

export interface People {
  realms: readonly Realm[];
  /** null: they may not be read. */
  resolvers: readonly Resolver[] | null;
}

/** @param ask `locals.call` for pages that are nothing without it, `locals.engine` for lists */
export async function readPeople({ session, ask }: Asking): Promise<People> {
  const mayRead = session?.rights.includes("resolverread") ?? false;
  const [realms, admins, resolvers] = await Promise.all([
    ask("realmList", {}),
    ask("realmSuperuser", {}),
    mayRead ? ask("resolverList", {}) : null,
  ]);
  return { realms: toRealms(realms.value, admins.value), resolvers: resolvers && toResolvers(resolvers.value, realms.value) };
}

/** D03. */
export const setupOf = ({ realms, resolvers }: People) => ({
  hasSource: realms.length > 0 || (resolvers?.length ?? 0) > 0,
  hasRealm: realms.length > 0,
});
