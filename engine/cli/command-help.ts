// What the command line says about itself: the list of commands, and the help of one.
import { COMMON_OPTIONS, type Command } from "./command.ts";

const EXIT_CODES = "Exit codes: 0 done; 1 it failed, standard error says why; 2 called in a wrong way.";

/** The help of one command, with the exit codes that all share unless it has its own words for them. */
export function describeCommand({ help }: Command): string {
  const text = alignCommonOptions(help);
  return /exit code/i.test(text) ? text : `${text}\n\n${EXIT_CODES}`;
}

/** What all commands share stands in the column of what the command has of its own. */
function alignCommonOptions(help: string): string {
  const [own] = /^ {2}--\S.*? {2,}(?=\S)/m.exec(help.replace(COMMON_OPTIONS, "")) ?? [];
  if (own === undefined) return help;
  return help.replace(COMMON_OPTIONS, () =>
    COMMON_OPTIONS.replace(/^( {2}--\S+ \S+) +/gm, (_, left: string) => `${left.padEnd(own.length - 2)}  `),
  );
}

/** How a command is called, and where the rest is told: for a line that was wrong, whose fault must stay in sight. */
export function describeUsage({ name, help }: Command): string {
  const usage = help.slice(0, help.indexOf("\n\n"));
  return `${usage}\n\n"ostiary ${name} --help" explains it.`;
}

/** A line for each command, names padded. */
export function listCommands(shown: readonly Command[]): string {
  const width = Math.max(...shown.map(({ name }) => name.length));
  return shown.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
}

/** A list of commands; `group` is the first word of their names where it is not the list of all. */
export function describeCommands(commands: readonly Command[], group = ""): string {
  const shown = group === "" ? commands : commandsOf(commands, group);
  return [
    "ostiary: multi-factor authentication",
    "",
    `Usage: ostiary ${group === "" ? "COMMAND" : `${group} …`} [options]`,
    "",
    listCommands(shown),
    "",
    "ostiary COMMAND --help explains one of them. Options of nearly all:",
    "",
    COMMON_OPTIONS,
    "  --json            one JSON document on standard output, for scripts",
    "",
    EXIT_CODES,
    "Secrets never stand on the command line: they come from standard input.",
  ].join("\n");
}

/** Those whose names begin with the word `group`. */
export function commandsOf(commands: readonly Command[], group: string): Command[] {
  return commands.filter(({ name }) => name.startsWith(`${group} `));
}
