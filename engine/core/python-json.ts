// The text the response signature is made over: what Python's json.dumps(json.loads(body), sort_keys=True) writes (rest-api.md 1.6).
// Differences to JSON.stringify: keys sorted by code point at every level, ", " and ": ", ASCII only, floats as Python's repr.

/** A value JSON has no form for, or nesting too deep to be an answer of ours. */
export class JsonValueError extends TypeError {
  override readonly name = "JsonValueError";
}

const MAX_DEPTH = 200;

/**
 * Writes a value.
 * @param value what JSON.stringify takes: `undefined` members are left out, in lists they are null, as are NaN and the infinities; objects
 *   with toJSON are asked
 * @throws JsonValueError for functions, symbols, bigints, and nesting over 200 (so also for cycles)
 */
export function toPythonJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      return writeNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : writeObject(value, depth);
    default:
      throw new JsonValueError("the value has no JSON form");
  }
}

function writeObject(value: object, depth: number): string {
  if (depth >= MAX_DEPTH) throw new JsonValueError("the value is nested too deeply");
  if ("toJSON" in value && typeof value.toJSON === "function") return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${value.map((item) => write(item ?? null, depth + 1)).join(", ")}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => compareCodePoints(a, b));
  return `{${members.map(([key, member]) => `${writeString(key)}: ${write(member, depth + 1)}`).join(", ")}}`;
}

/** Python's ensure_ascii: everything but space to '~' is escaped; the short escapes are those of JSON.stringify. */
function writeString(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * A number without point and exponent in JSON.stringify's text is an int to Python and stays as it is. Any other is a float, and both
 * languages write the shortest digits that read back; but Python turns to exponents below 1e-4 (JavaScript: 1e-6) and writes at least
 * two digits of them. Floats from 1e16 on, where Python does so too, are ints in that text up to 1e21.
 */
function writeNumber(number: number): string {
  if (!Number.isFinite(number)) return "null";
  const text = JSON.stringify(number);
  if (Number.isInteger(number) || Math.abs(number) >= 1e-4) return text;
  return number.toExponential().replace(/e-(\d)$/, "e-0$1");
}

/** The order of Python strings: by code point. JavaScript's own order by UTF-16 unit puts U+FFFF behind an emoji. */
function compareCodePoints(a: string, b: string): number {
  if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [Array.from(a), Array.from(b)];
  const differs = x.findIndex((point, index) => point !== y[index]);
  return differs < 0 ? x.length - y.length : (x[differs]?.codePointAt(0) ?? -1) - (y[differs]?.codePointAt(0) ?? -1);
}
