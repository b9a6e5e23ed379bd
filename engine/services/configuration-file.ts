// Reads the document that `ostiary config export` wrote, or that somebody edited: its form, checked before anything is compared
// or stored. Everything that is wrong is told at once.
import { type ConfigurationExport, EXPORT_FORMAT, EXPORT_VERSION } from "./configuration-export.ts";

/** Longer files are no configuration. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_FAULTS = 50;

/** The document is not of the form; one line for each fault. No values in it: they may be secrets. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    const shown = faults.slice(0, MAX_FAULTS);
    const more = faults.length > shown.length ? [`… and ${faults.length - shown.length} more`] : [];
    super(`the document has ${faults.length} faults:\n${[...shown, ...more].map((fault) => `  ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** Error: DocumentError. */
export function parseDocument(text: string): ConfigurationExport {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new DocumentError(["it is not JSON"]);
  }
  if (!isObject(document) || document.format !== EXPORT_FORMAT)
    throw new DocumentError([`it has no "format": "${EXPORT_FORMAT}"`]);
  if (document.version !== EXPORT_VERSION)
    throw new DocumentError([`its version is not ${EXPORT_VERSION}: another release wrote it`]);
  const faults: string[] = [];
  const members = ["format", "version", "resolvers", "realms", "default_realm", "system", "token_groups"];
  for (const key of Object.keys(document)) if (!members.includes(key)) faults.push(`${quote(key)} is no part of it`);
  readTable(document, "resolvers", faults, checkResolver);
  readTable(document, "realms", faults, checkRealm);
  readTable(document, "system", faults, (entry, at) => checkTexts(entry, at, ["value", "type", "description"], faults));
  readTable(document, "token_groups", faults, (entry, at) => checkTexts(entry, at, ["description"], faults));
  const { default_realm } = document;
  if (default_realm !== null && typeof default_realm !== "string") faults.push("default_realm is not a text or null");
  if (faults.length > 0) throw new DocumentError(faults);
  return document as unknown as ConfigurationExport;
}

function readTable(
  document: Json,
  name: string,
  faults: string[],
  check: (entry: Json, at: string, faults: string[]) => void,
): void {
  const table = document[name];
  if (!isObject(table)) {
    faults.push(`${name} is missing, or no object`);
    return;
  }
  for (const [key, entry] of Object.entries(table)) {
    const at = `${name}, ${quote(key)}`;
    if (isObject(entry)) check(entry, at, faults);
    else faults.push(`${at} is no object`);
  }
}

function checkTexts(entry: Json, at: string, names: readonly string[], faults: string[]): void {
  for (const name of names) if (typeof entry[name] !== "string") faults.push(`${at}: ${name} is not a text`);
  for (const name of Object.keys(entry)) if (!names.includes(name)) faults.push(`${at}: ${quote(name)} is no part of it`);
}

function checkResolver({ data, ...rest }: Json, at: string, faults: string[]): void {
  checkTexts(rest, at, ["type"], faults);
  if (!isObject(data)) faults.push(`${at}: data is missing, or no object`);
  else checkTexts(data, `${at}, data`, Object.keys(data), faults);
}

function checkRealm({ resolvers, ...rest }: Json, at: string, faults: string[]): void {
  checkTexts(rest, at, [], faults);
  if (!Array.isArray(resolvers)) {
    faults.push(`${at}: resolvers is missing, or no list`);
    return;
  }
  const names = new Set<unknown>();
  for (const member of resolvers as unknown[]) {
    const { name, priority, ...more } = isObject(member) ? member : ({} as Json);
    const fits = priority === null || (Number.isInteger(priority) && Number(priority) >= 1 && Number(priority) <= 999);
    if (typeof name !== "string" || !fits || Object.keys(more).length > 0)
      faults.push(`${at}: a user source has a name and a priority from 1 to 999 or null`);
    else if (names.has(name)) faults.push(`${at}: ${quote(name)} stands in it twice`);
    names.add(name);
  }
}

/** A name out of the document, fit for a terminal. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name).replace(/[\u007f-\u009f\u2028\u2029]/g, "\ufffd");
}
