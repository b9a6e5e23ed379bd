// All English texts. A new part is a file here and one of the same name in de/; the compiler and test/site-text.test.ts compare them.
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

export const messages = {
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
export type MessageKey = keyof typeof messages;
export type Messages = Record<MessageKey, string>;
