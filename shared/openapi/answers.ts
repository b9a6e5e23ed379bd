// The answers of an operation in the OpenAPI document: success in its envelope or without one, errors by their status.

import type { Endpoint } from "../endpoint.ts";
import { listErrors } from "../endpoint-errors.ts";
import { type Envelope, VERSION, VERSION_NUMBER } from "../envelope.ts";
import { ApiError, type ErrorName, errorTable } from "../errors.ts";
import { plainSchema } from "./plain-schema.ts";

type Json = Record<string, unknown>;

const meta = {
  jsonrpc: { const: "2.0" },
  version: { type: "string", examples: [VERSION], description: "name and release of the contract this server speaks" },
  time: { type: "number", examples: [1_669_755_403.518], description: "seconds since 1970, with fraction" },
  nonce: { type: ["string", "number"], description: "the nonce of the request; only together with a signature" },
  signature: {
    type: "string",
    pattern: "^rsa_sha256_pss:[0-9a-f]+$",
    description: "RSA-PSS with SHA-256 over the other members as Python's json.dumps(sort_keys=True) prints them",
  },
};
const threadid = { type: "integer", description: "means nothing; the same for the life of the process" };

export const answerSchemas = {
  Success: {
    type: "object",
    description: "The envelope of every success. Members that do not apply are absent, never null.",
    required: ["jsonrpc", "id", "result", "version", "versionnumber", "time"],
    properties: {
      ...meta,
      id: { enum: [1, 2], description: "2 where the result carries `authentication`" },
      result: { type: "object", required: ["status", "value"], properties: { status: { const: true }, value: {} } },
      detail: { type: "object", properties: { threadid } },
      versionnumber: { type: "string", examples: [VERSION_NUMBER] },
    },
  },
  Error: {
    type: "object",
    description: "The envelope of every refusal. Compare the code; texts follow Accept-Language.",
    required: ["jsonrpc", "id", "result", "detail", "version", "time"],
    properties: {
      ...meta,
      id: { const: 1 },
      result: {
        type: "object",
        required: ["status", "error"],
        properties: {
          status: { const: false },
          error: {
            type: "object",
            required: ["code", "message"],
            properties: { code: { type: "integer" }, message: { type: "string" } },
          },
        },
      },
      detail: { type: ["object", "null"], properties: { threadid } },
    },
  },
};

/** What stands for `{names}` in the examples of errors. */
const exampleWords: Record<string, string> = {
  name: "serial",
  wanted: "at most 40 characters long",
  realm: "home",
  roles: "admin",
  scope: "Admin",
  action: "enable",
  setting: "metrics.allow",
  what: "realm",
  allowed: "GET, OPTIONS",
  seconds: "5",
  limit: "1048576",
  reason: "it is not JSON",
  known: "hotp, totp",
  text: "…",
};

/** `components.examples`: each error as it comes. */
export function errorExamples(): Json {
  const names = Object.keys(errorTable) as ErrorName[];
  return Object.fromEntries(
    names.map((name) => {
      const { spec, message } = new ApiError(name, exampleWords);
      const result = { status: false, error: { code: spec.code, message } };
      const value = { jsonrpc: "2.0", id: 1, result, detail: null, version: VERSION, time: 1_669_755_403.518 };
      return [name, { summary: `${spec.code}: ${message}`, value }];
    }),
  );
}

/** A success in its envelope, as the wire has it. */
export function envelopeOf({ id = 1 }: Endpoint, value: unknown, detail?: Json): Envelope {
  const authentication = value ? "ACCEPT" : "REJECT";
  return {
    id,
    jsonrpc: "2.0",
    result: id === 2 ? { status: true, value, authentication } : { status: true, value },
    ...(detail ? { detail: { ...detail, threadid: 140_000_123_456_789 } } : {}),
    time: 1_669_755_403.518,
    version: VERSION,
    versionnumber: VERSION_NUMBER,
  };
}

/** `responses`. `examples`: of the 200. */
export function describeAnswers(entry: Endpoint, examples: Json): Json {
  const done = entry.raw
    ? { [mediaType(entry.raw)]: { schema: plainSchema(entry.value), examples } }
    : { "application/json": { schema: success(entry), examples } };
  const file = entry.file ? { [mediaType(entry.file)]: { schema: { type: "string" } } } : {};
  const content = entry.file && entry.fileOnly ? file : { ...done, ...file };
  const others = (entry.statuses ?? []).map((status) => [
    status,
    { description: "The same answer, and it means no", content: done },
  ]);
  return { 200: { description: "Done", content }, ...Object.fromEntries(others), ...refusals(entry) };
}

const mediaType = (contentType: string): string => contentType.split(";", 1)[0] ?? contentType;

function success(entry: Endpoint): Json {
  const authentication = { enum: ["ACCEPT", "CHALLENGE", "REJECT"] };
  return {
    allOf: [{ $ref: "#/components/schemas/Success" }],
    type: "object",
    properties: {
      id: { const: entry.id ?? 1 },
      result: {
        type: "object",
        ...(entry.id === 2 ? { required: ["authentication"] } : {}),
        properties: { value: plainSchema(entry.value), ...(entry.id === 2 ? { authentication } : {}) },
      },
      ...(entry.detail ? { detail: plainSchema(entry.detail) } : {}),
    },
  };
}

function refusals(entry: Endpoint): Json {
  const byStatus = new Map<number, ErrorName[]>();
  for (const name of listErrors(entry)) {
    const { status } = errorTable[name];
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  const taken = new Set(entry.statuses ?? []);
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !taken.has(status))
      .sort(([a], [b]) => a - b)
      .map(([status, names]) => [status, refusal(names)]),
  );
}

function refusal(names: ErrorName[]): Json {
  const texts = names.map((name) => `- \`${errorTable[name].code}\` ${errorTable[name].text}`);
  return {
    description: texts.join("\n"),
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/Error" },
        examples: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/examples/${name}` }])),
      },
    },
  };
}
