// Values of parameters for fuzzing: those that may fit a schema, and those that fit nothing.
import fc from "fast-check";

type Json = Record<string, unknown>;

/** Names of things the fixture has, so that not everything ends at "not found". */
const known = [
  "alice",
  "bob",
  "house",
  "OATH1",
  "SPASS1",
  "admin",
  "*",
  "hotp",
  "totp",
  "spass",
  "pw",
  "splitAtSign",
  "true",
  "1",
];

const hostile = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\u202e\ufeff☕ü",
  "x".repeat(3000),
  "9".repeat(400),
  "-1",
  "0",
  "1.5",
  "1e308",
  "NaN",
  "Infinity",
  "9007199254740993",
  "%",
  "%zz",
  "%00",
  "%2500",
  "%252525",
  "+",
  "__proto__",
  "constructor",
  "toString",
  "[object Object]",
  "' OR 1=1 --",
  '"; DROP TABLE token; --',
  "../../../../etc/passwd",
  "file:///etc/passwd",
  "http://127.0.0.1:1/",
  "<script>alert(1)</script>",
  "a\r\nSet-Cookie: b=c",
  "{}",
  "[]",
  "null",
  "-",
  "a@house",
  "house\\alice",
  "@",
  "*".repeat(200),
  "(a+)+$",
  "2026-02-30T99:99+9999",
  "0000-00-00T00:00+0000",
  "+292278994-08-17T07:12Z",
  "1d",
  "-99999999999h",
  "seed://",
  "__CENSORED__",
];

const dates = ["2026-11-25T08:00+0100", "2026-11-25T08:00Z", "2026-11-25", "1h", "7d"];

/** Values that may fit a schema. */
function fitting(schema: Json): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (schema.type === "boolean") return fc.constantFrom<unknown>(true, false, "1", "0", "true", "yes", 1);
  if (schema.type === "integer") {
    const [min, max] = [Number(schema.minimum ?? 0), Number(schema.maximum ?? 1000)];
    return fc.constantFrom<unknown>(min, max, min - 1, max + 1, String(min), String(min + 1), min + 1, "", "0");
  }
  if (schema.type === "array") return fc.oneof(fc.array(fc.constantFrom(...known), { maxLength: 3 }), fc.constantFrom(...known));
  return fc.constantFrom(...known, ...dates);
}

/** Values of any kind: texts, numbers, lists, trees. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...hostile) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(2 ** 53, -(2 ** 63), 1.5, -0, 1e300, 0, true, false, null, [], {}, [[]], [null], {
      a: { b: [1] },
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constant(nest(40)) },
);

function nest(depth: number): unknown {
  return depth === 0 ? 1 : { a: nest(depth - 1) };
}

export const anyValue = (schema: Json): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: fitting(schema) }, { weight: 2, arbitrary: anything });
