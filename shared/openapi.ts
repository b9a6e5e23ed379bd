// The OpenAPI 3.1 document, made from the catalogue.
import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { catalogue } from "./catalogue.ts";
import type { Endpoint } from "./endpoint.ts";
import { VERSION, VERSION_NUMBER } from "./envelope.ts";
import { errorTable } from "./errors.ts";

type Json = Record<string, unknown>;

const errorSchema = {
  type: "object",
  required: ["jsonrpc", "id", "result", "detail", "version", "time"],
  properties: {
    jsonrpc: { const: "2.0" },
    id: { const: 1 },
    result: {
      type: "object",
      properties: {
        status: { const: false },
        error: {
          type: "object",
          required: ["code", "message"],
          properties: { code: { type: "integer" }, message: { type: "string" } },
        },
      },
    },
    detail: { type: ["object", "null"] },
    version: { type: "string", examples: [VERSION] },
    time: { type: "number" },
  },
};

/** Returns the document as plain JSON. `serverVersion` is our own release. */
export function buildOpenApi(serverVersion: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, entry] of Object.entries(catalogue) as [string, Endpoint][]) {
    for (const path of entry.paths) {
      const template = path.replace(/:(\w+)/g, "{$1}");
      const item = paths[template] ?? {};
      paths[template] = item;
      for (const method of entry.methods) item[method.toLowerCase()] = operation(name, entry, path, method);
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Ostiary",
      version: serverVersion,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        `Multi-factor authentication. Speaks the privacyIDEA ${VERSION_NUMBER} contract: parameters may travel as query, form, multipart ` +
        "or JSON; unknown ones are ignored; form and query values are percent-decoded twice.",
    },
    components: {
      securitySchemes: {
        jwt: { type: "apiKey", in: "header", name: "Authorization", description: "The bare JWT of POST /auth." },
      },
      schemas: { Error: errorSchema },
    },
    paths,
  };
}

function operation(name: string, entry: Endpoint, path: string, method: string): Json {
  const suffix = (entry.paths.indexOf(path) || "") + (entry.methods.length > 1 ? `_${method.toLowerCase()}` : "");
  const inPath = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  const rest = Object.entries(entry.params.properties).filter(([key]) => !inPath.includes(key));
  const required = (key: string) => (entry.params.required ?? []).includes(key);
  const body =
    rest.length || entry.open ? Type.Object(Object.fromEntries(rest), { additionalProperties: Boolean(entry.open) }) : null;
  return {
    operationId: name + suffix,
    tags: [entry.tag],
    summary: entry.summary,
    ...(entry.description ? { description: entry.description } : {}),
    ...(entry.right ? { "x-right": entry.right } : {}),
    security: entry.access === "none" ? [] : [{ jwt: [] }],
    parameters: [
      ...inPath.map((key) => ({ name: key, in: "path", required: true, ...parameter(entry.params, key) })),
      ...(method === "GET"
        ? rest.map(([key]) => ({ name: key, in: "query", required: required(key), ...parameter(entry.params, key) }))
        : []),
    ],
    ...(method !== "GET" && body
      ? {
          requestBody: {
            content: {
              "application/json": { schema: { ...body, required: rest.map(([key]) => key).filter(required) } },
              "application/x-www-form-urlencoded": { schema: { ...body, required: rest.map(([key]) => key).filter(required) } },
            },
          },
        }
      : {}),
    responses: {
      200: {
        description: "Done",
        content: { [entry.raw?.split(";")[0] ?? "application/json"]: { schema: entry.raw ? entry.value : success(entry) } },
      },
      ...refusals(entry),
    },
  };
}

function parameter(params: TObject, key: string): Json {
  const schema = params.properties[key] as TSchema | undefined;
  return { schema: schema ?? { type: "string" }, ...(schema?.description ? { description: schema.description } : {}) };
}

function success(entry: Endpoint): Json {
  return {
    type: "object",
    required: ["jsonrpc", "id", "result", "version", "versionnumber", "time"],
    properties: {
      jsonrpc: { const: "2.0" },
      id: { const: entry.id ?? 1 },
      result: {
        type: "object",
        required: ["status", "value"],
        properties: {
          status: { const: true },
          value: entry.value,
          ...(entry.id === 2 ? { authentication: { enum: ["ACCEPT", "CHALLENGE", "REJECT"] } } : {}),
        },
      },
      ...(entry.detail ? { detail: entry.detail } : {}),
      version: { type: "string", examples: [VERSION] },
      versionnumber: { type: "string", examples: [VERSION_NUMBER] },
      time: { type: "number" },
    },
  };
}

function refusals(entry: Endpoint): Json {
  const kinds = [
    ...(entry.errors ?? []),
    ...(entry.access === "none" ? [] : (["missing_authorization", "jwt_expired", "role_required"] as const)),
  ];
  const byStatus = new Map<number, string[]>();
  for (const kind of kinds) {
    const { status, code, text } = errorTable[kind];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${code}: ${text}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, texts]) => [
      status,
      { description: texts.join("\n"), content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
    ]),
  );
}
