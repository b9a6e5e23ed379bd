// All English texts. A new part is a file here and one of the same name in de/; the compiler and test/site-text.test.ts compare them.
import { common } from "./common.ts";
import { login } from "./login.ts";
import { realms } from "./realms.ts";
import { resolvers } from "./resolvers.ts";
import { setup } from "./setup.ts";
import { tokens } from "./tokens.ts";
import { users } from "./users.ts";

export const messages = { ...common, ...login, ...realms, ...resolvers, ...setup, ...tokens, ...users };
export type MessageKey = keyof typeof messages;
export type Messages = Record<MessageKey, string>;
