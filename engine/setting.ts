// A setting as data; settings.ts lists them all.
import type { Kind } from "./setting-kinds.ts";

export interface Setting<T> {
  kind: Kind<T>;
  /** As a person would write it in ostiary.toml, and parsed by `kind` like any other source. */
  default: string | number | boolean | readonly string[];
  help: string;
  /** A flag of its own beside `--set key=value`. */
  flag?: `--${string}`;
  /** The value is a path or a list of paths, to be completed with the data directory. */
  path?: true;
  /** Only the settings file may say it: it decides which code runs. */
  fileOnly?: true;
}

/** Ties the type of one entry to its kind. */
export function define<T>(setting: Setting<T>): Setting<T> {
  return setting;
}
