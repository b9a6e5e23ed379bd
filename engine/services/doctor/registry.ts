// All checks, in the order in which they are made and told. A new one is a constant in its file and a line here.

import { certificate } from "./certificate.ts";
import type { Check } from "./check.ts";
import { clock, databaseThere, integrity, rollback, schema } from "./database.ts";
import { checkpointFile, diskSpace, fileModes, owners, passwdDirectories, settingsFileMode } from "./files.ts";
import { ringFits, ringForm } from "./keys.ts";
import { administrators, orphans, realms, storedSettings, userSources } from "./people.ts";
import { preset } from "./preset.ts";
import { proxies } from "./proxies.ts";
import { unwiseSettings, wrongSettings } from "./settings.ts";

export const checks: readonly Check[] = [
  wrongSettings,
  preset,
  settingsFileMode,
  unwiseSettings,
  certificate,
  databaseThere,
  fileModes,
  owners,
  passwdDirectories,
  checkpointFile,
  diskSpace,
  ringForm,
  ringFits,
  schema,
  integrity,
  rollback,
  clock,
  administrators,
  realms,
  userSources,
  orphans,
  storedSettings,
  proxies,
];
