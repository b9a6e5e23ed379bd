// The installation as the checks of `ostiary doctor` see it: opened for reading, whatever is broken.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath, openVaultFor } from "../assemble.ts";
import { loadSettings, type Settings, SettingsError } from "../config.ts";
import type { Site, Source } from "../services/doctor/check.ts";
import { openReading } from "../services/doctor/reading.ts";
import { openSources } from "../services/doctor/sources.ts";
import type { Vault } from "../vault/vault.ts";
import type { CommandLine } from "./command.ts";

export interface OpenSite {
  site: Site;
  has: Record<"database" | "keys", boolean>;
  close(): Promise<void>;
}

/** Opens what is there, and nothing for writing. */
export async function openSite(line: CommandLine): Promise<OpenSite> {
  const { dataDir } = line;
  const { settings, faults } = readSettings(line);
  const database = databasePath(dataDir);
  const keys = keysPath(dataDir);
  const { read, close: closeReading } = openReading(database);
  let vault: Vault | null = null;
  let vaultFault: string | null = null;
  if (existsSync(keys)) {
    vault = await openVaultFor(dataDir, settings).catch((error: unknown) => {
      vaultFault = error instanceof Error ? error.message : String(error);
      return null;
    });
  }
  const opened = vault;
  const deps = {
    verify: async () => false,
    passwdRoots: settings["users.passwd_directories"],
    now: Date.now,
  };
  let sources: Promise<Source[]> | null = null;
  const config =
    typeof line.values.config === "string" ? line.values.config : process.env.OSTIARY_CONFIG || join(dataDir, "ostiary.toml");
  const site: Site = {
    dataDir,
    databasePath: database,
    keysPath: keys,
    settings,
    settingFaults: faults,
    settingsFile: existsSync(config) ? config : null,
    now: Date.now,
    read,
    vault,
    vaultFault,
    sources() {
      sources ??= openSources(read, opened, deps);
      return sources;
    },
  };
  const usable =
    existsSync(database) &&
    (await read("SELECT 1 FROM token LIMIT 1").then(
      () => true,
      () => false,
    ));
  return {
    site,
    has: { database: usable, keys: existsSync(keys) },
    async close() {
      for (const { resolver } of sources ? await sources.catch(() => []) : []) await resolver?.close();
      await opened?.close();
      await closeReading();
    },
  };
}

/** The defaults where the settings are wrong, so that the rest can be examined. */
function readSettings(line: CommandLine): { settings: Settings; faults: readonly string[] } {
  try {
    return { settings: line.settings(), faults: [] };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { settings: loadSettings({ dataDir: line.dataDir, env: {}, flags: [], file: "/dev/null" }), faults: error.faults };
  }
}
