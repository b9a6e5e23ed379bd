// /tokengroup/*.
import { deleteGroup, listGroups, writeGroup } from "../../services/token-groups.ts";
import type { Handlers } from "../call.ts";

export const tokenGroupRoutes: Handlers<"groupList" | "groupSet" | "groupDelete"> = {
  groupList: async ({ engine, params }) => ({ value: await listGroups(engine, params.groupname) }),
  groupSet: async (call) => ({ value: await writeGroup(call, call.params.groupname, call.params.description) }),
  groupDelete: async (call) => ({ value: await deleteGroup(call, call.params.groupname) }),
};
