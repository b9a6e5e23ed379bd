// Reads the settings: defaults, then the file, then OSTIARY_* variables, then flags; the later source wins.
// Every fault of every source is reported at once, with the key, where it stands, what is allowed and the nearest known name.
// A misspelt setting stops the start: a guard that somebody believes to be on must not be off because of a typing error.
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { MAX_HASH_WORK_KIB } from "./core/hash-bound.ts";
import { findNearestWord } from "./core/nearest-word.ts";
import type { Setting } from "./setting.ts";
import { registry, type SettingKey, type Settings, startVariables, variableOf } from "./settings.ts";
import { hardened } from "./settings-hardened.ts";
import { findTlsFaults } from "./settings-tls.ts";

export type { Settings } from "./settings.ts";

export interface SettingsSources {
  /** The data directory, for `<data>` and relative paths, and for ostiary.toml. */
  dataDir: string;
  /** A file that must exist; without it `dataDir`/ostiary.toml is read if it is there. */
  file?: string | undefined;
  /** Usually process.env; only names that start with OSTIARY_ are looked at. */
  env: Record<string, string | undefined>;
  /** From `takeSettingFlags`. */
  flags: readonly SettingFlag[];
}

export interface SettingFlag {
  key: string;
  text: string;
  /** How it stood on the command line: `--listen` or `--set server.listen`. */
  from: string;
}

/** The settings are wrong; `faults` has one line for each, and the message has them all. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `the settings have ${faults.length} ${faults.length === 1 ? "fault" : "faults"}:\n${faults.map((f) => `  ${f}`).join("\n")}`,
    );
    this.faults = faults;
  }
}

interface Found {
  key: string;
  raw: unknown;
  from: string;
  inFile?: true;
}

const keys = Object.keys(registry) as SettingKey[];
const settingOf: Record<string, Setting<unknown>> = registry;
const flagNames = new Map(
  keys.flatMap((key) => (settingOf[key]?.flag === undefined ? [] : [[settingOf[key].flag as string, key]])),
);

/**
 * Splits a command line: setting flags (`--listen V`, `--listen=V`, `--set key=value`) and everything else, in order.
 * Throws SettingsError when a flag lacks its value.
 */
export function takeSettingFlags(args: readonly string[]): { flags: SettingFlag[]; rest: string[] } {
  const flags: SettingFlag[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const [name = "", ...inline] = arg.split("=");
    const key = flagNames.get(name);
    if (key === undefined && name !== "--set") {
      rest.push(arg);
      continue;
    }
    const value = inline.length > 0 ? inline.join("=") : args[++i];
    if (value === undefined) throw new SettingsError([`${name}: a value must follow`]);
    if (key !== undefined) {
      flags.push({ key, text: value, from: name });
      continue;
    }
    const at = value.indexOf("=");
    if (at < 1) throw new SettingsError(["--set: write --set key=value, such as --set log.level=debug"]);
    flags.push({ key: value.slice(0, at), text: value.slice(at + 1), from: "--set" });
  }
  return { flags, rest };
}

/**
 * All settings from all sources, checked and frozen.
 * Throws SettingsError that lists every fault: unknown keys and variables, unacceptable values, an unreadable file.
 */
