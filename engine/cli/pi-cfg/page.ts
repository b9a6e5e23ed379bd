// docs/from-privacyidea.md, printed from the tables, so that page and `ostiary doctor --pi-cfg` can not differ.
// `bun engine/cli/pi-cfg/page.ts > docs/from-privacyidea.md` writes it; a test compares.
import { join } from "node:path";
import { type OldCommand, oldCommands } from "../pi-manage.ts";
import { describeFate } from "./explain.ts";
import { oldKeyGroups } from "./registry.ts";

export const migrationPagePath = join(import.meta.dir, "..", "..", "..", "docs", "from-privacyidea.md");

const ABOUT = `# From privacyIDEA

Printed from the tables in \`engine/cli/\` by \`bun engine/cli/pi-cfg/page.ts > docs/from-privacyidea.md\`; do not edit.

What a key of \`pi.cfg\` became, and which command of ours does the work of an old one. "Not yet" means that there will be
something and there is nothing now; "nothing" means that nothing is needed.

\`\`\`sh
ostiary doctor --pi-cfg /etc/privacyidea/pi.cfg                      # explains your file line by line
ostiary doctor --pi-cfg /etc/privacyidea/pi.cfg --toml > ostiary.toml  # what stands in ostiary.toml for it
\`\`\`

The file is read, never run. Secrets in it are not shown. privacyIDEA reads several files, later ones over earlier ones:
\`/etc/privacyidea/pi.cfg\`, then the one that \`PRIVACYIDEA_CONFIGFILE\` names; give both in this order. What only Python can
know (functions, \`if\`) is named by its line and left to you. [settings.md](settings.md) explains our settings.

## pi.cfg`;

/** The whole page, Markdown. */
export function printMigrationPage(): string {
  const lines = [ABOUT];
  for (const { title, keys } of oldKeyGroups) {
    lines.push("", `### ${title}`, "", "| key | its value | what it became | about it |", "|---|---|---|---|");
    for (const [name, key] of Object.entries(keys)) lines.push(row([`\`${name}\``, key.value, describeFate(key), key.why]));
  }
  lines.push(
    "",
    "## pi-manage",
    "",
    "`ostiary` answers to the old names with the new ones.",
    ...table(oldCommands.filter((one) => !one.program)),
  );
  lines.push("", "## Other programs", ...table(oldCommands.filter((one) => one.program)));
  return `${lines.join("\n")}\n`;
}

function table(commands: readonly OldCommand[]): string[] {
  const rows = commands.map(({ words, now, note, program }) => {
    const ours = typeof now === "object" ? `\`${now.usage}\`` : now === "later" ? "not yet" : "nothing";
    return row([`\`${program ? "" : "pi-manage "}${words}\``, ours, note]);
  });
  return ["", "| there | here | about it |", "|---|---|---|", ...rows];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (import.meta.main) process.stdout.write(printMigrationPage());
