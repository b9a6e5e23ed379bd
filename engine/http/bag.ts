// The parameter bag: query, body and path merged into one (rest-api.md 1.7, clients-contract.md W1-W5). Path wins over body
// over query; within one source the first of a name wins. Names are keys of a Map, so `__proto__` is a name like any other.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { findJsonExcess } from "../core/json-shape.ts";
import { FormSizeError, parseForm, unquote } from "../core/percent.ts";
import { skipsSecondDecoding } from "../core/user-agent.ts";
import type { Inbound } from "./exchange.ts";

/** Text, a JSON value, or an uploaded file. */
export type Bag = Map<string, unknown>;

const MAX_PARAMETERS = 1000;
const MAX_JSON = { depth: 32, members: 20_000 };

/** Errors: 905 for a body that is not what its content type says, 413 for one over `limit` bytes. */
export async function readBag(inbound: Inbound, pathParams: Record<string, string>, limit: number): Promise<Bag> {
  const bag: Bag = new Map();
  const decodeAgain = skipsSecondDecoding(inbound.headers.get("user-agent"))
    ? (text: string) => text
    : (text: string) => unquote(text);
  for (const name in pathParams) bag.set(name, decodeAgain(pathParams[name] ?? ""));
  const body = await inbound.read(limit);
  if (body.length > 0) await addBody(bag, body, inbound.headers.get("content-type") ?? "", decodeAgain);
  if (inbound.query) addForm(bag, inbound.query, decodeAgain);
  if (bag.size > MAX_PARAMETERS) throw tooMany();
  return bag;
}

function add(bag: Bag, name: string, value: unknown): void {
  if (!bag.has(name)) bag.set(name, value);
}

function addForm(bag: Bag, text: string, decodeAgain: (text: string) => string): void {
  for (const [name, value] of readPairs(text)) add(bag, name, decodeAgain(value));
}

function readPairs(text: string): [string, string][] {
  try {
    return parseForm(text, MAX_PARAMETERS);
  } catch (cause) {
    if (cause instanceof FormSizeError) throw tooMany();
    throw cause;
  }
}

const tooMany = () => new ApiError("body_unreadable", { reason: phrase("body_too_many", { maximum: MAX_PARAMETERS }) });

const decoder = new TextDecoder();

function addBody(bag: Bag, body: Uint8Array, contentType: string, decodeAgain: (text: string) => string): Promise<void> | void {
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType === "multipart/form-data") return addMultipart(bag, body, contentType, decodeAgain);
  const text = decoder.decode(body);
  if (mediaType === "application/json" || mediaType.endsWith("+json")) return addJson(bag, text, "strict");
  if (mediaType === "application/x-www-form-urlencoded") {
    // Some clients send JSON under the form's content type; a form never begins with a brace it did not encode.
    if (text.startsWith("{") && addJson(bag, text, "lenient")) return;
    return addForm(bag, text, decodeAgain);
  }
  addJson(bag, text, "lenient");
}

const JSON_EXCESS = { depth: "body_too_deep", members: "body_too_wide" } as const;

/** JSON values are taken as they are, never percent-decoded. Null is the same as absent (W9 in the other direction). */
function addJson(bag: Bag, text: string, mode: "strict"): void;
function addJson(bag: Bag, text: string, mode: "lenient"): boolean;
function addJson(bag: Bag, text: string, mode: "strict" | "lenient"): boolean {
  if (text.trim() === "" || (mode === "lenient" && !text.trimStart().startsWith("{"))) return false;
  const excess = findJsonExcess(text, MAX_JSON);
  if (excess !== null) throw new ApiError("body_unreadable", { reason: phrase(JSON_EXCESS[excess]) });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (mode === "lenient") return false;
    throw new ApiError("body_unreadable", { reason: phrase("body_no_json") }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    if (mode === "lenient") return false;
    throw new ApiError("body_unreadable", { reason: phrase("body_no_object") });
  }
  for (const [name, member] of Object.entries(value)) if (member !== null) add(bag, name, member);
  return true;
}

async function addMultipart(
  bag: Bag,
  body: Uint8Array,
  contentType: string,
  decodeAgain: (text: string) => string,
): Promise<void> {
  let form: Iterable<[string, string | File]>;
  try {
    form = (await new Response(body, { headers: { "content-type": contentType } }).formData()) as unknown as typeof form;
  } catch (cause) {
    throw new ApiError("body_unreadable", { reason: phrase("body_no_multipart") }, { cause });
  }
  for (const [name, value] of form) add(bag, name, typeof value === "string" ? decodeAgain(value) : value);
}
