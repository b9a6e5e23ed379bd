// docs/settings.md, printed from the registry so that the page cannot be out of step with the engine.
// `bun engine/settings-page.ts > docs/settings.md` writes it; a test compares.
import { join } from "node:path";
import type { Setting } from "./setting.ts";
import { registry, type SettingKey, startVariables, variableOf } from "./settings.ts";
import { hardened } from "./settings-hardened.ts";

/** Where the page lies. */
export const pagePath = join(import.meta.dir, "..", "docs", "settings.md");

/** A default as one would write it in the file. */
function formatDefault(value: Setting<unknown>["default"]): string {
  return JSON.stringify(value)?.replaceAll(",", ", ") ?? "";
}

/** The reference page: Markdown, one section for each table of the file. */
export function printSettingsPage(): string {
  const lines = [
    "# Settings",
    "",
    "Printed from `engine/settings.ts` by `bun engine/settings-page.ts > docs/settings.md`; do not edit.",
    "",
    "Sources, the later one wins: the default, `ostiary.toml` in the data directory (or the file of `--config`), environment",
    "variables, flags. `log.level` is `level` under `[log]` in the file, `OSTIARY_LOG_LEVEL` in the environment, and",
    "`--set log.level=debug` on the command line. An unknown name or a wrong value stops the start with a list of all faults.",
    "In a variable or flag, commas stand between the items of a list.",
    "",
    "```toml",
    "[server]",
    'listen = "0.0.0.0:8080"',
    "",
    "[guard]",
    'user = "50/1800"',
    "```",
  ];
  let section = "";
  for (const [key, setting] of Object.entries<Setting<unknown>>(registry)) {
    const [table = ""] = key.split(".");
    if (table !== section)
      lines.push("", `## ${table}`, "", "| setting | default | allowed | what it does |", "|---|---|---|---|");
    section = table;
    const flag = setting.flag === undefined ? "" : `, \`${setting.flag}\``;
    const cells = [
      `\`${key}\`<br>\`${variableOf(key)}\`${flag}`,
      `\`${formatDefault(setting.default)}\``,
      setting.kind.allowed,
      setting.help,
    ];
    lines.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  }
  lines.push("", "## The hardened preset", "", "| setting | instead of | why |", "|---|---|---|");
  for (const [key, { value, why }] of Object.entries(hardened))
    lines.push(`| \`${key} = ${formatDefault(value)}\` | \`${formatDefault(registry[key as SettingKey].default)}\` | ${why} |`);
  lines.push("", "## Variables that are not settings", "", "| variable | what it does |", "|---|---|");
  for (const [name, help] of Object.entries(startVariables)) lines.push(`| \`${name}\` | ${help} |`);
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) process.stdout.write(printSettingsPage());
