// Requests made from the OpenAPI document: right ones, ones on the edge and hostile ones, in every form a body can have.
import fc from "fast-check";
import { anything, anyValue } from "./fuzz-values.ts";

type Json = Record<string, unknown>;

export interface Operation {
  id: string;
  method: string;
  /** with {names} */
  path: string;
  parameters: { name: string; in: "path" | "query"; schema: Json; example?: unknown }[];
  /** Members of the body; null: it takes none. */
  body: Record<string, Json> | null;
  /** Bodies that are right, as the document's examples are, with the names of the fixture. */
  examples: Json[];
}

export interface FuzzRequest {
  operation: string;
  method: string;
  /** path and query, encoded */
  target: string;
  caller: "admin" | "user" | "nobody" | "broken";
  headers: Record<string, string>;
  body: string | Uint8Array | null;
}

/**
 * The operations of a document.
 * @param names what stands for the names of its examples (shared/openapi/story.ts) in the fixture
 */
export function listOperations(document: Json, names: Record<string, string>): Operation[] {
  const rename = (value: unknown): unknown => {
    const text = JSON.stringify(value ?? "-");
    return JSON.parse(Object.entries(names).reduce((all, [from, to]) => all.replaceAll(`"${from}"`, `"${to}"`), text));
  };
  return Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const parameters = (operation.parameters as Json[])
        .filter((one) => one.in === "path" || one.in === "query")
        .map((one) => ({ ...one, example: rename(one.example) }));
      const content = (operation.requestBody as { content: Record<string, Content> } | undefined)?.content["application/json"];
      const body = content?.schema.properties as Record<string, Json> | undefined;
      const examples = Object.values(content?.examples ?? {}).map(({ value }) => rename(value) as Json);
      return {
        id: String(operation.operationId),
        method: method.toUpperCase(),
        path,
        parameters: parameters as unknown as Operation["parameters"],
        body: content ? (body ?? {}) : null,
        examples,
      };
    }),
  );
}

interface Content {
  schema: Json;
  examples?: Record<string, { value: unknown }>;
}

const strangers = fc.array(
  fc.tuple(
    fc.constantFrom(
      ..."__proto__,constructor,nonce,session,client,realm,resolver,user,serial,type,page,pagesize,sortby,hotp.x,x.type,key,value,priority.house, ,\0,a[b],=,&,transaction_id,exception,outform".split(
        ",",
      ),
    ),
    anything,
  ),
  { maxLength: 3 },
);

type Pairs = [name: string, value: unknown][];

/** Parameters of one operation: most of its own, some strangers, sometimes one twice. */
function pairsOf(names: [string, Json][]): fc.Arbitrary<Pairs> {
  const own = names.map(([name, schema]) =>
    fc.option(
      anyValue(schema).map((value): [string, unknown] => [name, value]),
      { freq: 3 },
    ),
  );
  return fc.tuple(fc.tuple(...own), strangers, fc.boolean()).map(([given, more, twice]) => {
    const pairs = given.filter((pair) => pair !== null);
    return [...pairs, ...more, ...(twice && pairs[0] ? [pairs[0]] : [])];
  });
}

/** A right body with a member or two changed. */
function nearlyRight({ body, examples }: Operation): fc.Arbitrary<Pairs> {
  const schemas = Object.entries(body ?? {});
  const change =
    schemas.length === 0
      ? fc.constant<[string, unknown]>(["x", 1])
      : fc.constantFrom(...schemas).chain(([name, schema]) => anyValue(schema).map((value): [string, unknown] => [name, value]));
  return fc
    .tuple(fc.constantFrom(...examples), fc.array(change, { maxLength: 2 }))
    .map(([example, changes]) => Object.entries({ ...example, ...Object.fromEntries(changes) }));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
const formOf = (pairs: Pairs): string =>
  new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, textOf(value)])).toString();

function multipartOf(pairs: Pairs, ending: string): string {
  const parts = pairs.map(([name, value], index) => {
    const file = index % 3 === 2 ? '; filename="../x"\r\nContent-Type: application/octet-stream' : "";
    return `--x\r\nContent-Disposition: form-data; name="${name.replace(/["\r\n]/g, "")}"${file}\r\n\r\n${textOf(value)}\r\n`;
  });
  return parts.join("") + ending;
}

