// Does an answer fit what the catalogue, and so the OpenAPI document, says of it? Every answer of startApp() is checked, so each
// contract test proves the document a little.

import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { listErrors } from "@ostiary/shared/endpoint-errors.ts";
import { errorTable } from "@ostiary/shared/errors.ts";
import { FormatRegistry } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

// A word for forms, not for values.
FormatRegistry.Set("password", () => true);

interface Answer {
  status: number;
  /** `content-type` without its parameters */
  type: string;
  text: string;
}

const routes = (Object.entries(catalogue) as [string, Endpoint][]).flatMap(([name, entry]) =>
  entry.paths.map((path) => ({ name, entry, parts: split(path) })),
);

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

/** The entry that answers this method and path, also in the document's form with {names}; undefined for what no entry does. Fixed parts go before parameters. */
export function findEntry(method: string, path: string): { name: string; entry: Endpoint } | undefined {
  const parts = split(path);
  const fits = routes.filter(
    (route) =>
      route.entry.methods.some((one) => one === method) &&
      route.parts.length === parts.length &&
      route.parts.every((part, index) => part.startsWith(":") || part === parts[index]),
  );
  const parametersOf = (route: (typeof routes)[number]) => route.parts.filter((part) => part.startsWith(":")).length;
  return fits.sort((a, b) => parametersOf(a) - parametersOf(b))[0];
}

/** Why the answer is not what the document says; null: it is. */
export function findUndocumented(method: string, path: string, answer: Answer): string | null {
  const found = findEntry(method === "HEAD" ? "GET" : method, path);
  if (!found || method === "HEAD") return null;
  const { name, entry } = found;
  const problem =
    answer.type === "application/json" && isEnvelope(answer.text) ? ofEnvelope(entry, answer) : ofOther(entry, answer);
  return problem === null ? null : `${method} ${path} (${name} in shared/endpoints): ${problem}\n${answer.text.slice(0, 1000)}`;
}

const isEnvelope = (text: string): boolean => text.startsWith('{"id":');

function ofEnvelope(entry: Endpoint, { status, text }: Answer): string | null {
  const { result, detail } = JSON.parse(text);
  if (result.error) {
    const known = listErrors(entry).map((error) => errorTable[error]);
    const listed = known.some((spec) => spec.status === status && spec.code === result.error.code);
    return listed ? null : `answered ${status} with code ${result.error.code}, which its \`errors\` do not list`;
  }
  if (status !== 200) return `answered ${status} without an error`;
  return (
    firstError(entry.value, result.value, "value") ?? (entry.detail && detail ? firstError(entry.detail, detail, "detail") : null)
  );
}

function ofOther(entry: Endpoint, { status, type, text }: Answer): string | null {
  if (status !== 200 && !entry.statuses?.includes(status)) return `answered ${status} without an envelope`;
  const types = [entry.raw, entry.file].map((one) => one?.split(";", 1)[0]);
  if (!types.includes(type)) return `answered ${type}, which neither \`raw\` nor \`file\` names`;
  return entry.raw === "application/json" ? firstError(entry.value, JSON.parse(text), "answer") : null;
}

function firstError(schema: Endpoint["value"], value: unknown, what: string): string | null {
  const error = Value.Errors(schema, value).First();
  return error ? `${what}${error.path} is not as its schema says: ${error.message}` : null;
}
