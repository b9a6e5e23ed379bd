// A file that is whole under its name or not there at all, and on disk before anybody relies on it.
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Where a file is written before it gets its name. */
export function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.part-${randomBytes(4).toString("hex")}`);
}

/** Gives a finished draft its name. Error: EEXIST if that is taken; the caller removes the draft in any case. */
export function publishDraft(draft: string, path: string): void {
  syncPath(draft);
  linkSync(draft, path);
  syncPath(dirname(path));
}

/** Brings a file or directory to the disk. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
