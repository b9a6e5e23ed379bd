// What the pages about users, realms and user sources have in common: who is read, and how far a fresh server is set up.
import { readRealms } from "#lib/features/realms/read-realms.ts";
import type { Realm } from "#lib/features/realms/realm.ts";
import { readResolvers } from "#lib/features/resolvers/read-resolvers.ts";
import type { Resolver } from "#lib/features/resolvers/resolver.ts";
import type { SiteCall } from "#lib/server/engine.ts";

export interface People {
  realms: readonly Realm[];
  /** null: they may not be read. */
  resolvers: readonly Resolver[] | null;
}

/** @param ask `locals.call` for pages that are nothing without it, `locals.engine` for lists */
export async function readPeople({ session, ask }: Pick<App.Locals, "session"> & { ask: SiteCall }): Promise<People> {
  const mayRead = session?.rights.includes("resolverread") ?? false;
  const realms = await readRealms(ask);
  return { realms, resolvers: mayRead ? await readResolvers(ask, realms) : null };
}

/** D03. */
export const setupOf = ({ realms, resolvers }: People) => ({
  hasSource: realms.length > 0 || (resolvers?.length ?? 0) > 0,
  hasRealm: realms.length > 0,
});
