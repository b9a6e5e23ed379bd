// What `ostiary doctor --pi-cfg` prints.
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { MAX_PYTHON_LENGTH } from "../../core/python-literals.ts";
import { CommandError, type CommandLine } from "../command.ts";
import { printable, printJson } from "../output.ts";
import { type ExplainedLine, type Explanation, explainPiCfg, type SourceFile } from "./explain.ts";
import { printToml } from "./toml.ts";

/** Prints what the files set; 1: a line needs a person to look at it. Error: CommandError for a file that can not be read. */
export function explainFiles(paths: string[], { json, toml }: CommandLine["values"]): number {
  const explanation = explainPiCfg(paths.map(readSource), process.env);
  const { lines, settings } = explanation;
  const heading = [
    `Made of ${paths.map((path) => basename(path)).join(", ")} by "ostiary doctor"; docs/from-privacyidea.md explains each line.`,
  ];
  if (toml) process.stdout.write(printToml(heading, settings));
  else if (json) printJson({ lines, settings });
  else printExplanation(explanation, printToml(heading, settings), paths.length > 1);
  const unread = lines.filter(({ state }) => state === "unread");
  if (toml && unread.length > 0)
    console.error(
      `ostiary doctor: not in it: ${unread.map(({ file, line }) => `line ${line} of ${printable(basename(file))}`).join(", ")}. Look there yourself; without --toml each line is explained.`,
    );
  return unread.length > 0 ? 1 : 0;
}

function readSource(path: string): SourceFile {
  try {
    const { size } = statSync(path);
    if (size > MAX_PYTHON_LENGTH) throw new Error(`it has more than ${MAX_PYTHON_LENGTH} bytes`);
    return { name: path, text: readFileSync(path, "utf8") };
  } catch (error) {
    throw new CommandError(`${path} can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function printExplanation({ lines, settings }: Explanation, toml: string, several: boolean): void {
  for (const { file, line, key, value, became, why, warning } of lines) {
    const set = key === null ? "" : `  ${printable(key)}${value === null ? "" : ` = ${value}`}`;
    console.log(`${several ? `${printable(file)} ` : ""}line ${line}${set}`);
    for (const text of [`${became}. ${why}`, ...(warning === null ? [] : [`Attention: ${warning}`])])
      console.log(`    ${printable(text.replaceAll("`", ""))}`);
  }
  const count = (state: ExplainedLine["state"]) => lines.filter((one) => one.state === state).length;
  console.log(
    `\n${lines.length} lines: ${settings.length} settings of ours, ${count("elsewhere")} done elsewhere, ${count("later")} not yet, ${count("nothing")} not needed, ${count("overridden")} overridden, ${count("unknown")} unknown, ${count("unread")} to look at`,
  );
  if (settings.length > 0) console.log(`\nostiary.toml would hold:\n\n${toml.trimEnd()}`);
}
