// The configuration as reStructuredText for people (rest-api.md 2.5, `GET /system/documentation`; config-and-tokens.md G22).
// Values stand in literal blocks, so nothing that somebody stored can change what the document says.
import { describeSystemKey, findSystemKey, type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import { findResolverType } from "../users/registry.ts";
import { type ConfigurationExport, exportConfiguration } from "./configuration-export.ts";
import type { Engine } from "./engine.ts";

/** The whole document. */
export async function describeConfiguration(engine: Engine): Promise<string> {
  const configuration = await exportConfiguration(engine);
  const lines = [
    ...heading("Configuration of Ostiary", "="),
    `Version ${engine.version}, node ${engine.settings["node.name"]}, ${new Date(engine.now()).toISOString()}.`,
    "",
    "Secrets are shown as ``__CENSORED__``. What stands in ostiary.toml is not part of this document.",
    "",
    ...heading("Realms", "-"),
    ...describeRealms(configuration),
    ...heading("User sources", "-"),
    ...describeResolvers(configuration),
    ...heading("System settings", "-"),
    ...describeSettings(configuration),
    ...heading("Token groups", "-"),
    ...describeGroups(configuration),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function heading(title: string, line: string): string[] {
  return [title, line.repeat(title.length), ""];
}

const NONE = ["None.", ""];

function describeRealms({ realms, default_realm }: ConfigurationExport): string[] {
  const names = Object.entries(realms);
  if (names.length === 0) return NONE;
  return names.flatMap(([name, { resolvers }]) => [
    term(name),
    name === default_realm ? "  The default realm." : "  A realm.",
    "",
    ...(resolvers.length === 0 ? ["  It has no user source.", ""] : []),
    ...resolvers.flatMap(({ name: source, priority }) => [
      `  - ${escapeText(source)}, ${priority === null ? "without priority" : `priority ${priority}`}`,
    ]),
    "",
  ]);
}

function describeResolvers({ resolvers }: ConfigurationExport): string[] {
  const all = Object.entries(resolvers);
  if (all.length === 0) return NONE;
  return all.flatMap(([name, { type, data }]) => {
    const fields = findResolverType(type)?.fields ?? [];
    const described = Object.entries(data).flatMap(([key, value]) => {
      const help = fields.find((field) => field.name === key)?.help ?? "";
      return [`  ${term(key)}`, ...literal(help, value, "    ")];
    });
    return [term(name), `  Type ${escapeText(type)}.`, "", ...described];
  });
}

function describeSettings({ system }: ConfigurationExport): string[] {
  const stored = Object.entries(system).flatMap(([key, { value, type, description }]) => {
    const kind = type === "password" ? "A secret." : type === "public" ? "Users see it." : "";
    const help = [description && escapeText(description), helpOf(key), kind].filter((text) => text !== "").join(" ");
    return [term(key), ...literal(help, value, "  ")];
  });
  const unset = (Object.entries(systemKeys) as [string, SystemKey][]).filter(([key]) => !Object.hasOwn(system, key));
  const defaults = unset.flatMap(([key, { default: value }]) => [
    term(key),
    ...literal(`${helpOf(key)} Not stored; this is the default.`, String(value), "  "),
  ]);
  return [...stored, ...defaults];
}

/** What the engine says of one of its own settings. */
function helpOf(key: string): string {
  const name = findSystemKey(key);
  if (name === null) return "";
  const { help, unused, id }: SystemKey = systemKeys[name];
  const words = `${help.replaceAll("`", "``")} It can be ${describeSystemKey(name)} (${id}).`;
  return unused ? `${words} Nothing reads it yet.` : words;
}

function describeGroups({ token_groups }: ConfigurationExport): string[] {
  const all = Object.entries(token_groups);
  if (all.length === 0) return NONE;
  return all.flatMap(([name, { description }]) => [term(name), `  ${escapeText(description) || "A group of tokens."}`, ""]);
}

/** The term of a definition list; never empty, and in one line. */
function term(text: string): string {
  return `**${escapeText(text) || "?"}**`;
}

/** A paragraph and a literal block with the value. */
function literal(help: string, value: string, indent: string): string[] {
  const shown = value === "" ? "(empty)" : value;
  const lines = shown.split(/\r\n|\n|\r/).map((line) => `${indent}    ${replaceControls(line)}`);
  return [`${indent}${help === "" ? "::" : `${help} ::`}`, "", ...lines, ""];
}

/** Text from the database between our words: nothing in it is markup. */
function escapeText(text: string): string {
  return replaceControls(text.replace(/\s+/g, " ").trim()).replace(/[^\p{L}\p{N} .,-]/gu, "\\$&");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: replacing them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

function replaceControls(text: string): string {
  return text.replace(CONTROL, "\ufffd");
}
