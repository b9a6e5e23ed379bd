import type { Messages } from "../en/index.ts";
import { access } from "./access.ts";
import { audit } from "./audit.ts";
import { common } from "./common.ts";
import { dashboard } from "./dashboard.ts";
import { login } from "./login.ts";
import { my } from "./my.ts";
import { operation } from "./operation.ts";
import { realms } from "./realms.ts";
import { resolvers } from "./resolvers.ts";
import { settings } from "./settings.ts";
import { setup } from "./setup.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";

export const messages: Messages = {
  ...access,
  ...audit,
  ...common,
  ...dashboard,
  ...login,
  ...my,
  ...operation,
  ...realms,
  ...resolvers,
  ...settings,
  ...setup,
  ...tokens,
  ...users,
};
