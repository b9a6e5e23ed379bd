// ostiary resolver …: user sources (config-and-tokens.md E).
import { findResolverType, resolverTypes } from "../users/registry.ts";
import type { ResolverType } from "../users/resolver.ts";
import { COMMON_OPTIONS, type Command, CommandError, FLAG, MANY, TEXT, UsageError } from "./command.ts";
import { type LocalEngine, withLocalEngine } from "./local-engine.ts";
import { printable, printJson, printTable } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

const FIELDS_HELP = `Fields are given as FIELD=VALUE. A secret is given as its FIELD alone: its value is a line of standard input, in the order in
which they stand on the command line.

Types and their fields (* needed, + secret)
${resolverTypes.map(describeType).join("\n")}`;

function describeType({ type, fields }: ResolverType): string {
  const marked = fields.map(({ name, required, kind, help }) => {
    return `    ${name}${required ? "*" : ""}${kind === "secret" ? "+" : ""}  ${help}`;
  });
  return [`  ${type}`, ...marked].join("\n");
}

function requireType(name: string): ResolverType {
  const type = findResolverType(name);
  if (type) return type;
  throw new UsageError(`--type is one of ${resolverTypes.map((known) => known.type).join(", ")}`);
}

/** Error: UsageError for a field the type does not have, and for a secret on the command line. */
async function readFields(words: string[], { type, fields }: ResolverType): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  const secrets: string[] = [];
  for (const word of words) {
    const at = word.indexOf("=");
    const name = at < 0 ? word : word.slice(0, at);
    const field = fields.find((one) => one.name === name);
    if (!field)
      throw new UsageError(`${type} has no field ${JSON.stringify(name)}; it has ${fields.map((one) => one.name).join(", ")}`);
    if (field.kind === "secret") {
      if (at >= 0) throw new UsageError(`${name} is a secret: give the name alone, and the value on standard input`);
      secrets.push(name);
    } else if (at < 0) throw new UsageError(`give a value: ${name}=VALUE`);
    else values[name] = word.slice(at + 1);
  }
  const answers = secrets.length === 0 ? [] : await readSecrets(secrets);
  for (const [index, name] of secrets.entries()) values[name] = answers[index] ?? "";
  return values;
}

async function find({ call }: LocalEngine, name: string) {
  const found = (await call("resolverList", { resolver: name })).value[name];
  return found ?? null;
}

async function requireResolver(local: LocalEngine, name: string) {
  const found = await find(local, name);
  if (!found) throw new CommandError(`there is no user source ${JSON.stringify(name)}; "ostiary resolver list" lists them`);
  return found;
}

function requireName(positionals: string[]): string {
  const [name] = positionals;
  if (name === undefined) throw new UsageError("give the name of the user source");
  return name;
}

const list: Command = {
  name: "resolver list",
  summary: "list the user sources",
  help: `ostiary resolver list [--type TYPE] [--json]

  --type TYPE       only these
  --json            for scripts
${COMMON_OPTIONS}

Example
  ostiary resolver list --json`,
  options: { json: FLAG, type: TEXT },
  async run(line) {
    const type = line.values.type === undefined ? undefined : requireType(String(line.values.type)).type;
    const { value, realms } = await withLocalEngine(line, async ({ call }) => ({
      value: (await call("resolverList", { type })).value,
      realms: Object.entries((await call("realmList", {})).value),
    }));
    if (line.values.json) printJson(value);
    else {
      const rows = Object.values(value).map((one) => {
        const within = realms.filter(([, { resolver }]) => resolver.some((member) => member.name === one.resolvername));
        return [one.resolvername, one.type, within.map(([name]) => name).join(" ")];
      });
      printTable(["name", "type", "realms"], rows);
    }
    return 0;
  },
};

const show: Command = {
  name: "resolver show",
  summary: "show how a user source is configured; never its secrets",
  help: `ostiary resolver show NAME [--json]

  --json            for scripts
${COMMON_OPTIONS}

Example
  ostiary resolver show people`,
  options: { json: FLAG },
  words: 1,
  async run(line) {
    const name = requireName(line.positionals);
    const found = await withLocalEngine(line, (local) => requireResolver(local, name));
    if (line.values.json) printJson(found);
    else {
      console.log(`${printable(name)}: ${found.type}`);
      for (const [key, value] of Object.entries(found.data)) console.log(`  ${key} = ${printable(value)}`);
    }
    return 0;
  },
};

const create: Command = {
  name: "resolver create",
  summary: "create or change a user source",
  help: `ostiary resolver create NAME --type TYPE [FIELD=VALUE…] [SECRET-FIELD…]

The source is opened and tried before it is stored. Of one that exists only the fields given are changed; its type can not change.
It is of use when it is in a realm: ostiary realm create REALM NAME

${FIELDS_HELP}

  --type TYPE       needed for a new one
  --json            for scripts
${COMMON_OPTIONS}

Example
  ostiary resolver create people --type passwdresolver Filename=/srv/ostiary/users/people`,
  options: { json: FLAG, type: TEXT },
  words: MANY,
  async run(line) {
    const name = requireName(line.positionals);
    const given = line.values.type;
    const id = await withLocalEngine(line, async (local) => {
      const typeName = given === undefined ? (await find(local, name))?.type : String(given);
      if (typeName === undefined) throw new UsageError("--type is missing: the user source is a new one");
      const type = requireType(typeName);
      const fields = await readFields(line.positionals.slice(1), type);
      return (await local.call("resolverSet", { ...fields, resolver: name, type: type.type })).value;
    });
    if (line.values.json) printJson({ id });
    else console.log(`${name} is stored`);
    return 0;
  },
};

const remove: Command = {
  name: "resolver delete",
  summary: "delete a user source that is in no realm",
  help: `ostiary resolver delete NAME

  --json            for scripts
${COMMON_OPTIONS}

Example
  ostiary resolver delete people`,
  options: { json: FLAG },
  words: 1,
  async run(line) {
    const name = requireName(line.positionals);
    await withLocalEngine(line, async (local) => {
      await requireResolver(local, name);
      await local.call("resolverDelete", { resolver: name });
    });
    if (line.values.json) printJson({ deleted: name });
    return 0;
  },
};

const tryOut: Command = {
  name: "resolver test",
  summary: "try a user source, stored or not",
  help: `ostiary resolver test NAME [FIELD=VALUE…] [SECRET-FIELD…]
ostiary resolver test --type TYPE [FIELD=VALUE…] [SECRET-FIELD…]

Opens the source and says what it found; nothing is stored. With NAME, fields that are not given are those that are stored.
Exit code 1 if it does not work.

${FIELDS_HELP}

  --json            for scripts
${COMMON_OPTIONS}

Example
  ostiary resolver test people`,
  options: { json: FLAG, type: TEXT },
  words: MANY,
  async run(line) {
    const given = line.values.type;
    const [name, words] =
      given === undefined ? [requireName(line.positionals), line.positionals.slice(1)] : ["", line.positionals];
    const { value, detail } = await withLocalEngine(line, async (local) => {
      const type = requireType(given === undefined ? (await requireResolver(local, name)).type : String(given));
      return local.call("resolverTest", { ...(await readFields(words, type)), type: type.type, resolver: name || undefined });
    });
    const text = String(detail?.description ?? "");
    if (line.values.json) printJson({ works: value, description: text });
    else console.log(printable(text));
    return value ? 0 : 1;
  },
};

export const resolverCommands: Command[] = [list, show, create, remove, tryOut];
