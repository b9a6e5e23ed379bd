// /overview/*: figures for people who look after the server.
import { countLogins, countTokens } from "../../services/overview.ts";
import type { Handlers } from "../call.ts";

export const overviewRoutes: Handlers<"overviewLogins" | "overviewTokens"> = {
  overviewLogins: async ({ params, engine }) => ({ value: await countLogins(params.hours ?? 24, engine) }),
  overviewTokens: async ({ engine }) => ({ value: await countTokens(engine) }),
};
