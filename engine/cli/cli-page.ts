// docs/cli.md, printed from the list of commands so that the page cannot be out of step with them.
// `bun engine/cli/cli-page.ts > docs/cli.md` makes it; a test compares.
import { describeCommand, describeCommands } from "./command-help.ts";
import { commands } from "./commands.ts";

/** The reference page: Markdown, the help of every command. */
export function printCliPage(): string {
  const lines = [
    "# The command line",
    "",
    "Printed from `engine/cli/commands.ts` by `bun engine/cli/cli-page.ts`; do not edit. Every text is what `--help` says.",
    "",
    "```",
    describeCommands(commands),
    "```",
  ];
  for (const command of commands)
    lines.push("", `## ostiary ${command.name}`, "", `${command.summary}.`, "", "```", describeCommand(command), "```");
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) process.stdout.write(printCliPage());
