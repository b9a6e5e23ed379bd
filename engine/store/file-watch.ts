// Are the files at the path of the database still the ones that are open? A file that was moved away or replaced is written on
// without a complaint of the kernel, and all of it is lost at the next start.
import { statSync } from "node:fs";
import { basename } from "node:path";

const FILES = [
  ["", "the database file"],
  ["-wal", "the log of the database"],
  ["-shm", "the index of the database's log"],
] as const;

/** Of a database that is open. The function returned says what is wrong now, null: nothing. A look costs some 5 µs. */
export function watchFiles(path: string): () => string | null {
  const opened = FILES.map(([end]) => identify(path + end));
  return () => {
    for (const [index, [end, name]] of FILES.entries()) {
      const now = identify(path + end);
      if (now !== opened[index])
        return `${name} (${basename(path)}${end}) was ${now === null ? "removed" : "replaced"} under the running server`;
    }
    return null;
  };
}

/** Null: there is no such file. What can not be looked at for another reason (too many open files) throws. */
function identify(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}|${stats.ino}`;
}
