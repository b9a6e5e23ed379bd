// The OpenAPI 3.1 document, made from the catalogue.
import { type TSchema, Type } from "@sinclair/typebox";
import { catalogue, type EndpointName } from "../catalogue.ts";
import type { Endpoint } from "../endpoint.ts";
import { VERSION_NUMBER } from "../envelope.ts";
import { answerSchemas, describeAnswers, envelopeOf, errorExamples } from "./answers.ts";
import { exampleOf } from "./example-values.ts";
import { plainSchema } from "./plain-schema.ts";
import { type Example, story } from "./story.ts";
import { describeTags } from "./tags.ts";

type Json = Record<string, unknown>;

const FORMS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

const aboutParameters = `
Multi-factor authentication. Speaks the privacyIDEA ${VERSION_NUMBER} contract.

**Parameters** may travel in the query, as a form, as multipart or as JSON; a parameter in the path wins over the body, the body over the
query. Unknown ones are ignored. Values of forms, queries and paths are percent-decoded twice, unless the client says nothing of itself
in \`User-Agent\` or is one that encodes once; JSON is taken as it is. True is \`1\` or \`true\`; lists may be written with commas.

**Answers** come in an envelope: \`result.value\`, or \`result.error\` with a code. A log-in that is refused is no error. With a \`nonce\` in the
request the answer is signed. Messages follow \`Accept-Language\`.

**Who calls** is told by the token of \`POST /auth\`, bare in \`Authorization\` or \`PI-Authorization\`. For users, \`user\`, \`realm\` and
\`resolver\` are always their own.`.trim();

const header = (name: string, description: string) => ({ type: "apiKey", in: "header", name, description });

/** Returns the document as plain JSON. `serverVersion` is our own release. */
export function buildOpenApi(serverVersion: string): Json {
  const paths: Record<string, Json> = {};
  const entries = Object.entries(catalogue) as [EndpointName, Endpoint][];
  for (const [name, entry] of entries) {
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
      description: aboutParameters,
    },
    // Relative to this document, so that it is right below a prefix too.
    servers: [{ url: ".", description: "this server" }],
    tags: describeTags(entries.map(([, { tag }]) => tag)),
    components: {
      securitySchemes: {
        jwt: header("Authorization", "The token of POST /auth, bare; `Bearer ` before it does no harm."),
        piJwt: header("PI-Authorization", "The same, where something else needs Authorization; looked at first."),
      },
      parameters: {
        nonce: {
          name: "nonce",
          in: "query",
          description: "any text; it comes back in the answer, which is signed then",
          schema: { type: "string", maxLength: 2000 },
        },
        language: {
          name: "Accept-Language",
          in: "header",
          description: "language of messages: en, de",
          schema: { type: "string" },
        },
      },
      schemas: answerSchemas,
      examples: errorExamples(),
    },
    paths,
  };
}

function operation(name: EndpointName, entry: Endpoint, path: string, method: string): Json {
  const inPath = namesIn(path);
  const rest = Object.entries(entry.params.properties).filter(([key]) => !inPath.includes(key));
  const told = story.filter((example) => example.endpoint === name && inPath.every((key) => key in example.params));
  const takesBody = method === "POST" || method === "PUT";
  const inQuery = takesBody ? [] : rest.filter(([key]) => key !== "nonce");
  const required = (key: string) => (entry.params.required ?? []).includes(key);
  return {
    operationId: operationIdOf(name, entry, path, method),
    tags: [entry.tag],
    summary: entry.summary,
    ...(entry.description ? { description: entry.description } : {}),
    ...(entry.right ? { "x-right": entry.right } : {}),
    security:
      entry.access === "none" && !entry.apiKey
        ? []
        : // An API key need not be asked for.
          [...(entry.apiKey ? [{}] : []), { jwt: rolesOf(entry) }, { piJwt: rolesOf(entry) }],
    parameters: [
      ...inPath.map((key) => ({ name: key, in: "path", required: true, ...parameter(entry, key, true) })),
      ...inQuery.map(([key]) => ({ name: key, in: "query", required: required(key), ...parameter(entry, key, required(key)) })),
      ...(entry.raw ? [] : [shared("nonce"), shared("language")]),
    ],
    ...(takesBody && (rest.length > 0 || entry.open) ? { requestBody: body(entry, rest, told, inPath) } : {}),
    responses: describeAnswers(entry, answerExamples(entry, told)),
  };
}

const shared = (name: string): Json => ({ $ref: `#/components/parameters/${name}` });
function rolesOf({ access, apiKey }: Endpoint): string[] {
  if (apiKey) return ["validate"];
  return access === "admin" ? ["admin"] : ["admin", "user"];
}
const namesIn = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");

/** tokenEnable, tokenEnableBySerial; validateCheck, validateCheckGet; a number where two forms take the same. */
function operationIdOf(name: string, entry: Endpoint, path: string, method: string): string {
  const wordsOf = (one: string) => namesIn(one).map((key) => (key[0] ?? "").toUpperCase() + key.slice(1));
  const first = wordsOf(entry.paths[0] ?? "");
  const own = wordsOf(path).filter((word) => !first.includes(word));
  const index = entry.paths.indexOf(path);
  const form = own.length > 0 ? `By${own.join("And")}` : index > 0 ? String(index + 1) : "";
  return name + form + (method === entry.methods[0] ? "" : method[0] + method.slice(1).toLowerCase());
}

/** Only what has to be given gets a value in the viewer's form: a filter that is filled in beforehand hides things. */
function parameter({ params }: Endpoint, key: string, given: boolean): Json {
  const schema = (params.properties[key] as TSchema | undefined) ?? Type.String();
  return {
    schema: plainSchema(schema),
    ...(schema.type === "array" ? { style: "form", explode: false } : {}),
    ...(schema.description ? { description: schema.description } : {}),
    ...(given ? { example: exampleOf(schema, key) } : {}),
  };
}

function body(entry: Endpoint, rest: [string, TSchema][], told: Example[], inPath: string[]): Json {
  const names = rest.map(([key]) => key);
  const required = names.filter((key) => (entry.params.required ?? []).includes(key));
  const schema = plainSchema(Type.Object(Object.fromEntries(rest), { additionalProperties: true }));
  if (required.length > 0) schema.required = required;
  else delete schema.required;
  const values = told.map(({ title, params }) => ({
    summary: title,
    value: Object.fromEntries(Object.entries(params).filter(([key]) => !inPath.includes(key))),
  }));
  const made = {
    value: Object.fromEntries(rest.filter(([key]) => required.includes(key)).map(([key, one]) => [key, exampleOf(one, key)])),
  };
  const examples = named(values.length > 0 ? values : [made]);
  return { required: required.length > 0, content: Object.fromEntries(FORMS.map((form) => [form, { schema, examples }])) };
}

function answerExamples(entry: Endpoint, told: Example[]): Json {
  if (entry.raw) return named([{ value: exampleOf(entry.value) }]);
  if (told.length > 0)
    return named(told.map(({ title, value, detail }) => ({ summary: title, value: envelopeOf(entry, value, detail) })));
  const detail = entry.detail ? (exampleOf(entry.detail) as Json) : undefined;
  return named([{ value: envelopeOf(entry, exampleOf(entry.value, "value"), detail) }]);
}

const named = (examples: Json[]): Json => Object.fromEntries(examples.map((example, index) => [`example${index + 1}`, example]));
