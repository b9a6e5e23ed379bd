// What the site is made of: one hash over all of it says whether a build is still right.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dir, "..", "..", "..");
export const webDirectory = join(root, "web");

/** Patterns below the checkout. The lock file stands for all packages. */
const SOURCES = ["web/src/**/*", "web/server/**/*", "web/static/**/*", "web/*.{ts,json}", "shared/**/*.{ts,json}", "bun.lock"];

/** The file in a build that holds the hash of what it was made of. */
const STAMP = ".sources";

export function hashSources(): string {
  const files = SOURCES.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root, onlyFiles: true })])
    .filter((file) => !file.includes("node_modules/") && !file.endsWith(".test.ts"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

export const stampOf = (build: string): string => join(build, STAMP);

/** The build was made of exactly these sources. */
export function isBuiltOf(build: string, hash: string): boolean {
  return existsSync(stampOf(build)) && readFileSync(stampOf(build), "utf8") === hash;
}
