// Data directories of test servers: made below the system's temporary folder, gone when the server stopped or the tests ended.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();
process.on("exit", () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new empty directory; removed by `removeDataDir`, at the latest when this process ends. */
export function makeDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-data-"));
  made.add(folder);
  return folder;
}

/** Removes a directory that `makeDataDir` made; leaves any other alone. */
export function removeDataDir(folder: string): void {
  if (made.delete(folder)) rmSync(folder, { recursive: true, force: true });
}
