// ostiary admin …: local administrators. Works beside a running engine, which notices at once.
import { type Admins, findAdminFault } from "../services/admins.ts";
import { COMMON_OPTIONS, type Command, CommandError, parseCommandLine, UsageError } from "./command.ts";
import { withAdmins } from "./data-directory.ts";
import { readSecrets } from "./standard-input.ts";

const options = { "password-stdin": { type: "boolean" }, json: { type: "boolean" }, email: { type: "string" } } as const;

function nameOf(positionals: string[]): string {
  const [name] = positionals;
  if (name === undefined) throw new UsageError("give the administrator's name");
  return name;
}

async function readPassword(values: Record<string, unknown>): Promise<string> {
  if (!values["password-stdin"]) throw new UsageError("--password-stdin is missing: the password comes from standard input only");
  return (await readSecrets(["password"]))[0] ?? "";
}

async function setPassword(args: string[], mustExist: boolean): Promise<number> {
  const line = parseCommandLine(args, options, 1);
  const username = nameOf(line.positionals);
  const password = await readPassword(line.values);
  const fault = findAdminFault(username, password);
  if (fault) throw new CommandError(fault);
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
    help: `ostiary admin add NAME --password-stdin [--email ADDRESS]\n\n${COMMON_OPTIONS}`,
    run: (args) => setPassword(args, false),
  },
  {
    name: "admin password",
    summary: "give an administrator a new password; his sessions end",
    help: `ostiary admin password NAME --password-stdin\n\n${COMMON_OPTIONS}`,
    run: (args) => setPassword(args, true),
  },
  {
    name: "admin delete",
    summary: "delete an administrator; his sessions end",
    help: `ostiary admin delete NAME\n\n${COMMON_OPTIONS}`,
    async run(args) {
      const line = parseCommandLine(args, options, 1);
      const username = nameOf(line.positionals);
      const removed = await withAdmins(line.dataDir, line.settings(), (admins) => admins.remove(username));
      if (!removed) throw new CommandError("there is no administrator of this name");
      return 0;
    },
  },
  {
    name: "admin list",
    summary: "list the administrators",
    help: `ostiary admin list [--json]\n\n${COMMON_OPTIONS}`,
    async run(args) {
      const line = parseCommandLine(args, options);
      const found = await withAdmins(line.dataDir, line.settings(), (admins) => admins.list());
      if (line.values.json) console.log(JSON.stringify(found.map(({ username, email }) => ({ username, email }))));
      else for (const { username, email } of found) console.log(email ? `${username}\t${email}` : username);
      return 0;
    },
  },
];