const FORM = "application/x-www-form-urlencoded";

/** A body and its content type, which may lie. */
const bodyOf = (pairs: Pairs): fc.Arbitrary<{ type: string; body: string | Uint8Array }> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ type: "application/json", body: JSON.stringify(Object.fromEntries(pairs)) }) },
    { weight: 3, arbitrary: fc.constant({ type: FORM, body: formOf(pairs) }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("--x--\r\n", "", "--x", "--")
        .map((end) => ({ type: "multipart/form-data; boundary=x", body: multipartOf(pairs, end) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            "text/plain",
            "application/xml",
            "multipart/form-data",
            "application/json; charset=utf-16",
            "x",
            `${FORM}, text/html`,
          ),
          fc.constantFrom(formOf(pairs), JSON.stringify(pairs), "{", "[1]", '"a"', "null", "\0\0", "<a/>"),
        )
        .map(([type, body]) => ({ type, body })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(FORM, "application/json"), fc.uint8Array({ maxLength: 200 }))
        .map(([type, body]) => ({ type, body })),
    },
  );

const headersOf = fc.record(
  {
    "user-agent": fc.constantFrom(
      "FreeRADIUS",
      "Mozilla/5.0",
      "simpleSAMLphp",
      "",
      "privacyidea-cp/3.5 Windows",
      "\u00ff".repeat(50),
    ),
    "accept-language": fc.constantFrom("de", "en", "*", "de;q=0", "x".repeat(2000), ",,,"),
    "x-forwarded-for": fc.constantFrom("192.0.2.1", "a, b", "::1", ",".repeat(500)),
    origin: fc.constantFrom("null", "https://evil.example"),
  },
  { requiredKeys: [] },
);

function bodies(operation: Operation, schemas: Record<string, Json>): fc.Arbitrary<Pairs> {
  const wild = pairsOf(Object.entries(schemas));
  return operation.examples.length === 0
    ? wild
    : fc.oneof({ weight: 2, arbitrary: nearlyRight(operation) }, { weight: 1, arbitrary: wild });
}

const rawPath = fc.constantFrom("%", "%2e%2e", "%2f", "%00", "%ff", "..", "~", "*", "a%20b", "%25", "%2525zz", ";x=1", "ü");

/** A request for one of the operations. */
export function anyRequest(operations: readonly Operation[]): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(...operations.map(requestFor));
}

function requestFor(operation: Operation): fc.Arbitrary<FuzzRequest> {
  const inPath = operation.parameters.filter((one) => one.in === "path");
  const inQuery = operation.parameters.filter((one) => one.in === "query");
  const places = fc.tuple(
    ...inPath.map(({ schema, example }) =>
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(encodeURIComponent(textOf(example))) },
        {
          weight: 4,
          arbitrary: anyValue(schema).map((value) => encodeURIComponent(textOf(value).toWellFormed().slice(0, 500)) || "-"),
        },
        { weight: 1, arbitrary: rawPath },
      ),
    ),
  );
  const query = pairsOf(inQuery.map(({ name, schema }) => [name, schema]));
  const body = operation.body === null ? fc.constant<Pairs | null>(null) : bodies(operation, operation.body);
  const caller = fc.constantFrom(...(["admin", "admin", "admin", "admin", "user", "user", "nobody", "broken"] as const));
  return fc.tuple(places, query, body, caller, headersOf).chain(([values, queryPairs, bodyPairs, who, headers]) => {
    let index = 0;
    const path = operation.path.replace(/\{\w+\}/g, () => String(values[index++]));
    const text = formOf(queryPairs);
    const base = { operation: operation.id, method: operation.method, target: path + (text ? `?${text}` : ""), caller: who };
    if (bodyPairs === null) return fc.constant<FuzzRequest>({ ...base, headers: headers as Record<string, string>, body: null });
    return bodyOf(bodyPairs).map<FuzzRequest>(({ type, body: sent }) => ({
      ...base,
      headers: { ...headers, "content-type": type },
      body: sent,
    }));
  });
}
