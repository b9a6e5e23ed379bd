// /admin/* and /apikey/*: local administrators and API keys.
import { deleteAdmin, writeAdmin } from "../../services/admin-accounts.ts";
import { createApiKey, revokeApiKey } from "../../services/api-key-change.ts";
import type { Handlers } from "../call.ts";

type AccessRoutes = "adminList" | "adminSet" | "adminDelete" | "apiKeyList" | "apiKeyCreate" | "apiKeyRevoke";

export const accessRoutes: Handlers<AccessRoutes> = {
  async adminList({ engine }) {
    const admins = await engine.admins.list();
    return { value: admins.map(({ username, email }) => ({ username, email })) };
  },
  adminSet: async (call) => ({ value: await writeAdmin(call, call.params.username, call.params) }),
  adminDelete: async (call) => ({ value: await deleteAdmin(call, call.params.username, call.params.myself === true) }),
  apiKeyList: async ({ engine }) => ({ value: engine.apiKeys.list() }),
  apiKeyCreate: async (call) => ({ value: await createApiKey(call, { days: 365, ...call.params }) }),
  apiKeyRevoke: async (call) => ({ value: await revokeApiKey(call, call.params.id) }),
};
