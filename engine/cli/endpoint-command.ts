// A command made from an endpoint of the catalogue: its options are the parameters, its help their descriptions. What stands on the
// command line can be seen by others, so secret parameters come from standard input.
import { type Catalogue, catalogue, type EndpointName } from "@ostiary/shared/catalogue.ts";
import type { Endpoint, ValueOf } from "@ostiary/shared/endpoint.ts";
import type { Reply } from "../http/call.ts";
import { COMMON_OPTIONS, type Command, type CommandLine, FLAG, type Options, TEXT, UsageError } from "./command.ts";
import { type LocalEngine, withLocalEngine } from "./local-engine.ts";
import { printJson } from "./output.ts";
import { readSecrets } from "./standard-input.ts";

/** An endpoint as a command. */
export interface EndpointRow<Name extends EndpointName> {
  name: string;
  endpoint: Name;
  /** In place of what the catalogue says, where the command is narrower than the call. */
  summary?: string;
  /** Parameters that stand behind the command without a dash, in this order. */
  words?: readonly string[];
  /** How many of the words must be there; all if absent. */
  needed?: number;
  /** Parameters that the command line does not have; or the only ones that it has. */
  without?: readonly string[];
  only?: readonly string[];
  /** Options beside the parameters, and their help. */
  more?: Record<string, string>;
  example: string;
  /** What a person gets to see; the value if absent. */
  show?: (reply: Reply<ValueOf<Catalogue[Name]>>, line: CommandLine) => void;
  /** What `--json` prints; the value if absent. */
  json?: (reply: Reply<ValueOf<Catalogue[Name]>>, line: CommandLine) => unknown;
  /** Why the answer means that nothing was done: exit code 1. */
  refusal?: (value: ValueOf<Catalogue[Name]>, line: CommandLine) => string | null;
  /** What is wrong with the line, before anything is opened. */
  fault?: (line: CommandLine) => string | null;
}

interface Param {
  name: string;
  schema: Endpoint["params"]["properties"][string];
  required: boolean;
  secret: boolean;
  /** Its option, without dashes. */
  option: string;
}

export function endpointCommand<Name extends EndpointName>(row: EndpointRow<Name>): Command {
  const entry: Endpoint = catalogue[row.endpoint];
  const words = row.words ?? [];
  const params = listParams(entry, row);
  const secrets = params.filter(({ secret }) => secret);
  const optional = params.filter(({ name, secret, required }) => !words.includes(name) && !(secret && required));
  const isFlag = ({ secret, schema }: Param) => secret || schema.wire === "flag";
  return {
    name: row.name,
    summary: row.summary ?? entry.summary.charAt(0).toLowerCase() + entry.summary.slice(1),
    help: describe(row, entry, params),
    words: words.length,
    options: {
      ...Object.fromEntries(optional.map((param) => [param.option, isFlag(param) ? FLAG : TEXT])),
      ...Object.fromEntries(Object.keys(row.more ?? {}).map((option) => [option, FLAG])),
      json: FLAG,
    } satisfies Options,
    async run(line) {
      const { values, positionals } = line;
      if (positionals.length < (row.needed ?? words.length))
        throw new UsageError(`${words[positionals.length]?.toUpperCase()} is missing`);
      const fault = row.fault?.(line) ?? null;
      if (fault !== null) throw new UsageError(fault);
      const asked = secrets.filter(({ required, option }) => required || values[option]);
      const answers = asked.length > 0 ? await readSecrets(asked.map(({ schema }) => String(schema.description))) : [];
      const given = {
        ...Object.fromEntries(words.map((name, index) => [name, positionals[index]])),
        ...Object.fromEntries(optional.filter(({ secret }) => !secret).map(({ name, option }) => [name, values[option]])),
        ...Object.fromEntries(asked.map(({ name }, index) => [name, answers[index]])),
      };
      return withLocalEngine(line, (local) => answer(row, line, local, given));
    },
  };
}

async function answer<Name extends EndpointName>(
  row: EndpointRow<Name>,
  line: CommandLine,
  { call }: LocalEngine,
  params: Record<string, unknown>,
): Promise<number> {
  const reply = await call(row.endpoint, params as Parameters<LocalEngine["call"]>[1] as never);
  const refusal = row.refusal?.(reply.value, line) ?? null;
  if (reply.file) await printFile(reply.file.body);
  else if (line.values.json) printJson(row.json ? row.json(reply, line) : reply.value);
  else if (row.show) row.show(reply, line);
  // A bare "false" or 0 beside the reason tells nothing.
  else if (refusal === null)
    console.log(typeof reply.value === "object" ? JSON.stringify(reply.value, null, 2) : String(reply.value));
  if (refusal !== null) console.error(`ostiary ${row.name}: ${refusal}`);
  return refusal === null ? 0 : 1;
}

async function printFile(body: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  const chunks = typeof body === "string" || body instanceof Uint8Array ? [body] : body;
  for await (const chunk of chunks) await Bun.write(Bun.stdout, chunk);
}

function listParams(
  { params }: Endpoint,
  { without = [], only }: { without?: readonly string[]; only?: readonly string[] },
): Param[] {
  const required: readonly string[] = params.required ?? [];
  return Object.entries(params.properties)
    .filter(([name]) => !without.includes(name) && (only?.includes(name) ?? true))
    .map(([name, schema]) => {
      const secret = schema.wire === "secret";
      return { name, schema, secret, required: required.includes(name), option: secret ? `${name}-stdin` : name };
    });
}

const WIDTH = 126;

function describe<Name extends EndpointName>(row: EndpointRow<Name>, entry: Endpoint, params: readonly Param[]): string {
  const words = (row.words ?? []).map((word, index) =>
    index < (row.needed ?? row.words?.length ?? 0) ? word.toUpperCase() : `[${word.toUpperCase()}]`,
  );
  const options = params.filter(({ name, secret, required }) => !row.words?.includes(name) && !(secret && required));
  const read = params.filter(({ secret, required }) => secret && required).map(({ schema }) => schema.description);
  const lines: [left: string, right: string][] = options.map(({ option, schema, secret }) => {
    const value =
      secret || schema.wire === "flag" ? "" : ` ${schema.wire === "integer" ? "N" : schema.wire === "list" ? "A,B" : "TEXT"}`;
    const words = schema.enum ? ` (${(schema.enum as string[]).join(", ")})` : "";
    return [`--${option}${value}`, secret ? `read from standard input: ${schema.description}` : `${schema.description}${words}`];
  });
  for (const [option, help] of Object.entries(row.more ?? {})) lines.push([`--${option}`, help]);
  lines.push(["--json", "the answer as JSON"]);
  const width = Math.min(28, Math.max(18, ...lines.map(([left]) => left.length)));
  return [
    ["ostiary", row.name, ...words, ...(lines.length > 1 ? ["[options]"] : ["[--json]"])].join(" "),
    "",
    ...wrap(row.summary ? `${capitalise(row.summary)}.` : `${entry.summary}. ${entry.description ?? ""}`.trim(), WIDTH),
    ...(read.length > 0 ? wrap(`Standard input, line by line: ${read.join("; ")}.`, WIDTH) : []),
    "",
    ...lines.flatMap(([left, right]) => {
      const [first = "", ...rest] = wrap(right, WIDTH - width - 4);
      return [`  ${left.padEnd(width)}  ${first}`, ...rest.map((text) => `  ${" ".repeat(width)}  ${text}`)];
    }),
    COMMON_OPTIONS,
    "",
    "Example",
    `  ${row.example}`,
  ].join("\n");
}

const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Lines of at most `width` characters, broken at blanks. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
