// One command of the command line, run to its end in a process of its own.
import { dirname, join } from "node:path";
import { noteSecret, noteTold } from "./ledger.ts";

const mainFile = join(dirname(dirname(import.meta.dir)), "engine", "main.ts");

export interface CommandOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `ostiary ARGS…`; `input` goes to its standard input, `env` replaces the environment. Killed after `patience` milliseconds. */
export async function runOstiary(
  args: readonly string[],
  {
    input = "",
    env = { PATH: process.env.PATH ?? "" },
    patience = 15_000,
  }: { input?: string; env?: Record<string, string>; patience?: number } = {},
): Promise<CommandOutcome> {
  for (const line of input.split("\n")) noteSecret(line);
  const child = Bun.spawn([process.execPath, mainFile, ...args], {
    // No site beside an engine, unless a test is about it.
    env: { OSTIARY_WEB_LISTEN: "off", ...env },
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
    timeout: patience,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  noteTold("stderr", stderr);
  return { code: await child.exited, stdout, stderr };
}
