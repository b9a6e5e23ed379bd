// What can be done to a realm.
import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { Realm } from "./realm.ts";

export const realmActions: readonly ItemAction<Realm>[] = [
  {
    id: "default",
    label: "realms.do.default",
    icon: "flag",
    right: "resolverwrite",
    fits: ({ isDefault }) => !isDefault,
    question: "realms.do.default.question",
    async perform({ name }) {
      await call("defaultRealmSet", { realm: name });
      return undefined;
    },
    done: "realms.do.default.done",
  },
  {
    id: "noDefault",
    label: "realms.do.noDefault",
    icon: "flag",
    right: "resolverdelete",
    fits: ({ isDefault }) => isDefault,
    question: "realms.do.noDefault.question",
    async perform() {
      await call("defaultRealmDelete", {});
      return undefined;
    },
    done: "realms.do.noDefault.done",
  },
  {
    id: "delete",
    label: "realms.do.delete",
    icon: "trash",
    right: "resolverdelete",
    danger: true,
    bulk: true,
    question: "realms.do.delete.question",
    async perform({ name }) {
      await call("realmDelete", { realm: name });
      return undefined;
    },
    done: "realms.do.delete.done",
  },
];
