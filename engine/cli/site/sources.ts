// What the site is made of: one hash over all of it says whether a build is still right.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The checkout. */
export const root = join(import.meta.dir, "..", "..", "..");
export const webDirectory = join(root, "web");

/** What a program needs to run at all. Nothing else of this process's environment: it may hold settings that are secrets. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = "", HOME, TMPDIR } = process.env;
  return { PATH, ...(HOME ? { HOME } : {}), ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: "production" };
}

/** Patterns below the checkout. The lock file stands for all packages. */
const SOURCES = ["web/src/**/*", "web/server/**/*", "web/static/**/*", "web/*.{ts,json}", "shared/**/*.{ts,json}", "bun.lock"];

/** Tells one state of the sources from another. */
export function hashSources(): string {
  const files = SOURCES.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root, onlyFiles: true })])
    .filter((file) => !file.includes("node_modules/") && !file.endsWith(".test.ts"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}
