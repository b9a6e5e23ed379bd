// /token/*: thin; the work is in services/token-*.ts.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { lostTokenShape, randomPinShape } from "../../services/policy-answers.ts";
import * as tokens from "../../services/token-actions.ts";
import { assign, unassign } from "../../services/token-assign.ts";
import { writeTokenCsv } from "../../services/token-csv.ts";
import { initToken } from "../../services/token-init.ts";
import { listTokens, streamTokens } from "../../services/token-list.ts";
import { replaceLost } from "../../services/token-lost.ts";
import { setPins, setRandomPin } from "../../services/token-pins.ts";
import { setDescription } from "../../services/token-set.ts";
import type { Bag } from "../bag.ts";
import type { Handlers } from "../call.ts";

type TokenRoutes =
  | "tokenInit"
  | "tokenList"
  | "tokenEnable"
  | "tokenDisable"
  | "tokenReset"
  | "tokenRevoke"
  | "tokenUnassign"
  | "tokenResync"
  | "tokenSetPin"
  | "tokenSetRandomPin"
  | "tokenDescription"
  | "tokenLost"
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

/** Stands for the value where a file goes out in place of the envelope. */
const noPage = { tokens: [], count: 0, current: 1, prev: null, next: null };

export const tokenRoutes: Handlers<TokenRoutes> = {
  tokenInit: async (call) => ({ value: true, detail: await initToken(call, call.params, (kind) => extraOf(call.bag, kind)) }),
  async tokenList({ params, caller, engine }) {
    if (params.outform?.toLowerCase() !== "csv") return { value: await listTokens(params, caller, engine) };
    const body = writeTokenCsv(await streamTokens(params, caller, engine));
    return { value: noPage, file: { name: "privacyidea-tokendata.csv", contentType: "text/csv; charset=utf-8", body } };
  },
  tokenEnable: async (call) => ({ value: await tokens.setActive(call, call.params, true) }),
  tokenDisable: async (call) => ({ value: await tokens.setActive(call, call.params, false) }),
  tokenReset: async (call) => ({ value: await tokens.resetFailCounters(call, call.params) }),
  tokenRevoke: async (call) => ({ value: await tokens.revoke(call, call.params) }),
  tokenUnassign: async (call) => ({ value: await unassign(call, call.params) }),
  tokenResync: async (call) => ({ value: await tokens.resync(call, whose(call), call.params.otp1, call.params.otp2) }),
  tokenSetPin: async (call) => {
    const { otppin, userpin, sopin } = call.params;
    return { value: await setPins(call, whose(call), { otp: otppin, user: userpin, so: sopin }) };
  },
  tokenSetRandomPin: async (call) => ({
    value: 1,
    detail: { pin: await setRandomPin(call, whose(call), randomPinShape(call)) },
  }),
  tokenDescription: async (call) => ({ value: await setDescription(call, whose(call), call.params.description) }),
  tokenLost: async (call) => ({ value: await replaceLost(call, whose(call), lostTokenShape(call)) }),
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
