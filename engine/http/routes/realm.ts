// /realm/* and /defaultrealm (rest-api.md 2.6).
import { deleteRealm, describeRealm, setDefaultRealm, writeRealm } from "../../services/realms.ts";
import type { Handlers } from "../call.ts";

type RealmRoutes =
  | "realmList"
  | "realmSuperuser"
  | "realmSet"
  | "realmDelete"
  | "defaultRealmGet"
  | "defaultRealmSet"
  | "defaultRealmDelete";

export const realmRoutes: Handlers<RealmRoutes> = {
  async realmList({ engine }) {
    await engine.configuration.settled();
    return { value: Object.fromEntries(engine.directory.realms().map((realm) => [realm.name, describeRealm(realm)])) };
  },
  realmSuperuser: async ({ engine }) => ({ value: [...engine.settings["auth.superuser_realms"]] }),
  realmSet: async (call) => ({ value: await writeRealm(call, call.params.realm, call.params.resolvers, call.bag) }),
  realmDelete: async (call) => ({ value: await deleteRealm(call, call.params.realm) }),
  async defaultRealmGet({ engine }) {
    await engine.configuration.settled();
    const realm = engine.directory.defaultRealm();
    return { value: realm ? { [realm.name]: describeRealm(realm) } : {} };
  },
  defaultRealmSet: async (call) => ({ value: await setDefaultRealm(call, call.params.realm) }),
  defaultRealmDelete: async (call) => ({ value: await setDefaultRealm(call, null) }),
};
