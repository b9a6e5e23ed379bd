// /token/*: thin; the work is in services/token-*.ts.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import * as tokens from "../../services/token-actions.ts";
import { assign, unassign } from "../../services/token-assign.ts";
import { initToken } from "../../services/token-init.ts";
import { listTokens } from "../../services/token-list.ts";
import { setPins } from "../../services/token-pins.ts";
import type { Bag } from "../bag.ts";
import type { Handlers } from "../call.ts";

type TokenRoutes =
  | "tokenInit"
  | "tokenList"
  | "tokenEnable"
  | "tokenDisable"
  | "tokenReset"
  | "tokenUnassign"
  | "tokenResync"
  | "tokenSetPin"
  | "tokenAssign"
  | "tokenDelete";

/** Parameters named `<kind>.<key>`: token information, as texts. */
function extraOf(bag: Bag, kind: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of bag) {
    if (!name.startsWith(`${kind}.`)) continue;
    if (typeof value === "object")
      throw new ApiError("bad_parameter", { name: name.slice(0, 255), wanted: phrase("wanted_text_or_number") });
    found[name] = String(value);
  }
  return found;
}

export const tokenRoutes: Handlers<TokenRoutes> = {
  tokenInit: async (call) => ({ value: true, detail: await initToken(call, call.params, (kind) => extraOf(call.bag, kind)) }),
  tokenList: async (call) => ({ value: await listTokens(call.params, call.caller, call.engine) }),
  tokenEnable: async (call) => ({ value: await tokens.setActive(call, call.params, true) }),
  tokenDisable: async (call) => ({ value: await tokens.setActive(call, call.params, false) }),
  tokenReset: async (call) => ({ value: await tokens.resetFailCounters(call, call.params) }),
  tokenUnassign: async (call) => ({ value: await unassign(call, call.params) }),
  tokenResync: async (call) => ({ value: await tokens.resync(call, whose(call), call.params.otp1, call.params.otp2) }),
  tokenSetPin: async (call) => {
    const { otppin, userpin, sopin } = call.params;
    return { value: await setPins(call, whose(call), { otp: otppin, user: userpin, so: sopin }) };
  },
  tokenAssign: async (call) => ({ value: await assign(call, call.params) }),
  tokenDelete: async (call) => ({ value: await tokens.deleteToken(call, whose(call)) }),
};

/** By serial; for a user only among his own. */
function whose(call: { params: { serial: string }; caller: { role: string; username: string; realm: string } | null }) {
  const { caller, params } = call;
  return caller?.role === "user"
    ? { serial: params.serial, user: caller.username, realm: caller.realm }
    : { serial: params.serial };
}
