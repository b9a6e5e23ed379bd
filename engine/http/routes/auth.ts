// POST /auth, GET /auth/rights (rest-api.md 2.1).
import { uiDefaults } from "@ostiary/shared/endpoints/auth.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { renderTokenType } from "@ostiary/shared/messages/render.ts";
import { nameAdmin } from "../../services/caller.ts";
import { logIn } from "../../services/log-in.ts";
import { logOut, logOutOther } from "../../services/log-out.ts";
import { listEnrolable, listRights } from "../../services/rights.ts";
import type { Handlers } from "../call.ts";

export const authRoutes: Handlers<"authLogin" | "authRights" | "authLogout" | "authLogoutOther"> = {
  async authLogin(call) {
    const { username, password, realm } = call.params;
    if (!username) throw new ApiError("missing_username");
    call.audit = { user: username, realm: realm ?? null };
    const remoteUser = call.engine.remoteUser(call.peer, call.headers);
    const credentials = { username, password: password ?? "", realm, remoteUser };
    const caller = await logIn(credentials, call.client, call.startedTick, call.engine);
    call.audit =
      caller.role === "admin"
        ? { administrator: nameAdmin(caller), user: null, realm: null }
        : { user: caller.username, realm: caller.realm };
    const rights = listRights(caller.role);
    return {
      value: {
        ...uiDefaults,
        token: await call.engine.sessions.issue(caller, rights),
        role: caller.role,
        username: caller.username,
        realm: caller.realm,
        log_level: 20,
        rights,
        menus: [],
      },
    };
  },

  authLogout: async (call) => ({ value: await logOut(call) }),
  authLogoutOther: async (call) => ({ value: await logOutOther(call, call.params) }),

  async authRights(call) {
    const role = call.caller?.role ?? "user";
    const { language } = call.language();
    const titles = listEnrolable(role).map(({ kind }) => [kind, renderTokenType(kind, language).title] as const);
    return { value: Object.fromEntries(titles), language };
  },
};
