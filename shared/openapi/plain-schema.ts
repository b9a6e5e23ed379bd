// A schema of the catalogue as plain JSON Schema: without the keywords that only our decoder reads (params.ts).
import type { TSchema } from "@sinclair/typebox";

type Json = Record<string, unknown>;

export function plainSchema(schema: TSchema): Json {
  return strip(JSON.parse(JSON.stringify(schema))) as Json;
}

/** `properties` and `patternProperties` hold names, not keywords: a parameter may be called `empty`. */
function strip(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strip);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => key !== "wire" && key !== "empty");
  return Object.fromEntries(kept.map(([key, member]) => [key, isNames(key) ? eachMember(member) : strip(member)]));
}

const isNames = (key: string): boolean => key === "properties" || key === "patternProperties";

const eachMember = (names: unknown): Json =>
  Object.fromEntries(Object.entries(names as Json).map(([name, member]) => [name, strip(member)]));
