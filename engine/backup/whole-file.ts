// A file that is whole under its name or not there at all, and on disk before anybody relies on it.
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";

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

/**
 * Runs `work` with a directory of its own that is gone afterwards, also where the process is ended by `process.exit` meanwhile.
 * `stage` is made; it must not be there.
 */
export async function withStage<T>(stage: string, work: () => Promise<T>): Promise<T> {
  const remove = () => rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { mode: 0o700 });
  process.on("exit", remove);
  try {
    return await work();
  } finally {
    remove();
    process.off("exit", remove);
  }
}
