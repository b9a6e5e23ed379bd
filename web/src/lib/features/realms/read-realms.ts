import type { SiteCall } from "../../server/engine.ts";
import { type Realm, toRealms } from "./realm.ts";

export async function readRealms(ask: SiteCall): Promise<readonly Realm[]> {
  const [realms, admins] = await Promise.all([ask("realmList", {}), ask("realmSuperuser", {})]);
  return toRealms(realms.value, admins.value);
}
