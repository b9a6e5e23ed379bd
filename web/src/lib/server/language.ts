// The language of a person: what he chose, else the first of ours that his browser asks for.
import { type Language, languages } from "#lib/text/languages.ts";

const isLanguage = (word: string | undefined): word is Language => languages.includes(word as Language);

/** @param chosen the cookie; @param accepted Accept-Language (RFC 9110 12.5.4) */
export function chooseLanguage(chosen: string | undefined, accepted: string | null): Language {
  if (isLanguage(chosen)) return chosen;
  const wishes = (accepted ?? "").split(",").map((wish) => {
    const [tag = "", weight] = wish.trim().split(/\s*;\s*q=/);
    return { word: tag.toLowerCase().split("-")[0], weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const first = wishes.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  return first.map(({ word }) => word).find(isLanguage) ?? "en";
}
