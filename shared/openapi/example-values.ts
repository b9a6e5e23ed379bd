// An example of a schema: its own `examples`, else by the name of the member, else by its type. For the forms of the viewer and
// for the endpoints that story.ts does not tell about; test/openapi.test.ts checks that each fits its schema and is understood.
import type { TSchema } from "@sinclair/typebox";

const byName: Readonly<Record<string, unknown>> = {
  user: "alice",
  username: "alice",
  realm: "home",
  tokenrealm: "home",
  resolver: "people",
  resolvers: ["people"],
  serial: "OATH0001A2B3",
  type: "hotp",
  tokentype: "hotp",
  description: "key ring of the front desk",
  pin: "secret",
  otppin: "secret",
  pass: "secret755224",
  password: "correct horse battery staple",
  otpkey: "3132333435363738393031323334353637383930",
  otp: "755224",
  otp1: "359152",
  otp2: "969429",
  validity_period_start: "2026-01-01T08:00+0100",
  validity_period_end: "2026-12-31T18:00+0100",
  userid: "1001",
  sortby: "serial",
  nonce: "b1946ac92492d234",
  client: "192.0.2.17",
  key: "splitAtSign",
  page: 1,
  pagesize: 15,
  otplen: 6,
  keysize: 20,
  timeStep: 30,
  from: "OATH0001A2B3",
  to: "OATH0004C5D6",
  groupname: "front-desk",
  hashlib: "sha1",
  rollout_state: "",
  img: "data:image/png;base64,iVBORw0KGgo…",
  id: "1",
  // Filters that leave nothing to look at are left out of the forms.
  infokey: "hashlib",
  infovalue: "sha1",
};

/** Fits `schema`. `name`: the parameter or member it is for. */
export function exampleOf(schema: TSchema, name = ""): unknown {
  const own = (schema.examples as unknown[] | undefined)?.[0];
  if (own !== undefined) return own;
  if (schema.const !== undefined) return schema.const;
  const words = schema.enum as unknown[] | undefined;
  if (words) return words[0];
  const choices = (schema.anyOf ?? schema.allOf) as TSchema[] | undefined;
  if (choices?.[0]) return exampleOf(choices[0], name);
  const named = byName[name];
  if (named !== undefined && fits(schema, named)) return named;
  return byType(schema);
}

function fits({ type, maxLength, minimum, maximum }: TSchema, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  if (typeof value === "number") return type === "integer" && value >= (minimum ?? value) && value <= (maximum ?? value);
  return type === "string" && typeof value === "string" && value.length <= (maxLength ?? value.length);
}

function byType(schema: TSchema): unknown {
  switch (schema.type) {
    case "string":
      return "example".slice(0, Number(schema.maxLength ?? 7));
    case "boolean":
      return true;
    case "integer":
    case "number":
      return Math.max(1, Number(schema.minimum ?? 1));
    case "array":
      return [exampleOf((schema.items ?? {}) as TSchema)];
    case "object":
      return exampleObject(schema);
    default:
      return null;
  }
}

function exampleObject({ properties = {} }: TSchema): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties as Record<string, TSchema>).map(([name, member]) => [name, exampleOf(member, name)]),
  );
}
