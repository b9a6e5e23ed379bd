// A command of `ostiary` as data: its words, its help, what it does.
import { parseArgs } from "node:util";
import { loadSettings, type SettingFlag, type Settings, takeSettingFlags } from "../config.ts";

export interface Command {
  /** e.g. "audit verify" */
  name: string;
  summary: string;
  /** Usage, options, an example: what `--help` prints. */
  help: string;
  /** Returns the exit code: 0 done, 1 it failed, 2 called in a wrong way. */
  run(args: string[]): Promise<number>;
}

/** The command line was wrong; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It can not be done; the message says why and what to do. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

type Options = Record<string, { type: "string" | "boolean" }>;

export interface CommandLine {
  values: Record<string, string | boolean | undefined>;
  positionals: string[];
  /** Where everything lies. */
  dataDir: string;
  /** Reads the settings; throws SettingsError. */
  settings(): Settings;
}

export const DEFAULT_DATA = "./data";

/** What most commands share; goes into their help. */
export const COMMON_OPTIONS = `  --data DIR        data directory (default ${DEFAULT_DATA}, or OSTIARY_DATA)
  --config FILE     settings file (default DIR/ostiary.toml, or OSTIARY_CONFIG)
  --set KEY=VALUE   one setting; docs/settings.md lists them`;

/**
 * Parses what follows the command's name. Throws UsageError for options it does not have, and for more words than `names`.
 */
export function parseCommandLine(args: string[], options: Options = {}, names = 0): CommandLine {
  const { flags, rest } = takeSettingFlags(args);
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { data: { type: "string" }, config: { type: "string" }, ...options },
      allowPositionals: true,
    });
    const tooMany = positionals[names];
    if (tooMany !== undefined) throw new UsageError(`${JSON.stringify(tooMany)} is a word too many`);
    if (values.data === "") throw new UsageError("--data is empty");
    // An empty variable is one that is not set.
    const dataDir = String(values.data ?? (process.env.OSTIARY_DATA || DEFAULT_DATA));
    return {
      values: values as CommandLine["values"],
      positionals,
      dataDir,
      settings: () => readSettings(dataDir, values.config, flags),
    };
  } catch (error) {
    // Of Node's text the first sentence; the rest talks of positional arguments.
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(text.split(". To specify")[0] ?? text);
  }
}

function readSettings(dataDir: string, config: unknown, flags: SettingFlag[]): Settings {
  const file = typeof config === "string" ? config : process.env.OSTIARY_CONFIG || undefined;
  return loadSettings({ dataDir, file, env: process.env, flags });
}
