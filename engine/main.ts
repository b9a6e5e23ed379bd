// ostiary: the command line. `ostiary --help` teaches the rest; the commands stand in cli/commands.ts.

import { version } from "../package.json" with { type: "json" };
import { KeyBundleError } from "./backup/key-bundle.ts";
import { ArchiveError } from "./backup/manifest.ts";
import { type Command, CommandError, parseCommandLine, UsageError } from "./cli/command.ts";
import { commandsOf, describeCommand, describeCommands, describeUsage, listCommands } from "./cli/command-help.ts";
import { commands } from "./cli/commands.ts";
import { explainOldName } from "./cli/pi-manage.ts";
import { SettingsError } from "./config.ts";
import { findNearestWord } from "./core/nearest-word.ts";
import { MigrationError } from "./store/migrate.ts";
import { StoreInUseError } from "./store/process-lock.ts";
import { StoreUnavailableError } from "./store/store.ts";
import { KeyFileError } from "./vault/keys.ts";
import { DeviceUnavailableError } from "./vault/vault.ts";

/** Faults a person can mend: the message is enough, a stack would hide it. */
const EXPECTED = [
  CommandError,
  SettingsError,
  KeyFileError,
  DeviceUnavailableError,
  StoreInUseError,
  StoreUnavailableError,
  MigrationError,
  ArchiveError,
  KeyBundleError,
];

/** Also what the operating system refused: no space, no right, no such file. */
const isExpected = (error: unknown): error is Error =>
  EXPECTED.some((kind) => error instanceof kind) || (error instanceof Error && "syscall" in error);

const HELP = ["--help", "-h"];

/** The command that `args` begin with; of two the longer name. */
function findCommand(args: readonly string[]): Command | undefined {
  return commands
    .filter(({ name }) => name.split(" ").every((word, index) => args[index] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

async function main(args: string[]): Promise<number> {
  // `ostiary help admin add` is `ostiary admin add --help`.
  if (args[0] === "help") return main([...args.slice(1), "--help"]);
  const command = findCommand(args);
  if (command) return run(command, args.slice(command.name.split(" ").length));
  const [word = "--help", next] = args;
  if (word === "--version") console.log(version);
  else if (HELP.includes(word)) console.log(describeCommands(commands));
  else if (commandsOf(commands, word).length > 0 && HELP.includes(next ?? "")) console.log(describeCommands(commands, word));
  else return refuse(args);
  return 0;
}

/** No such command; says what there is nearby, and to whom comes from privacyIDEA what it is called here. */
function refuse(args: readonly string[]): number {
  const [word = "", next] = args;
  const group = commandsOf(commands, word).length > 0 ? word : "";
  const old = explainOldName(args, group !== "");
  if (old !== null) {
    console.error(`ostiary: ${old}`);
    return 2;
  }
  const asked = group === "" || next === undefined ? word : `${word} ${next}`;
  const fault = asked === group ? `"${group}" is a group of commands` : `no command ${JSON.stringify(asked)}`;
  const names = (group === "" ? commands : commandsOf(commands, group)).map(({ name }) => name);
  const nearest = asked === group ? null : findNearestWord(asked, names);
  const hint = nearest === null ? "" : `; did you mean "${nearest}"?`;
  // Of a group its commands; the list of all would push the message off the screen.
  const then = group === "" ? '"ostiary --help" lists the commands' : `\n${listCommands(commandsOf(commands, group))}`;
  console.error(`ostiary: ${fault}${hint}\n${then}`);
  return 2;
}

async function run(command: Command, args: string[]): Promise<number> {
  if (args.some((word) => HELP.includes(word))) {
    console.log(describeCommand(command));
    return 0;
  }
  try {
    return await command.run(parseCommandLine(args, command));
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`ostiary ${command.name}: ${error.message}\n\n${describeUsage(command)}`);
      return 2;
    }
    if (!isExpected(error)) throw error;
    console.error(`ostiary ${command.name}: ${error.message}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
if (process.exitCode !== 0) process.exit();
