// From the bag to the typed parameters of an endpoint. The rules stand in shared/params.ts at each kind.
import { ApiError } from "@ostiary/shared/errors.ts";
import { type PhraseName, phrase, type Words } from "@ostiary/shared/messages/phrases.ts";
import type { Empty, Wire } from "@ostiary/shared/params.ts";
import type { TObject, TSchema } from "@sinclair/typebox";
import type { Bag } from "./bag.ts";

/** What a flag may look like when it is set (rest-api.md 1.7). */
const TRUE = new Set<unknown>([1, true, "1", "True", "true", "TRUE"]);

interface Rule {
  name: string;
  required: boolean;
  wire: Wire;
  empty: Empty;
  maxLength: number;
  minimum: number;
  maximum: number;
  words: readonly string[] | null;
}

/** Compiles a schema to a decoder. The decoder throws 905, naming the parameter and what it may be. */
export function compileParams(schema: TObject): (bag: Bag) => Record<string, unknown> {
  const rules = Object.entries(schema.properties).map(([name, member]) => toRule(name, member, schema.required ?? []));
  return (bag) => {
    const params: Record<string, unknown> = {};
    for (const rule of rules) {
      const value = decode(rule, bag.get(rule.name));
      if (value !== undefined) params[rule.name] = value;
      else if (rule.required) throw new ApiError("missing_parameter", { name: rule.name });
    }
    return params;
  };
}

function toRule(name: string, schema: TSchema, required: string[]): Rule {
  return {
    name,
    required: required.includes(name),
    wire: schema.wire as Wire,
    empty: (schema.empty as Empty | undefined) ?? "keep",
    maxLength: (schema.maxLength as number | undefined) ?? 2000,
    minimum: (schema.minimum as number | undefined) ?? 0,
    maximum: (schema.maximum as number | undefined) ?? Number.MAX_SAFE_INTEGER,
    words: (schema.enum as string[] | undefined) ?? null,
  };
}

function decode(rule: Rule, raw: unknown): unknown {
  if (raw === undefined || raw === null) return undefined;
  switch (rule.wire) {
    case "flag":
      return TRUE.has(raw);
    case "integer":
      return decodeInteger(rule, raw);
    case "list":
      return decodeList(rule, raw);
    default:
      return decodeText(rule, raw);
  }
}

const bad = (rule: Rule, wanted: PhraseName, words?: Words) =>
  new ApiError("bad_parameter", { name: rule.name, wanted: phrase(wanted, words) });

function decodeText(rule: Rule, raw: unknown): string | undefined {
  if (typeof raw === "object") throw bad(rule, "wanted_text");
  const text = typeof raw === "string" ? raw : String(raw);
  if (text === "" && rule.empty !== "keep") {
    if (rule.empty === "absent" && !rule.required) return undefined;
    throw new ApiError("empty_parameter", { name: rule.name });
  }
  if (text.length > rule.maxLength) throw bad(rule, "wanted_length", { maximum: rule.maxLength });
  // NUL ends a text for half the world's software: a name that means two things.
  if (text.includes("\0")) throw bad(rule, "wanted_no_nul");
  if (rule.words && !rule.words.includes(text)) throw bad(rule, "wanted_one_of", { words: rule.words.join(", ") });
  return text;
}

function decodeInteger(rule: Rule, raw: unknown): number | undefined {
  if (raw === "") return undefined;
  const value =
    typeof raw === "number" ? raw : typeof raw === "string" && /^\s*[+-]?\d{1,16}\s*$/.test(raw) ? Number(raw) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= rule.minimum && value <= rule.maximum) return value;
  throw bad(rule, "wanted_whole_number", { minimum: rule.minimum, maximum: rule.maximum });
}

function decodeList(rule: Rule, raw: unknown): string[] {
  const parts = Array.isArray(raw) ? raw : typeof raw === "string" ? raw.split(",") : [raw];
  if (parts.some((part) => typeof part === "object" && part !== null)) throw bad(rule, "wanted_list");
  if (parts.length > 1000) throw bad(rule, "wanted_short_list", { maximum: 1000 });
  return parts.map((part) => String(part).trim()).filter((part) => part !== "");
}
