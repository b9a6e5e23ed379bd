// Files that hold secrets: read with their mode checked, written once or replaced as a whole. A reader sees the old content or the new
// one, never half of one; a crash leaves one of them.
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** A key file is missing, unsafe or damaged. The message names the file and what to do; it never quotes the content. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/**
 * The text of a file that only its owner may read, or also its group (as the distributions keep keys of TLS). Throws KeyFileError
 * for another mode, else what the system says.
 */
export function readSecretFile(path: string, readers: "owner" | "group" = "owner"): string {
  // The file behind a link is judged; Windows has no such bits.
  const found = statSync(path);
  // Before the mode: chmod 600 would be the wrong advice.
  if (found.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" });
  const mode = found.mode & 0o777;
  if (process.platform !== "win32" && (mode & (readers === "owner" ? 0o077 : 0o037)) !== 0) {
    throw new KeyFileError(`${path} has mode ${mode.toString(8)}: others can get at the keys; run chmod 600 ${path}`);
  }
  return readFileSync(path, "utf8");
}

/** Writes a file that is not there yet: mode 0600, whole or not at all, durable. Throws KeyFileError if it is there. */
export function writeNewFile(path: string, text: string): void {
  const draft = writeDraft(path, text);
  try {
    linkSync(draft, path); // fails if the name is taken, as rename does not
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "EEXIST") throw fault;
    throw new KeyFileError(`${path} exists; keys are never overwritten`);
  } finally {
    unlinkSync(draft);
  }
  syncDirectory(path);
}

/** Puts a new version in the place of a file: mode 0600, whole or not at all, durable. */
export function replaceFile(path: string, text: string): void {
  const draft = writeDraft(path, text);
  try {
    renameSync(draft, path);
  } catch (fault) {
    unlinkSync(draft);
    throw fault;
  }
  syncDirectory(path);
}

/** Changes whenever the file is replaced; empty if it can not be looked at. About 3 µs. */
export function stampOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino}|${mtimeMs}|${size}`;
  } catch {
    return "";
  }
}

function writeDraft(path: string, text: string): string {
  const draft = join(dirname(path), `.${path.slice(dirname(path).length + 1)}.${randomBytes(4).toString("hex")}`);
  const file = openSync(draft, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

function syncDirectory(path: string): void {
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
