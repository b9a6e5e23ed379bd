// ostiary init: keys, database and administrator for a new data directory.
import { COMMON_OPTIONS, type Command, FLAG, TEXT, UsageError } from "./command.ts";
import { createDataDirectory } from "./data-directory.ts";
import { readSecrets } from "./standard-input.ts";

export const init: Command = {
  name: "init",
  summary: "make keys, database and the first administrator",
  help: `ostiary init --admin NAME --password-stdin [--seal]

Makes a new data directory: key files (readable by you only), the database, and an administrator.
The password is the first line of standard input; it never stands on the command line.

  --admin NAME      the administrator
  --password-stdin  read the password from standard input
  --seal            seal the key ring by a passphrase, the second line of standard input; the server then
                    starts locked until an administrator sends the passphrase to POST /system/hsm
${COMMON_OPTIONS}

Example
  printf '%s\\n' "$PASSWORD" | ostiary init --data ./data --admin admin --password-stdin`,
  options: { admin: TEXT, "password-stdin": FLAG, seal: FLAG },
  async run(line) {
    const { admin, seal } = line.values;
    if (typeof admin !== "string") throw new UsageError("--admin NAME is missing");
    if (!line.values["password-stdin"])
      throw new UsageError("--password-stdin is missing: the password comes from standard input only");
    const [password = "", passphrase = ""] = await readSecrets(["password", ...(seal ? ["passphrase of the key ring"] : [])]);
    if (seal && passphrase.length < 8)
      throw new UsageError("--seal: the second line of standard input is a passphrase of at least 8 characters");
    await createDataDirectory(line.dataDir, line.settings(), { username: admin, password }, seal ? passphrase : undefined);
    console.log(`${line.dataDir} is ready. Start it with: ostiary serve --data ${line.dataDir}`);
    return 0;
  },
};
