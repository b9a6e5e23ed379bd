// The checks of the start (services/doctor/start.ts) on the engine that is about to listen.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath } from "../assemble.ts";
import { readThrough } from "../services/doctor/reading.ts";
import { examineAtStart, type StartFindings } from "../services/doctor/start.ts";
import type { Engine } from "../services/engine.ts";
import { CommandError, type CommandLine } from "./command.ts";

/** Error: CommandError with everything that must be mended first. */
export async function refuseUnsafeStart(engine: Engine, line: CommandLine): Promise<StartFindings> {
  const { dataDir, settings, store, vault, now } = engine;
  const file = line.settingsFile ?? join(dataDir, "ostiary.toml");
  const found = await examineAtStart({
    dataDir,
    databasePath: databasePath(dataDir),
    keysPath: keysPath(dataDir),
    settings,
    settingFaults: [],
    settingsFile: existsSync(file) ? file : null,
    now,
    read: readThrough(store),
    vault,
    vaultFault: null,
    sources: async () => [],
  });
  if (found.refusals.length > 0)
    throw new CommandError(`it is not safe to start like this:\n${found.refusals.map((one) => `  ${one}`).join("\n")}`);
  return found;
}
