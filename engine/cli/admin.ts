// ostiary admin …: local administrators. Works beside a running engine, which notices at once.
import { type Admins, describeAdminFault, findAdminFault } from "../services/admins.ts";
import { COMMON_OPTIONS, type Command, CommandError, type CommandLine, FLAG, TEXT, UsageError } from "./command.ts";
import { withAdmins } from "./data-directory.ts";
import { printJson, printTable } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

function nameOf(positionals: string[]): string {
  const [name] = positionals;
  if (name === undefined) throw new UsageError("give the administrator's name");
  return name;
}

async function readPassword(values: Record<string, unknown>): Promise<string> {
  if (!values["password-stdin"]) throw new UsageError("--password-stdin is missing: the password comes from standard input only");
  return (await readSecrets(["password"]))[0] ?? "";
}

async function setPassword(line: CommandLine, mustExist: boolean): Promise<number> {
  const username = nameOf(line.positionals);
  const password = await readPassword(line.values);
  const fault = findAdminFault(username, password);
  if (fault) throw new CommandError(describeAdminFault(fault));
  const work = async (admins: Admins) => {
    const existing = await admins.find(username);
    if (mustExist && !existing) throw new CommandError("there is no administrator of this name");
    if (!mustExist && existing)
      throw new CommandError('there is one of this name already; "ostiary admin password" changes the password');
    await admins.set(username, password, typeof line.values.email === "string" ? line.values.email : (existing?.email ?? ""));
  };
  await withAdmins(line.dataDir, line.settings(), work, { mayCreate: !mustExist });
  return 0;
}

export const adminCommands: Command[] = [
  {
    name: "admin add",
    summary: "create an administrator",
    help: `ostiary admin add NAME --password-stdin [--email ADDRESS]

The password is the first line of standard input.

  --password-stdin  read the password from standard input
  --email ADDRESS   where to reach him
${COMMON_OPTIONS}

Example
  printf '%s\\n' "$PASSWORD" | ostiary admin add root --password-stdin --data /srv/ostiary`,
    options: { "password-stdin": FLAG, email: TEXT },
    words: 1,
    run: (line) => setPassword(line, false),
  },
  {
    name: "admin password",
    summary: "give an administrator a new password; his sessions end",
    help: `ostiary admin password NAME --password-stdin

The password is the first line of standard input. Sessions that began with the old one end at once.

  --password-stdin  read the password from standard input
  --email ADDRESS   another address
${COMMON_OPTIONS}

Example
  printf '%s\\n' "$PASSWORD" | ostiary admin password root --password-stdin --data /srv/ostiary`,
    options: { "password-stdin": FLAG, email: TEXT },
    words: 1,
    run: (line) => setPassword(line, true),
  },
  {
    name: "admin delete",
    summary: "delete an administrator; his sessions end",
    help: `ostiary admin delete NAME

The API keys in his name are taken back with him.

${COMMON_OPTIONS}

Example
  ostiary admin delete root --data /srv/ostiary`,
    options: {},
    words: 1,
    async run(line) {
      const username = nameOf(line.positionals);
      const removed = await withAdmins(line.dataDir, line.settings(), (admins) => admins.remove(username));
      if (!removed) throw new CommandError("there is no administrator of this name");
      return 0;
    },
  },
  {
    name: "admin list",
    summary: "list the administrators",
    help: `ostiary admin list [--json]

${COMMON_OPTIONS}
  --json            the list as JSON

Example
  ostiary admin list --data /srv/ostiary`,
    options: { json: FLAG },
    async run(line) {
      const found = await withAdmins(line.dataDir, line.settings(), (admins) => admins.list());
      if (line.values.json) printJson(found.map(({ username, email }) => ({ username, email })));
      else
        printTable(
          ["name", "email"],
          found.map(({ username, email }) => [username, email]),
        );
      return 0;
    },
  },
];
