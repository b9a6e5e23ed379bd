// Where a backup may go. Keys in the clear and the database never lie in one place, and a backup inside the data directory would be
// lost with it.
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { ArchiveError } from "./manifest.ts";

/** Where a restore works, inside the directory that is restored; it is there only while one runs or was interrupted. */
export const RESTORING = ".restoring";

/** What a directory to restore into may hold: a lock, the rest of an interrupted restore, what file systems put into theirs. */
const NOTHING = [RESTORING, "engine.lock", "engine.lock-journal", "lost+found"];

/** Error: ArchiveError for a directory that holds anything. */
export function refuseFilled(dataDir: string): void {
  const found = existsSync(dataDir) ? readdirSync(dataDir).filter((name) => !NOTHING.includes(name)) : [];
  if (found.length === 0) return;
  const interrupted = existsSync(join(dataDir, RESTORING)) ? ", and a restore was interrupted there" : "";
  throw new ArchiveError(
    `${dataDir} is not empty: it holds ${found.slice(0, 3).join(", ")}${found.length > 3 ? " …" : ""}${interrupted}. A restore never overwrites anything: choose a new directory, or move that one away`,
  );
}

/** The archive's path: as named, or a name with node and time in the directory that was named. */
export function findTarget(to: string, node: string, now: number): string {
  const path = resolve(to);
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  return join(path, `ostiary-${node}-${time}.tar.gz`);
}

/** Error: ArchiveError that says what to do instead. `keysTo` null: no keys are written in the clear. */
export function refusePlaces(target: string, dataDir: string, keysTo: string | null): void {
  const archiveIn = realDirectory(target);
  const data = realpathSync(dataDir);
  if (existsSync(target)) throw new ArchiveError(`${target} is there already; a backup never overwrites anything`);
  if (isInside(data, archiveIn))
    throw new ArchiveError("a backup inside the data directory is lost with it: choose another place");
  if (keysTo === null) return;
  const keysIn = realDirectory(keysTo);
  if (existsSync(keysTo)) throw new ArchiveError(`${keysTo} is there already; keys are never overwritten`);
  if (isInside(data, keysIn))
    throw new ArchiveError("a copy of the keys inside the data directory is lost with it: choose another place");
  if (isInside(archiveIn, keysIn) || isInside(keysIn, archiveIn)) {
    throw new ArchiveError(
      "the keys in the clear and the archive would lie in one place, where together they are every secret: choose a directory for --keys-to that is not that of the archive, nor above or below it, or seal the keys by --passphrase-stdin",
    );
  }
}

/** The way from `directory` to `path` below it, "" if they are the same, null if it lies elsewhere; links are not followed. */
export function findWay(directory: string, path: string): string | null {
  const way = relative(resolve(directory), resolve(path));
  return way === ".." || way.startsWith("../") || isAbsolute(way) ? null : way;
}

export const isInside = (directory: string, path: string): boolean => findWay(directory, path) !== null;

/** The directory a new file would be made in, all links followed: a name must not hide where it is. */
function realDirectory(path: string): string {
  const directory = dirname(path);
  if (!existsSync(directory) || !statSync(directory).isDirectory())
    throw new ArchiveError(`${directory} is no directory: make it first (for ${basename(path)})`);
  return realpathSync(directory);
}
