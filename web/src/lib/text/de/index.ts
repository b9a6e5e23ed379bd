import type { Messages } from "../en/index.ts";
import { common } from "./common.ts";
import { login } from "./login.ts";
import { realms } from "./realms.ts";
import { resolvers } from "./resolvers.ts";
import { setup } from "./setup.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";

export const messages: Messages = { ...common, ...login, ...realms, ...resolvers, ...setup, ...tokens, ...users };
