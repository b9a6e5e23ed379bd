// docs/dependencies.md is complete: it lists what bun.lock resolves for the running server, and no script but Bun's own runs at installation.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");

interface Info {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalPeers?: string[];
  os?: string;
}
type Lock = {
  workspaces: Record<string, { dependencies?: Record<string, string> }>;
  packages: Record<string, [id: string, registry?: string, info?: Info]>;
};
// JSON with commas after the last item.
const lock: Lock = JSON.parse(read("bun.lock").replace(/,(\s*[}\]])/g, "$1"));

/** Names and versions that the server's two workspaces lead to; the binaries of one package for many platforms are one line. */
function resolveServer(): Set<string> {
  const found = new Set<string>();
  const visit = (key: string) => {
    const [id, , info = {}] = lock.packages[key] ?? [key];
    const at = id.lastIndexOf("@");
    const name = info.os
      ? id.slice(0, at).replace(/-(?:android|darwin|freebsd|linux|openharmony|win32)-.+$/, "-*")
      : id.slice(0, at);
    const line = `${name} ${id.slice(at + 1)}`;
    if (found.has(line)) return;
    found.add(line);
    const peers = Object.keys(info.peerDependencies ?? {}).filter((peer) => !info.optionalPeers?.includes(peer));
    for (const next of [...Object.keys({ ...info.dependencies, ...info.optionalDependencies }), ...peers])
      visit(Object.hasOwn(lock.packages, `${key}/${next}`) ? `${key}/${next}` : next);
  };
  for (const workspace of ["engine", "shared"]) {
    for (const name of Object.keys(lock.workspaces[workspace]?.dependencies ?? {}))
      if (!name.startsWith("@ostiary/")) visit(name);
  }
  return found;
}

test("docs/dependencies.md names what bun.lock resolves for the server, with its version, and nothing else", () => {
  const listed = [...read("docs/dependencies.md").matchAll(/^\| (\S+ \d\S*) \|/gm)].map(([, line]) => String(line));
  const bun = lock.packages.bun?.[0].replace("@", " ") ?? "";
  expect(listed.sort()).toEqual([...resolveServer(), bun].sort());
  expect(listed.length).toBeGreaterThan(25);
});

test("at installation no script runs but that of Bun", () => {
  expect(JSON.parse(read("package.json")).trustedDependencies).toEqual(["bun"]);
});

test("every version is exact, and every package of a registry has its hash", () => {
  for (const [key, [id, registry, , hash]] of Object.entries(lock.packages) as [string, (string | undefined)[]][]) {
    if (id?.includes("@workspace:")) continue;
    expect([key, registry, hash?.startsWith("sha512-")]).toEqual([key, "", true]);
  }
  for (const { dependencies = {} } of Object.values(lock.workspaces)) {
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^(?:\d+\.\d+\.\d+|workspace:\*)$/);
  }
});
