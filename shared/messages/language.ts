// Which language an answer is in: the client's by Accept-Language (RFC 9110 12.5.4), among those the setting messages.languages
// names; else the first of them (A27).

export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];

export interface LanguageChoice {
  language: Language;
  /** The client named it itself; else it is the server's. */
  asked: boolean;
}

/** More than any browser sends; the rest is not read. */
const MAX_LENGTH = 1000;
const MAX_RANGES = 32;

/**
 * `spoken`: languages in order of preference, the first where none is asked for. `de-AT` asks for `de` (RFC 4647 3.4); `*` and
 * ranges with a malformed weight ask for nothing.
 */
export function chooseLanguage(header: string | null, spoken: readonly Language[]): LanguageChoice {
  const fallback: LanguageChoice = { language: spoken[0] ?? "en", asked: false };
  if (!header) return fallback;
  let best: { language: Language; weight: number } | null = null;
  let others = 0;
  for (const range of header.slice(0, MAX_LENGTH).split(",", MAX_RANGES)) {
    const [, tag = "", digits = "1"] =
      /^\s*([a-z*]{1,8})(?:-[a-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(range) ?? [];
    const weight = Math.min(1, Number(digits));
    if (tag === "*") others = weight;
    const language = spoken.find((one) => one === tag.toLowerCase());
    if (language && weight > (best?.weight ?? 0)) best = { language, weight };
  }
  // `*` stands before a language that is liked less.
  return best && best.weight >= others ? { language: best.language, asked: true } : fallback;
}
