// What administrators do to tokens: thin; the work is in services/token-*.ts.
import { copyUser } from "../../services/token-assign.ts";
import { deleteInfo, setInfo } from "../../services/token-info-change.ts";
import { copyPin } from "../../services/token-pins.ts";
import { addGroup, removeGroup, setGroups, setRealms } from "../../services/token-places.ts";
import { countCandidates, searchToken, startSearch } from "../../services/token-search.ts";
import { setAttributes } from "../../services/token-set.ts";
import type { Handlers } from "../call.ts";

type AdminRoutes =
  | "tokenSet"
  | "tokenRealms"
  | "tokenGroups"
  | "tokenGroupAdd"
  | "tokenGroupRemove"
  | "tokenInfoSet"
  | "tokenInfoDelete"
  | "tokenCopyPin"
  | "tokenCopyUser"
  | "tokenGetSerial";

export const tokenAdminRoutes: Handlers<AdminRoutes> = {
  tokenSet: async (call) => ({ value: await setAttributes(call, call.params, call.params) }),
  tokenRealms: async (call) => ({ value: await setRealms(call, call.params.serial, call.params.realms) }),
  tokenGroups: async (call) => ({ value: await setGroups(call, call.params.serial, call.params.groups) }),
  tokenGroupAdd: async (call) => ({ value: await addGroup(call, call.params.serial, call.params.groupname) }),
  tokenGroupRemove: async (call) => ({ value: await removeGroup(call, call.params.serial, call.params.groupname) }),
  async tokenInfoSet(call) {
    const { serial, key, value, type } = call.params;
    // K1-26: the type travels as a sibling, as it does at enrolment.
    const sibling = call.bag.get(`${key}.type`);
    return { value: await setInfo(call, serial, key, value, type ?? (typeof sibling === "string" ? sibling : undefined)) };
  },
  tokenInfoDelete: async (call) => ({ value: await deleteInfo(call, call.params.serial, call.params.key) }),
  tokenCopyPin: async (call) => ({ value: await copyPin(call, call.params.from, call.params.to) }),
  tokenCopyUser: async (call) => ({ value: await copyUser(call, call.params.from, call.params.to) }),
  async tokenGetSerial(call) {
    const { count, background, ...query } = call.params;
    if (count) return { value: { serial: null, count: await countCandidates(call.engine, query) } };
    if (!background) return { value: await searchToken(call, query) };
    const started = await startSearch(call, query);
    return { value: { serial: null, count: started.count }, detail: { job: started.job } };
  },
};
