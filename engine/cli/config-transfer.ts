// ostiary config export and import: the configuration in the database as one document, and back.
import { readFileSync, statSync } from "node:fs";
import { ApiError } from "@ostiary/shared/errors.ts";
import { type ConfigurationExport, exportConfiguration } from "../services/configuration-export.ts";
import { DocumentError, MAX_DOCUMENT_BYTES, parseDocument } from "../services/configuration-file.ts";
import { applyImport, tryPlannedResolvers } from "../services/configuration-import.ts";
import { type ImportPlan, type MissingSecret, planImport } from "../services/configuration-plan.ts";
import { COMMON_OPTIONS, type Command, CommandError, type CommandLine, FLAG, UsageError } from "./command.ts";
import { describeCommandRun, type LocalEngine, withLocalEngine } from "./local-engine.ts";
import { printable, printJson } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

const configExport: Command = {
  name: "config export",
  summary: "print realms, user sources, system settings and token groups",
  help: `ostiary config export [--json]

Prints one JSON document, always in the same order, so that it can live in a version control system. Secrets show as
__CENSORED__. Tokens, administrators and ostiary.toml are not part of it; a backup has everything.

  --json            the document is JSON with and without it
${COMMON_OPTIONS}

Example
  ostiary config export --data /srv/ostiary > configuration.json`,
  options: { json: FLAG },
  async run(line) {
    const document = await withLocalEngine(line, ({ engine }) => exportConfiguration(engine));
    process.stdout.write(printDocument(document));
    return 0;
  },
};

/** The text of a document: the same for the same configuration. */
function printDocument(document: ConfigurationExport): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

const configImport: Command = {
  name: "config import",
  summary: "make the configuration as a document says: all of it, or nothing",
  help: `ostiary config import FILE [--dry-run] [--prune] [--secrets-stdin] [--json]

FILE is what "ostiary config export" printed, as it was or edited. What is different is said and then stored, all at once; if
anything can not be, nothing is. User sources that are new or changed are opened and tried first. A secret that is __CENSORED__
stays as it is stored; one that is not stored is asked for, and --dry-run says which those are.

  --dry-run         say what would be changed; store nothing
  --prune           delete what is stored and not in the document; without it that stays
  --secrets-stdin   missing secrets are the lines of standard input, in the order in which they are said
  --json            changes and missing secrets as JSON
${COMMON_OPTIONS}

Examples
  ostiary config import configuration.json --dry-run
  ostiary config import configuration.json --secrets-stdin < secrets.txt`,
  options: { "dry-run": FLAG, prune: FLAG, "secrets-stdin": FLAG, json: FLAG },
  words: 1,
  async run(line) {
    const [file] = line.positionals;
    if (file === undefined) throw new UsageError("give the file");
    const wanted = readDocument(file);
    const plan = await withLocalEngine(line, (local) => importDocument(local, wanted, line));
    if (line.values.json) printJson({ ...plan, stored: !line.values["dry-run"] });
    return 0;
  },
};

function readDocument(file: string): ConfigurationExport {
  try {
    if (statSync(file).size > MAX_DOCUMENT_BYTES) throw new Error(`it has more than ${MAX_DOCUMENT_BYTES} bytes`);
    return parseDocument(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof DocumentError) throw new CommandError(`${file}: ${error.message}`);
    throw new CommandError(`${file} can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function importDocument({ engine, by }: LocalEngine, wanted: ConfigurationExport, { values }: CommandLine) {
  const current = await exportConfiguration(engine);
  const prune = values.prune === true;
  const plan = planImport(current, wanted, prune);
  refuseFaults(plan.faults);
  if (!values.json) printPlan(plan);
  if (values["dry-run"]) {
    refuseFaults(await tryPlannedResolvers(engine, plan, wanted));
    return plan;
  }
  const complete = await fillIn(wanted, plan.missing, values["secrets-stdin"] === true);
  const info = plan.changes.map(({ do: verb, what, name }) => `${verb} ${what} ${name}`).join(", ");
  const audit = describeCommandRun("config import", true, info, by, engine.now());
  await applyImport(engine, planImport(current, complete, prune), current, complete, audit).catch((error: unknown) => {
    throw error instanceof ApiError ? new CommandError(`nothing is stored: ${error.message.replace(/^ERR\d+: /, "")}`) : error;
  });
  return plan;
}

/** Error: CommandError if there is one. */
function refuseFaults(faults: readonly string[]): void {
  if (faults.length > 0)
    throw new CommandError(`the document can not be imported:\n${faults.map((fault) => `  ${printable(fault)}`).join("\n")}`);
}

function printPlan({ changes, missing }: ImportPlan): void {
  const signs = { create: "+", change: "~", delete: "-" };
  for (const { do: verb, what, name, detail } of changes)
    console.log(`${signs[verb]} ${what} ${printable(name)}${detail === "" ? "" : `: ${printable(detail)}`}`);
  for (const secret of missing) console.log(`? needs ${describeSecret(secret)}`);
  if (changes.length === 0) console.log("nothing to change");
}

function describeSecret({ what, name, field }: MissingSecret): string {
  return `the secret ${field === null ? "" : `${field} `}of ${what} ${printable(name)}`;
}

/** The document with its missing secrets. Error: CommandError if they do not come. */
async function fillIn(wanted: ConfigurationExport, missing: MissingSecret[], ask: boolean): Promise<ConfigurationExport> {
  if (missing.length === 0) return wanted;
  const questions = missing.map(describeSecret);
  if (!ask) throw new CommandError(`secrets are missing, give them by --secrets-stdin:\n  ${questions.join("\n  ")}`);
  const answers = await readSecrets(questions);
  const complete = structuredClone(wanted);
  for (const [index, { what, name, field }] of missing.entries()) {
    const answer = answers[index] ?? "";
    if (answer === "") throw new CommandError(`${questions[index]} is not on standard input`);
    const resolver = what === "resolver" ? complete.resolvers[name] : undefined;
    const setting = what === "setting" ? complete.system[name] : undefined;
    if (resolver && field !== null) resolver.data[field] = answer;
    if (setting) setting.value = answer;
  }
  return complete;
}

export const configTransferCommands: Command[] = [configExport, configImport];
