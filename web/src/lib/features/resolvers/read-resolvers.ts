import type { SiteCall } from "../../server/engine.ts";
import { type Resolver, toResolvers } from "./resolver.ts";

/** @param realms those that use them are named */
export async function readResolvers(
  ask: SiteCall,
  realms: readonly { name: string; sources: readonly { name: string }[] }[],
): Promise<readonly Resolver[]> {
  return toResolvers((await ask("resolverList", {})).value, realms);
}
