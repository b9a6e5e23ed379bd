// Builds the site when its sources changed. A finished build is put in the place of the old one at the end, so a build that fails or
// is killed leaves the old one as it was, and of several programs that start at once one builds and the others wait.
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { CommandError } from "../command.ts";
import { hashSources, isBuiltOf, stampOf, webDirectory } from "./sources.ts";

const PATIENCE_MS = 10 * 60_000;
const BUILD = join(webDirectory, "build");
const LOCK = join(webDirectory, "build.lock");

export interface BuildOptions {
  /** Said once, when a build begins. */
  tell: () => void;
  signal?: AbortSignal;
}

/** Directory of a site of the present sources. Error: CommandError with what the build said. */
export async function buildSite({ tell, signal }: BuildOptions): Promise<string> {
  const hash = hashSources();
  if (isBuiltOf(BUILD, hash)) return BUILD;
  const unlock = await lock(signal);
  try {
    if (isBuiltOf(BUILD, hash)) return BUILD;
    tell();
    const part = `${BUILD}.part`;
    await runVite(part, signal);
    writeFileSync(stampOf(part), hash);
    replace(part);
    return BUILD;
  } finally {
    unlock();
  }
}

async function runVite(out: string, signal?: AbortSignal): Promise<void> {
  const vite = join(webDirectory, "node_modules", "vite", "bin", "vite.js");
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const child = Bun.spawn([process.execPath, "--no-env-file", "--no-install", "--bun", vite, "build"], {
    cwd: webDirectory,
    env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: "production", OSTIARY_SITE_OUT: out },
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

function replace(part: string): void {
  const old = `${BUILD}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(BUILD)) renameSync(BUILD, old);
  renameSync(part, BUILD);
  rmSync(old, { recursive: true, force: true });
}

/** Waits for a build of another process. A lock whose process is gone counts for nothing. */
async function lock(signal?: AbortSignal): Promise<() => void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
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
