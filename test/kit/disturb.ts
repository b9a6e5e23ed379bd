// Faults of the machine, put into a running process from outside: system calls that fail, are late or are the last of their process
// (strace), and limits of descriptors and file sizes (prlimit). The engine has no switch for any of it.
//
//   const lift = await inject(server.pid, "pwrite64:error=ENOSPC", join(server.dataDir, "ostiary.db-wal"));
//   …
//   await lift();
import { readFileSync } from "node:fs";

const strace = Bun.which("strace");
const prlimit = Bun.which("prlimit");

export const canInject = strace !== null && canTrace();
export const canLimit = prlimit !== null;

/**
 * Does `fault` (strace's -e inject=) to the calls of all threads, to those on the files `paths` only if any are named. Resolves when
 * it is in force; the function returned ends it. A process that the fault killed ends it by itself.
 */
export async function inject(pid: number, fault: string, ...paths: string[]): Promise<() => Promise<void>> {
  const [calls = ""] = fault.split(":");
  const where = paths.flatMap((path) => ["-P", path]);
  const args = ["-f", "-qq", "-e", `trace=${calls}`, "-e", `inject=${fault}`, ...where, "-o", "/dev/null", "-p", String(pid)];
  const watcher = Bun.spawn([strace ?? "strace", ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const listening = (async () => {
    for await (const chunk of watcher.stderr) said += new TextDecoder().decode(chunk);
  })();
  while (!isTraced(pid)) {
    if (watcher.exitCode !== null) {
      await listening;
      throw new Error(`strace ended with ${watcher.exitCode}: ${said}`);
    }
    await Bun.sleep(5);
  }
  return async () => {
    watcher.kill("SIGINT");
    await watcher.exited;
    await listening;
  };
}

/** Sets a soft limit of a process; the function returned puts the old one back. */
export function limit(pid: number, what: "nofile" | "fsize", most: number): () => void {
  const name = { nofile: "Max open files", fsize: "Max file size" }[what];
  const before = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1] ?? "unlimited";
  setLimit(pid, what, String(most));
  return () => setLimit(pid, what, before);
}

/** Descriptors that a process has open. */
export function countDescriptors(pid: number): number {
  return (
    Bun.spawnSync(["ls", `/proc/${pid}/fd`])
      .stdout.toString()
      .split("\n").length - 1
  );
}

function setLimit(pid: number, what: string, soft: string): void {
  const done = Bun.spawnSync([prlimit ?? "prlimit", "--pid", String(pid), `--${what}=${soft}:`]);
  if (done.exitCode !== 0) throw new Error(`prlimit: ${done.stderr.toString()}`);
}

/** All threads: strace attaches them one after the other. */
function isTraced(pid: number): boolean {
  try {
    const tasks = Bun.spawnSync(["ls", `/proc/${pid}/task`])
      .stdout.toString()
      .trim()
      .split("\n");
    return tasks.every((task) => !/^TracerPid:\s+0$/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, "utf8")));
  } catch {
    return false;
  }
}

/** Containers may forbid it. */
function canTrace(): boolean {
  return Bun.spawnSync([strace ?? "strace", "-qq", "-e", "trace=none", "-o", "/dev/null", "true"]).exitCode === 0;
}
