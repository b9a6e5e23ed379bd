// ostiary: the command line. `ostiary --help` teaches the rest.

import { version } from "../package.json" with { type: "json" };
import { adminCommands } from "./cli/admin.ts";
import { auditVerify } from "./cli/audit.ts";
import { type Command, CommandError, UsageError } from "./cli/command.ts";
import { demo } from "./cli/demo.ts";
import { init } from "./cli/init.ts";
import { otp } from "./cli/otp.ts";
import { serve } from "./cli/serve.ts";
import { SettingsError } from "./config.ts";
import { MigrationError } from "./store/migrate.ts";
import { StoreInUseError } from "./store/process-lock.ts";
import { StoreUnavailableError } from "./store/store.ts";
import { KeyFileError } from "./vault/keys.ts";

const commands: Command[] = [serve, init, ...adminCommands, auditVerify, otp, demo];

/** Faults a person can mend: the message is enough, a stack would hide it. */
const EXPECTED = [CommandError, SettingsError, KeyFileError, StoreInUseError, StoreUnavailableError, MigrationError];

const HELP = ["--help", "-h", "help"];

/** Those that begin with `prefix`. */
function describeCommands(prefix = ""): string {
  const shown = commands.filter(({ name }) => name.startsWith(prefix));
  const width = Math.max(...shown.map(({ name }) => name.length));
  const list = shown.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "ostiary: multi-factor authentication",
    "",
    "Usage: ostiary COMMAND [options]",
    "",
    ...list,
    "",
    "ostiary COMMAND --help explains one of them.",
  ].join("\n");
}

async function main(args: string[]): Promise<number> {
  const command = commands.find(({ name }) => name.split(" ").every((word, index) => args[index] === word));
  if (!command) {
    const [word = "help"] = args;
    if (word === "--version") console.log(version);
    const known = commands.some(({ name }) => name.startsWith(`${word} `));
    const asked = HELP.includes(word) || (known && args.length === 2 && HELP.includes(args[1] ?? ""));
    if (asked) console.log(describeCommands(known ? `${word} ` : ""));
    else if (word !== "--version") console.error(`ostiary: no command ${JSON.stringify(word)}\n\n${describeCommands()}`);
    return asked || word === "--version" ? 0 : 2;
  }
  const rest = args.slice(command.name.split(" ").length);
  if (rest.some((word) => word === "--help" || word === "-h")) {
    console.log(command.help);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`ostiary ${command.name}: ${error.message}\n\n${command.help}`);
      return 2;
    }
    if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
    console.error(`ostiary ${command.name}: ${(error as Error).message}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
if (process.exitCode !== 0) process.exit();
