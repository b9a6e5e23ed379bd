// ostiary realm …: realms and which user sources they are made of (config-and-tokens.md F, B16).
import { COMMON_OPTIONS, type Command, CommandError, FLAG, MANY, UsageError } from "./command.ts";
import { withLocalEngine } from "./local-engine.ts";
import { printJson, printTable } from "./output.ts";

const JSON_HELP = "  --json            for scripts";

/** `people:10` is the source people with priority 10. */
function readMembers(words: string[]): { resolvers: string[]; priorities: Record<string, string> } {
  const members = words.map((word) => word.split(":"));
  if (members.some((parts) => parts.length > 2 || parts[0] === ""))
    throw new UsageError("a user source is given as NAME or NAME:PRIORITY");
  const given = members.flatMap(([name = "", priority]) => (priority === undefined ? [] : [[`priority.${name}`, priority]]));
  return { resolvers: members.map(([name = ""]) => name), priorities: Object.fromEntries(given) };
}

const list: Command = {
  name: "realm list",
  summary: "list the realms and their user sources",
  help: `ostiary realm list [--json]

${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary realm list --data /srv/ostiary`,
  options: { json: FLAG },
  async run(line) {
    const { value } = await withLocalEngine(line, ({ call }) => call("realmList", {}));
    if (line.values.json) printJson(value);
    else {
      const rows = Object.entries(value).map(([name, { default: isDefault, resolver }]) => {
        const members = resolver.map((one) => (one.priority === null ? one.name : `${one.name}:${one.priority}`));
        return [name, isDefault ? "yes" : "", members.join(" ")];
      });
      printTable(["realm", "default", "user sources"], rows);
    }
    return 0;
  },
};

const create: Command = {
  name: "realm create",
  summary: "create a realm, or give one other user sources",
  help: `ostiary realm create REALM RESOLVER[:PRIORITY] [RESOLVER[:PRIORITY]…]

Makes a realm of user sources; of a realm that exists the sources are replaced by these. A lower priority (1 to 999) is asked
first, sources without one last. The first realm there is becomes the default one.

${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary realm create home people:1 guests:2`,
  options: { json: FLAG },
  words: MANY,
  async run(line) {
    const [realm, ...words] = line.positionals;
    if (realm === undefined || words.length === 0) throw new UsageError("give the realm and at least one user source");
    const { resolvers, priorities } = readMembers(words);
    const value = await withLocalEngine(line, async ({ call }) => {
      const known = Object.keys((await call("resolverList", {})).value);
      const unknown = resolvers.find((name) => !known.includes(name));
      if (unknown !== undefined)
        throw new CommandError(`there is no user source ${JSON.stringify(unknown)}; there are: ${known.join(", ") || "none"}`);
      return (await call("realmSet", { realm, resolvers, ...priorities })).value;
    });
    if (line.values.json) printJson(value);
    else console.log(`${realm}: ${value.added.join(", ")}`);
    return 0;
  },
};

const remove: Command = {
  name: "realm delete",
  summary: "delete a realm; its tokens keep their owners",
  help: `ostiary realm delete REALM

Users of the realm can not log in until their source is in a realm again; their tokens stay theirs.

${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary realm delete guests`,
  options: { json: FLAG },
  words: 1,
  async run(line) {
    const [realm] = line.positionals;
    if (realm === undefined) throw new UsageError("give the realm");
    await withLocalEngine(line, ({ call }) => call("realmDelete", { realm }));
    if (line.values.json) printJson({ deleted: realm });
    return 0;
  },
};

const setDefault: Command = {
  name: "realm default",
  summary: "show or set the realm of those who name none",
  help: `ostiary realm default [REALM | --none]

Without a realm it shows which one it is.

  --none            have no default realm
${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary realm default home`,
  options: { json: FLAG, none: FLAG },
  words: 1,
  async run(line) {
    const [realm] = line.positionals;
    if (realm !== undefined && line.values.none) throw new UsageError("give a realm or --none, not both");
    const value = await withLocalEngine(line, async ({ call }) => {
      if (realm !== undefined) await call("defaultRealmSet", { realm });
      if (line.values.none) await call("defaultRealmDelete", {});
      return (await call("defaultRealmGet", {})).value;
    });
    const [name] = Object.keys(value);
    if (line.values.json) printJson(value);
    else if (name !== undefined) console.log(name);
    return 0;
  },
};

export const realmCommands: Command[] = [list, create, remove, setDefault];
