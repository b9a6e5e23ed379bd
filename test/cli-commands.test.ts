// Every command of the command line, whatever it does: it explains itself, refuses what it does not understand, and no option of
// it takes a secret, because other users of the machine see command lines and the shell keeps them.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printCliPage } from "../engine/cli/cli-page.ts";
import { COMMON, parseCommandLine, UsageError } from "../engine/cli/command.ts";
import { describeCommand } from "../engine/cli/command-help.ts";
import { commands } from "../engine/cli/commands.ts";
import { makeDataDir } from "./kit/data-dir.ts";
import { runOstiary } from "./kit/run-ostiary.ts";

setDefaultTimeout(30_000);

const names = commands.map(({ name }) => name);

/** Options whose name sounds like a secret and whose value is none. */
const NO_SECRET: Record<string, string> = {
  otplen: "a number of digits",
  keysize: "a number of bytes",
  otpkeyformat: "a word",
  infokey: "a name",
  "public-key": "a file, and public",
  keys: "a file",
  "keys-to": "a file",
};

describe("every command", () => {
  test.each(names)("%s: --help names usage, options, an example and the exit codes", (name) => {
    const command = commands.find((one) => one.name === name);
    if (!command) throw new Error(name);
    const help = describeCommand(command);
    expect(help).toStartWith(`ostiary ${name}`);
    expect(help).toMatch(/^Examples?\n {2}.*ostiary/m);
    expect(help).toMatch(/exit code/i);
    for (const option of Object.keys(command.options)) expect(help).toContain(`--${option}`);
    expect(command.summary.length).toBeLessThanOrEqual(80);
    expect(help.split("\n").filter((line) => line.length > 132)).toEqual([]);
  });

  test.each(names)("%s: an option it does not have is a UsageError that names it", (name) => {
    const command = commands.find((one) => one.name === name);
    if (!command) throw new Error(name);
    const parse = (args: string[]) => () => parseCommandLine(args, command);
    expect(parse(["--no-such-option"])).toThrow(UsageError);
    expect(parse(["--no-such-option"])).toThrow("--no-such-option");
    expect(parse(Array.from({ length: (command.words ?? 0) + 1 }, () => "word"))).toThrow("a word too many");
  });

  test.each(names)("%s: no option takes a secret", (name) => {
    const options = commands.find((one) => one.name === name)?.options ?? {};
    const suspicious = Object.entries({ ...COMMON, ...options }).filter(
      ([option, { type }]) => type === "string" && /pass|pin|secret|seed|otp|key|token$/i.test(option) && !NO_SECRET[option],
    );
    expect(suspicious, "secrets come from standard input; a name that only sounds like one goes into NO_SECRET").toEqual([]);
  });

  test("names are different and none is hidden behind a group", () => {
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect([name, names.filter((other) => other.startsWith(`${name} `))]).toEqual([name, []]);
  });
});

describe("the command line", () => {
  const rows: [args: string[], code: number, stream: "stdout" | "stderr", words: string[]][] = [
    [[], 0, "stdout", ["Usage", "serve", "audit verify", "Exit codes"]],
    [["--help"], 0, "stdout", ["Usage"]],
    [["help"], 0, "stdout", ["Usage"]],
    [["--version"], 0, "stdout", ["."]],
    [["admin", "--help"], 0, "stdout", ["admin add", "admin list"]],
    [["help", "admin", "add"], 0, "stdout", ["ostiary admin add NAME", "Example"]],
    [["serv"], 2, "stderr", ['no command "serv"', 'did you mean "serve"']],
    [["admin"], 2, "stderr", ['"admin" is a group of commands', "admin add"]],
    [["audit", "lst"], 2, "stderr", ['did you mean "audit list"']],
    [["admin", "lst"], 2, "stderr", ['no command "admin lst"', 'did you mean "admin list"']],
    [["\u001b[31m"], 2, "stderr", ["no command"]],
  ];
  test.each(rows)("ostiary %j: exit code %d", async (args, code, stream, words) => {
    const outcome = await runOstiary(args);
    expect(outcome.code).toBe(code);
    for (const word of words) expect(outcome[stream]).toContain(word);
    if (code === 2) expect(outcome.stderr.split("\n").length, "the fault stays in sight").toBeLessThan(12);
    expect(outcome[stream === "stdout" ? "stderr" : "stdout"]).toBe("");
    expect(`${outcome.stdout}${outcome.stderr}`).not.toContain("\u001b");
  });

  test("an option nobody knows: exit code 2, named, with the nearest one; a secret is told where it belongs", async () => {
    const near = await runOstiary(["admin", "list", "--jsn"]);
    expect([near.code, near.stdout]).toEqual([2, ""]);
    expect(near.stderr).toContain("'--jsn'; did you mean --json?");
    const secret = await runOstiary(["init", "--passphrase=hunter2"]);
    expect(secret.code).toBe(2);
    expect(secret.stderr).toContain("standard input");
    expect(secret.stderr).not.toContain("hunter2");
  });

  test("docs/cli.md is in step", () => {
    const page = readFileSync(join(import.meta.dir, "..", "docs", "cli.md"), "utf8");
    expect(page === printCliPage(), "bun engine/cli/cli-page.ts > docs/cli.md").toBe(true);
  });
});

describe("completion", () => {
  test.skipIf(!Bun.which("bash"))("bash completes commands, words of a group and options", async () => {
    const script = (await runOstiary(["completion", "bash"])).stdout;
    const complete = (...words: string[]) => {
      const call = `COMP_WORDS=(ostiary ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _ostiary; echo "\${COMPREPLY[@]}"`;
      const done = Bun.spawnSync(["bash", "-c", `${script}\n${call}`], { cwd: makeDataDir() });
      return done.stdout.toString().trim().split(" ");
    };
    expect(complete("ser")).toEqual(["serve"]);
    expect(complete("")).toContain("admin");
    expect(complete("admin", "")).toEqual(expect.arrayContaining(["add", "password", "delete", "list"]));
    expect(complete("admin", "list", "--js")).toEqual(["--json"]);
    expect(complete("serve", "--da")).toEqual(["--data"]);
    expect(complete("serve", "--data", "x", "--co")).toEqual(["--config"]);
  });

  test("zsh and fish name every command; another shell is refused", async () => {
    for (const shell of ["zsh", "fish"]) {
      const { stdout } = await runOstiary(["completion", shell]);
      for (const word of names.flatMap((name) => name.split(" "))) expect(stdout).toContain(word);
    }
    expect((await runOstiary(["completion", "tcsh"])).code).toBe(2);
  });
});
