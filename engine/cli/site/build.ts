// Builds the site when its sources changed. Each state of the sources has a folder of its own, that gets its name when it is whole: a build
// that fails or is killed leaves nothing that looks like one, a site that runs keeps its files, and of several programs that start at
// once one builds and the others wait.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { CommandError } from "../command.ts";
import { bareEnvironment, hashSources, webDirectory } from "./sources.ts";

const PATIENCE_MS = 10 * 60_000;
const BUILDS = join(webDirectory, "build");
const LOCK = join(BUILDS, "lock");
const PART = join(BUILDS, "part");
/** The newest builds that are kept: what runs now may be older than what was just built. */
const KEPT = 3;

export interface BuildOptions {
  /** Said once, when a build begins. */
  tell: () => void;
  signal?: AbortSignal;
}

/** Directory of a site of the present sources. Error: CommandError with what the build said. */
export async function buildSite({ tell, signal }: BuildOptions): Promise<string> {
  const build = join(BUILDS, hashSources());
  if (existsSync(build)) return build;
  const unlock = await lock(signal);
  try {
    if (existsSync(build)) return build;
    tell();
    await runVite(PART, signal);
    renameSync(PART, build);
    removeOld();
    return build;
  } finally {
    unlock();
  }
}

async function runVite(out: string, signal?: AbortSignal): Promise<void> {
  const vite = join(webDirectory, "node_modules", "vite", "bin", "vite.js");
  const child = Bun.spawn([process.execPath, "--no-env-file", "--no-install", "--bun", vite, "build"], {
    cwd: webDirectory,
    env: { ...bareEnvironment(), OSTIARY_SITE_OUT: out },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MS,
    signal,
  });
  // Log-ins come first.
  setPriority(child.pid, 15);
  const [said, complained, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (signal?.aborted) throw new CommandError("the build of the site was stopped");
  if (code !== 0) throw new CommandError(`the site could not be built:\n${lastLines(`${said}\n${complained}`)}`);
}

function lastLines(text: string): string {
  const lines = Bun.stripANSI(text).split("\n");
  return lines
    .filter((line) => line.trim() !== "")
    .slice(-15)
    .join("\n");
}

function removeOld(): void {
  const builds = readdirSync(BUILDS).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const byAge = builds.map((name) => ({ name, at: statSync(join(BUILDS, name)).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(KEPT)) rmSync(join(BUILDS, name), { recursive: true, force: true });
}

/** Waits for a build of another process. A lock whose process is gone counts for nothing. */
async function lock(signal?: AbortSignal): Promise<() => void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      mkdirSync(BUILDS, { recursive: true });
      const handle = openSync(LOCK, "wx");
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(LOCK, { force: true });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "EEXIST")
        throw new CommandError(
          `the site can not be built: ${webDirectory} can not be written. Build it once as its owner: ostiary web --build`,
        );
    }
    if (!isAlive(Number(readIfThere(LOCK)))) rmSync(LOCK, { force: true });
    else if (Date.now() > end || signal?.aborted) throw new CommandError("another process builds the site and does not end");
    else await Bun.sleep(200);
  }
}

const readIfThere = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
