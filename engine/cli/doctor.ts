// ostiary doctor: what is wrong with this installation, and what a pi.cfg would become here.
import { type Examined, examine, type Finding, type Severity } from "../services/doctor/check.ts";
import { checks } from "../services/doctor/registry.ts";
import { COMMON_OPTIONS, type Command, type CommandLine, FLAG, MANY, TEXT, UsageError } from "./command.ts";
import { openSite } from "./doctor-site.ts";
import { openProgress, printable, printJson } from "./output.ts";
import { explainFiles } from "./pi-cfg/print.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "examine this installation, or explain a pi.cfg of privacyIDEA",
  help: `ostiary doctor [--strict] [--json]
ostiary doctor --pi-cfg FILE [FILE…] [--toml] [--json]

Examines files, settings, keys, database, user sources and clock, beside a running server or without one, and changes nothing.
Each finding says what is the case, what follows from it, and what to do. Exit code 1 if there is a problem.

With --pi-cfg it explains the configuration file of privacyIDEA line by line: what each line sets and what became of it here.
The file is read, never run; secrets are not shown. Exit code 1 if a line needs a person to look at it.

  --strict          warnings make the exit code 1 as well
  --pi-cfg FILE     several files in the order in which privacyIDEA reads them: later ones win
  --toml            only the text of the ostiary.toml that says the same
  --json            findings or lines as JSON
${COMMON_OPTIONS}

Examples
  ostiary doctor --data /srv/ostiary
  ostiary doctor --pi-cfg /etc/privacyidea/pi.cfg --toml > /srv/ostiary/ostiary.toml`,
  options: { strict: FLAG, json: FLAG, toml: FLAG, "pi-cfg": TEXT },
  words: MANY,
  async run(line) {
    const { values, positionals } = line;
    const first = values["pi-cfg"];
    if (typeof first === "string") return explainFiles([first, ...positionals], values);
    if (positionals.length > 0)
      throw new UsageError(`${JSON.stringify(positionals[0])} is a word too many; a pi.cfg is given by --pi-cfg`);
    if (values.toml) throw new UsageError("--toml goes with --pi-cfg");
    return examineHere(line);
  },
};

async function examineHere(line: CommandLine): Promise<number> {
  const json = line.values.json === true;
  const progress = openProgress("examining", json || !process.stderr.isTTY);
  const { site, has, close } = await openSite(line);
  let examined: Examined[];
  try {
    examined = await examine(site, checks, has, (done) => progress.show(done, checks.length));
  } finally {
    progress.end();
    await close();
  }
  const findings = examined.flatMap(({ check, findings: found }) => found.map((finding) => ({ check, ...finding })));
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const sum = { checks: examined.length, problems: count("problem"), warnings: count("warning"), notes: count("note") };
  if (json) printJson({ ...sum, findings });
  else printFindings(findings, sum);
  return sum.problems > 0 || (line.values.strict === true && sum.warnings > 0) ? 1 : 0;
}

function printFindings(findings: readonly (Finding & { check: string })[], sum: Record<string, number>): void {
  for (const severity of ["problem", "warning", "note"] as const) {
    for (const { check, what, meaning, advice } of findings.filter((finding) => finding.severity === severity))
      console.log(
        `${severity.toUpperCase()}  ${check}: ${printable(what)}\n    ${printable(meaning)}\n    To do: ${printable(advice)}\n`,
      );
  }
  const count = (number = 0, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  console.log(
    `${count(sum.checks, "check")}: ${count(sum.problems, "problem")}, ${count(sum.warnings, "warning")}, ${count(sum.notes, "note")}`,
  );
}
