import type { Messages } from "../en/index.ts";
import { common } from "./common.ts";
import { login } from "./login.ts";
import { tokens } from "./tokens.ts";

export const messages: Messages = { ...common, ...login, ...tokens };
