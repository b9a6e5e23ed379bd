// ostiary api key …: keys for programs that call the REST API (config-and-tokens.md B12, B13). Works beside a running engine, which
// notices at once.
import { COMMON_OPTIONS, type Command, type CommandLine, FLAG, TEXT, UsageError } from "./command.ts";
import { type LocalEngine, withLocalEngine } from "./local-engine.ts";
import { printable, printJson, printTable } from "./output.ts";

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

async function create({ values }: CommandLine, { call }: LocalEngine): Promise<void> {
  const { value } = await call("apiKeyCreate", {
    role: values.role as "admin" | "validate",
    username: textOf(values.name),
    description: textOf(values.description),
    days: textOf(values.days) as unknown as number,
  });
  if (values.json) return printJson(value);
  console.log(value.key);
  console.error(
    `Role ${value.role}, name ${printable(value.username)}, good until ${day(value.expiresAt)}. It is shown this once.\n` +
      `Take it back with: ostiary api key revoke ${value.id}`,
  );
}

async function list({ values }: CommandLine, { call }: LocalEngine): Promise<void> {
  const { value } = await call("apiKeyList", {});
  if (values.json) return printJson(value);
  const rows = value.map((key) => [key.id, key.role, key.username, key.state, day(key.expiresAt), key.description]);
  printTable(["id", "role", "name", "state", "until", "description"], rows);
}

export const apiKeyCommands: Command[] = [
  {
    name: "api key create",
    summary: "make an API key and print it",
    help: `ostiary api key create --role validate|admin [--name NAME] [--days DAYS] [--description TEXT] [--json]

A key of role validate opens /validate/check where auth.api_key_required asks for one. A key of role admin is an
administrator by itself, whether or not there is an account of its name: give it a name of its own and let policies
say what that name may do. The key is printed once, on standard output; the server does not keep it.

  --role ROLE         validate or admin
  --name NAME         who its calls are of (default a new name)
  --days DAYS         how long it is good for (default 365)
  --description TEXT  what uses it
  --json              key and what is known of it as JSON
${COMMON_OPTIONS}

Example
  ostiary api key create --role validate --description "VPN gateway" --data /srv/ostiary > vpn.key`,
    options: { role: TEXT, name: TEXT, days: TEXT, description: TEXT, json: FLAG },
    async run(line) {
      const { role } = line.values;
      if (role !== "admin" && role !== "validate") throw new UsageError("say what it is for: --role validate or --role admin");
      await withLocalEngine(line, (local) => create(line, local));
      return 0;
    },
  },
  {
    name: "api key list",
    summary: "list the API keys",
    help: `ostiary api key list [--json]

Newest first, those that are revoked or over for 90 days more. The keys themselves can not be shown.

  --json            the list as JSON
${COMMON_OPTIONS}

Example
  ostiary api key list --data /srv/ostiary`,
    options: { json: FLAG },
    async run(line) {
      await withLocalEngine(line, (local) => list(line, local));
      return 0;
    },
  },
  {
    name: "api key revoke",
    summary: "take an API key back; it is worth nothing at once",
    help: `ostiary api key revoke ID

"ostiary api key list" shows the IDs.

${COMMON_OPTIONS}

Example
  ostiary api key revoke 0123456789abcdef0123456789abcdef --data /srv/ostiary`,
    options: {},
    words: 1,
    async run(line) {
      const [id] = line.positionals;
      if (id === undefined) throw new UsageError("give the ID of the key");
      await withLocalEngine(line, ({ call }) => call("apiKeyRevoke", { id }));
      return 0;
    },
  },
];
