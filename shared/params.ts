// The vocabulary of request parameters. On the wire a parameter is text (query, form) or any JSON value; these schemas say
// what it becomes inside, and carry the wire rule as the keyword `wire` (rest-api.md 1.7).
import { type SchemaOptions, type TArray, type TBoolean, type TInteger, type TString, Type } from "@sinclair/typebox";

export type Wire = "text" | "secret" | "flag" | "integer" | "list";

/** What an empty text means: kept as "" (default), the same as absent, or refused. */
export type Empty = "keep" | "absent" | "refuse";

interface TextOptions extends SchemaOptions {
  empty?: Empty;
  maxLength?: number;
}

/** Text. A JSON number or boolean is taken as its text. */
export function text(description: string, options: TextOptions = {}): TString {
  return Type.String({ maxLength: 2000, ...options, description, wire: "text" });
}

/** Text that must not be shown, logged or put into an address: PINs, passwords, seeds. */
export function secret(description: string, options: TextOptions = {}): TString {
  return Type.String({ maxLength: 4096, ...options, description, wire: "secret", format: "password" });
}

/** True only for 1, "1", true, "True", "true", "TRUE" (rest-api.md 1.7). */
export function flag(description: string): TBoolean {
  return Type.Boolean({ description, wire: "flag" });
}

/** A whole number, as a JSON number or as decimal text. */
export function integer(description: string, options: { minimum?: number; maximum?: number } = {}): TInteger {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...options, description, wire: "integer" });
}

/** A list of texts: a JSON list, or text separated by commas. */
export function list(description: string): TArray<TString> {
  return Type.Array(Type.String(), { description, wire: "list", maxItems: 1000 });
}

/** One of a few words. */
export function choice<const Word extends string>(description: string, words: readonly Word[]) {
  return Type.Unsafe<Word>(Type.String({ enum: [...words], description, wire: "text", empty: "absent" }));
}

export const optional = Type.Optional;
