// All English texts. A new part is a file here and one of the same name in de/; the compiler and test/site-text.test.ts compare them.
import { common } from "./common.ts";
import { login } from "./login.ts";
import { tokens } from "./tokens.ts";

export const messages = { ...common, ...login, ...tokens };
export type MessageKey = keyof typeof messages;
export type Messages = Record<MessageKey, string>;
