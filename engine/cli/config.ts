// ostiary config …: system settings in the database (config-and-tokens.md G). Those of ostiary.toml are not here.
import { describeSystemKey, findSystemKey, type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import { readSettingRows } from "../services/system-settings.ts";
import { COMMON_OPTIONS, type Command, CommandError, FLAG, TEXT, UsageError } from "./command.ts";
import { configTransferCommands } from "./config-transfer.ts";
import { withLocalEngine } from "./local-engine.ts";
import { printable, printJson, printTable } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

const JSON_HELP = "  --json            for scripts";

interface ListedSetting {
  key: string;
  value: string;
  type: string;
  /** Something is stored; otherwise it is the default. */
  stored: boolean;
  help: string;
}

const list: Command = {
  name: "config list",
  summary: "list the system settings, stored and known",
  help: `ostiary config list [--json]

Every setting that is stored, and every one the server knows with its default. Secrets show as __CENSORED__.

${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary config list --json`,
  options: { json: FLAG },
  async run(line) {
    const rows = await withLocalEngine(line, async ({ engine, call }): Promise<ListedSetting[]> => {
      const { value } = await call("systemGet", {});
      const shown = new Map(Object.entries(value as Record<string, unknown>));
      const stored = new Map((await readSettingRows(engine)).map(({ key, type }) => [key, type]));
      const names = [...new Set([...Object.keys(systemKeys), ...stored.keys()])].sort();
      return names.map((key) => {
        const known = findSystemKey(key);
        const spec: SystemKey | null = known && systemKeys[known];
        const text = String(shown.get(key) ?? spec?.default ?? "");
        return { key, value: text, type: stored.get(key) ?? "", stored: stored.has(key), help: spec?.help ?? "" };
      });
    });
    if (line.values.json) printJson(rows);
    else
      printTable(
        ["setting", "value", "from", "type"],
        rows.map(({ key, value, stored, type }) => [key, value.slice(0, 60), stored ? "stored" : "default", type]),
      );
    return 0;
  },
};

const get: Command = {
  name: "config get",
  summary: "show one system setting",
  help: `ostiary config get NAME [--json]

The stored value, or the default. Exit code 1 for a name nobody knows.

${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary config get DefaultOtpLen`,
  options: { json: FLAG },
  words: 1,
  async run(line) {
    const key = requireKey(line.positionals);
    const { value } = await withLocalEngine(line, ({ call }) => call("systemGet", { key }));
    const known = findSystemKey(key);
    const shown = value ?? (known === null ? null : String(systemKeys[known].default));
    if (shown === null) throw new CommandError(`there is no setting ${JSON.stringify(key)}`);
    if (line.values.json) printJson(shown);
    else console.log(printable(String(shown)));
    return 0;
  },
};

const set: Command = {
  name: "config set",
  summary: "store a system setting",
  help: `ostiary config set NAME VALUE [--public] [--description TEXT]
ostiary config set NAME --secret [--description TEXT] < VALUE

Works beside a running server, which has it in force at once. A value that the setting can not have is refused.

  --public          users may read it (GET /system/)
  --secret          the value is the first line of standard input, and is sealed
  --description T   what it is for
${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary config set DefaultOtpLen 8

Settings the server knows
${(Object.keys(systemKeys) as (keyof typeof systemKeys)[]).map((name) => `  ${name}: ${describeSystemKey(name)}`).join("\n")}`,
  options: { json: FLAG, public: FLAG, secret: FLAG, description: TEXT },
  words: 2,
  async run(line) {
    const key = requireKey(line.positionals);
    const [, given] = line.positionals;
    const { secret, description } = line.values;
    if (secret && (given !== undefined || line.values.public))
      throw new UsageError("--secret takes the value from standard input, and does not go with --public");
    if (!secret && given === undefined) throw new UsageError("give a value, or --secret and the value on standard input");
    const value = given ?? (await readSecrets([key]))[0] ?? "";
    const type = secret ? "password" : line.values.public ? "public" : undefined;
    const reply = await withLocalEngine(line, ({ call }) =>
      call("systemSetConfig", { [key]: value, [`${key}.type`]: type, [`${key}.desc`]: description }),
    );
    if (line.values.json) printJson(reply.value);
    return 0;
  },
};

const remove: Command = {
  name: "config delete",
  summary: "forget a system setting; its default is in force again",
  help: `ostiary config delete NAME

${JSON_HELP}
${COMMON_OPTIONS}

Example
  ostiary config delete DefaultOtpLen`,
  options: { json: FLAG },
  words: 1,
  async run(line) {
    const key = requireKey(line.positionals);
    await withLocalEngine(line, ({ call }) => call("systemDelete", { key }));
    if (line.values.json) printJson({ deleted: key });
    return 0;
  },
};

function requireKey(positionals: string[]): string {
  const [key] = positionals;
  if (key === undefined) throw new UsageError("give the name of the setting");
  return key;
}

export const configCommands: Command[] = [list, get, set, remove, ...configTransferCommands];
