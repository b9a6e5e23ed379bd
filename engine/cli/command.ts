// A command of `ostiary` as data: its words, its help, what it does.
import { parseArgs } from "node:util";
import { loadSettings, type Settings, takeSettingFlags } from "../config.ts";
import { findNearestWord } from "../core/nearest-word.ts";

export interface Command {
  /** e.g. "audit verify" */
  name: string;
  summary: string;
  /** Usage, options, an example: what `--help` prints. */
  help: string;
  /** Its own options, beside `--data`, `--config` and `--set`. None takes a secret: secrets come from standard input. */
  options: Options;
  /** How many words may stand beside the options; none if absent. */
  words?: number;
  /** Returns the exit code: 0 done, 1 it failed, 2 called in a wrong way. Throws UsageError and CommandError. */
  run(line: CommandLine): Promise<number>;
}

/** The command line was wrong; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It can not be done; the message says why and what to do. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A signal ends the process by way of its exit handlers, which remove what is half done. Exit code 1, as for any failure. */
export function endCleanlyOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
}

/** Names without dashes, and whether a value follows. */
export type Options = Readonly<Record<string, { readonly type: "string" | "boolean" }>>;

/** An option that is followed by a value, and one that is not. */
export const TEXT = { type: "string" } as const;
export const FLAG = { type: "boolean" } as const;

/** For `words`: as many as somebody types. */
export const MANY = 1000;

export interface CommandLine {
  values: Record<string, string | boolean | undefined>;
  positionals: string[];
  /** Where everything lies. */
  dataDir: string;
  /** The settings file that was named; null: ostiary.toml in the data directory, if it is there. */
  settingsFile: string | null;
  /**
   * Reads the settings; `file` instead of ostiary.toml in the data directory, unless the line names one; `directory` instead of the
   * data directory. Throws SettingsError.
   */
  settings(file?: string, directory?: string): Settings;
}

export const DEFAULT_DATA = "./data";

/** What most commands share; goes into their help. */
export const COMMON_OPTIONS = `  --data DIR        data directory (default ${DEFAULT_DATA}, or OSTIARY_DATA)
  --config FILE     settings file (default DIR/ostiary.toml, or OSTIARY_CONFIG)
  --set KEY=VALUE   one setting; docs/settings.md lists them`;

/** Options that every command has. */
export const COMMON: Options = { data: TEXT, config: TEXT };

/** Parses what follows the command's name. Throws UsageError for options it does not have, and for words too many. */
export function parseCommandLine(args: string[], { options, words = 0 }: Pick<Command, "options" | "words">): CommandLine {
  const { flags, rest } = takeSettingFlags(args);
  const { values, positionals } = parseStrictly(rest, { ...COMMON, ...options });
  const tooMany = positionals[words];
  if (tooMany !== undefined) throw new UsageError(`${JSON.stringify(tooMany)} is a word too many`);
  if (values.data === "") throw new UsageError("--data is empty");
  // An empty variable is one that is not set.
  const dataDir = String(values.data ?? (process.env.OSTIARY_DATA || DEFAULT_DATA));
  const settingsFile = typeof values.config === "string" ? values.config : process.env.OSTIARY_CONFIG || null;
  return {
    values,
    positionals,
    dataDir,
    settingsFile,
    settings: (otherwise, directory = dataDir) =>
      loadSettings({ dataDir: directory, file: settingsFile ?? otherwise, env: process.env, flags }),
  };
}

/** Error: UsageError. */
function parseStrictly(args: string[], options: Options): Pick<CommandLine, "values" | "positionals"> {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as CommandLine["values"], positionals };
  } catch (error) {
    // Of Node's text the first sentence; the rest talks of positional arguments.
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text.split(". To specify")[0] ?? text}${hint(text, Object.keys(options))}`);
  }
}

const SECRET = /pass|pin|secret|seed|otp/;

/** What somebody who typed an unknown option may have meant. */
function hint(text: string, known: readonly string[]): string {
  const [, name] = /^Unknown option '--([\w-]+)'/.exec(text) ?? [];
  if (name === undefined) return "";
  const nearest = findNearestWord(name, known);
  if (nearest !== null) return `; did you mean --${nearest}?`;
  // Other users of the machine see command lines, and the shell keeps them.
  return SECRET.test(name) ? ": secrets never stand on the command line, they come from standard input" : "";
}