export function loadSettings(sources: SettingsSources): Settings {
  const faults: string[] = [];
  const found = [...readFile(sources, faults), ...readEnvironment(sources.env, faults)];
  found.push(...sources.flags.map(({ key, text, from }) => ({ key, raw: text, from })));

  const values: Record<string, unknown> = {};
  const preset = found.findLast(({ key }) => key === "preset")?.raw === "hardened" ? hardened : {};
  for (const key of keys) {
    const raw = preset[key]?.value ?? registry[key].default;
    values[key] = parseSetting({ key, raw, from: "default" }, sources.dataDir, faults);
  }
  for (const one of found) {
    if (settingOf[one.key]?.fileOnly && !one.inFile)
      faults.push(`${one.from}: ${one.key} may only stand in the settings file, because it decides which code runs`);
    else if (Object.hasOwn(registry, one.key)) values[one.key] = parseSetting(one, sources.dataDir, faults);
    else faults.push(`${one.from}: ${quote(one.key)} is not a setting${suggest(one.key, keys)}`);
  }
  if (Number(values["hash.memory_kib"]) * Number(values["hash.iterations"]) > MAX_HASH_WORK_KIB) {
    faults.push(`hash.memory_kib times hash.iterations must be at most ${MAX_HASH_WORK_KIB}`);
  }
  if (values["auth.remote_user"] && (values["auth.remote_user_from"] as unknown[] | undefined)?.length === 0) {
    faults.push("auth.remote_user: auth.remote_user_from must list the web servers whose header counts");
  }
  if (faults.length === 0) faults.push(...findTlsFaults(values as Settings));
  if (faults.length > 0) throw new SettingsError(faults);
  return Object.freeze(values) as Settings;
}

/** One value through its kind; a fault when the kind does not take it. */
function parseSetting({ key, raw, from }: Found, dataDir: string, faults: string[]): unknown {
  const setting = settingOf[key];
  const value = setting?.kind.parse(raw);
  if (value === undefined) faults.push(`${from}: ${key} must be ${setting?.kind.allowed}`);
  if (setting?.path === undefined || value === undefined) return Array.isArray(value) ? Object.freeze(value) : value;
  return Array.isArray(value)
    ? Object.freeze(value.map((path) => completePath(path, dataDir)))
    : completePath(value as string, dataDir);
}

/** An absolute path; `<data>` and relative paths are taken from the data directory. */
function completePath(path: string, dataDir: string): string {
  if (path === "") return "";
  const inside = path.replace(/^<data>\/?/, "");
  return isAbsolute(inside) && inside === path ? path : resolve(dataDir, inside === "" ? "." : inside);
}

/** The leaves of the TOML file under dotted keys. */
function readFile({ dataDir, file }: SettingsSources, faults: string[]): Found[] {
  const path = file ?? join(dataDir, "ostiary.toml");
  if (file === undefined && !existsSync(path)) return [];
  try {
    return flatten(Bun.TOML.parse(readFileSync(path, "utf8")), path);
  } catch (error) {
    faults.push(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

/** `{ server: { listen: … } }` becomes `server.listen`; arrays and scalars are leaves. */
function flatten(table: object, from: string, prefix = ""): Found[] {
  return Object.entries(table).flatMap(([name, raw]: [string, unknown]) => {
    const key = prefix + name;
    const isTable = typeof raw === "object" && raw !== null && !Array.isArray(raw) && !Object.hasOwn(registry, key);
    return isTable ? flatten(raw, from, `${key}.`) : [{ key, raw, from, inFile: true as const }];
  });
}

/** Settings among the variables; a variable with our prefix that names none is a fault. */
function readEnvironment(env: SettingsSources["env"], faults: string[]): Found[] {
  const variables = new Map(keys.map((key) => [variableOf(key), key]));
  const found: Found[] = [];
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith("OSTIARY_") || raw === undefined || Object.hasOwn(startVariables, name)) continue;
    const key = variables.get(name);
    if (key !== undefined) found.push({ key, raw, from: name });
    else faults.push(`${quote(name)} is not a setting${suggest(name, [...variables.keys(), ...Object.keys(startVariables)])}`);
  }
  return found;
}

/** A name from outside, fit for a terminal. */
function quote(name: string): string {
  return /^[\w.-]{1,80}$/.test(name) ? name : JSON.stringify(name.slice(0, 80));
}

/** "; did you mean …?" when a known name is near. */
function suggest(name: string, known: readonly string[]): string {
  const nearest = findNearestWord(name, known);
  return nearest === null ? "" : `; did you mean ${nearest}?`;
}
