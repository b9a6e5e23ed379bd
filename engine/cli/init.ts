// ostiary init: keys, database and administrator for a new data directory.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMON_OPTIONS, type Command, CommandError, type CommandLine, FLAG, TEXT, UsageError } from "./command.ts";
import { createDataDirectory, isFresh } from "./data-directory.ts";
import { readSecrets } from "./standard-input.ts";

export const init: Command = {
  name: "init",
  summary: "make keys, database and the first administrator",
  help: `ostiary init --admin NAME --password-stdin [--seal] [--hardened]

Makes a new data directory: key files (readable by you only), the database, and an administrator.
The password is the first line of standard input; it never stands on the command line.

  --admin NAME      the administrator
  --password-stdin  read the password from standard input
  --seal            seal the key ring by a passphrase, the second line of standard input; the server then
                    starts locked until an administrator sends the passphrase to POST /system/hsm
  --hardened        write an ostiary.toml with preset = "hardened" (docs/settings.md lists what it changes)
${COMMON_OPTIONS}

Example
  printf '%s\\n' "$PASSWORD" | ostiary init --data ./data --admin admin --password-stdin`,
  options: { admin: TEXT, "password-stdin": FLAG, seal: FLAG, hardened: FLAG },
  async run(line) {
    const { admin, seal, hardened } = line.values;
    if (typeof admin !== "string") throw new UsageError("--admin NAME is missing");
    if (!line.values["password-stdin"])
      throw new UsageError("--password-stdin is missing: the password comes from standard input only");
    const [password = "", passphrase = ""] = await readSecrets(["password", ...(seal ? ["passphrase of the key ring"] : [])]);
    if (seal && passphrase.length < 8)
      throw new UsageError("--seal: the second line of standard input is a passphrase of at least 8 characters");
    if (hardened) writePreset(line);
    await createDataDirectory(line.dataDir, line.settings(), { username: admin, password }, seal ? passphrase : undefined);
    console.log(`${line.dataDir} is ready. Start it with: ostiary serve --data ${line.dataDir}`);
    return 0;
  },
};

/** Before the first password is hashed, so that it is hashed at the preset's cost. */
function writePreset({ settingsFile, dataDir }: CommandLine): void {
  if (settingsFile !== null) throw new UsageError(`--hardened: write preset = "hardened" into ${settingsFile} instead`);
  const path = join(dataDir, "ostiary.toml");
  if (existsSync(path)) throw new UsageError(`--hardened: ${path} is there already; write preset = "hardened" into it`);
  if (!isFresh(dataDir)) throw new CommandError(`${dataDir} already holds keys or a database; ostiary never overwrites them`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(path, 'preset = "hardened"\n', { mode: 0o600, flag: "wx" });
}
