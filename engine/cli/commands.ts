// Every command there is, in the order in which the help lists them. main.ts runs them; completion.ts and cli-page.ts tell of them.
import { adminCommands } from "./admin.ts";
import { apiKeyCommands } from "./api-key.ts";
import { auditCommands } from "./audit.ts";
import { backup } from "./backup.ts";
import type { Command } from "./command.ts";
import { makeCompletion } from "./completion.ts";
import { configCommands } from "./config.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { init } from "./init.ts";
import { keyCommands } from "./key.ts";
import { otp } from "./otp.ts";
import { realmCommands } from "./realm.ts";
import { resolverCommands } from "./resolver.ts";
import { restore } from "./restore.ts";
import { serve } from "./serve.ts";
import { tokenCommands } from "./token.ts";
import { userCommands } from "./user.ts";
import { web } from "./web.ts";

export const commands: readonly Command[] = [
  serve,
  web,
  init,
  ...adminCommands,
  ...tokenCommands,
  ...userCommands,
  ...apiKeyCommands,
  ...realmCommands,
  ...resolverCommands,
  ...configCommands,
  ...keyCommands,
  ...auditCommands,
  backup,
  restore,
  doctor,
  otp,
  demo,
  makeCompletion(() => commands),
];
