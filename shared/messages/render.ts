// A text for somebody: an error, a phrase or a token type in his language. Everything is thrown, logged and audited in English;
// it is put into another language where the answer is made.
import { type ApiError, contractTexts, withCode } from "../errors.ts";
import { type TokenTypeSpec, tokenTypes } from "../token-types.ts";
import { germanErrors } from "./de.ts";
import { germanPhrases } from "./de-phrases.ts";
import { germanTokenTypes } from "./de-token-types.ts";
import type { Language, LanguageChoice } from "./language.ts";
import { contractPhrases, fill, inEnglish, type Phrase } from "./phrases.ts";

/** `result.error.message`. Texts that clients match on leave English only for who asked for another language himself. */
export function renderError(error: ApiError, { language, asked }: LanguageChoice): string {
  if (language === "en" || (!asked && contractTexts.has(error.kind))) return error.message;
  return withCode(error.spec, fill(germanErrors[error.kind], error.words, germanPhrases));
}

/** A message; the same rule. */
export function renderPhrase(one: Phrase, { language, asked }: LanguageChoice): string {
  const english = language === "en" || (!asked && contractPhrases.has(one.phrase));
  return english ? inEnglish(one) : fill(germanPhrases[one.phrase], one.words, germanPhrases);
}

/** Title and description of a token type. */
export function renderTokenType(kind: string, language: Language): Pick<TokenTypeSpec, "title" | "description"> {
  const table: Readonly<Record<string, Pick<TokenTypeSpec, "title" | "description">>> =
    language === "en" ? tokenTypes : germanTokenTypes;
  return table[kind] ?? { title: kind, description: "" };
}
