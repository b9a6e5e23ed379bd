// Texts by key, in the one language that was loaded. Components: `const { t } = useText()`, then `t("tokens.title")`.
import { getContext, setContext } from "svelte";
import type { MessageKey, Messages } from "./en/index.ts";
import type { Language } from "./languages.ts";

export type { MessageKey } from "./en/index.ts";
export type Words = Readonly<Record<string, string | number>>;
/** A key, or a key with the words that its `{names}` stand for. */
export type Phrase = MessageKey | { key: MessageKey; words: Words };

export interface Text {
  lang: Language;
  /** Fills `{names}`. With `count` among the words, and a key that ends in `.other`, one is told from many by the rules of the language. */
  t(phrase: Phrase, words?: Words): string;
  number(value: number): string;
  /** Day and minute, in the time zone of the browser. @param at milliseconds since 1970, or ISO 8601 */
  moment(at: number | string | Date): string;
  /** `3 minutes ago`, `in 2 days` */
  relative(at: number | string | Date, now?: number): string;
}

const CONTEXT = Symbol("text");

export function createText(messages: Messages, lang: Language, timeZone: string | undefined): Text {
  const plural = new Intl.PluralRules(lang);
  const numbers = new Intl.NumberFormat(lang);
  // "en" alone would be the American order.
  const moments = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "medium", timeStyle: "short", timeZone });
  const distances = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  return {
    lang,
    t(phrase, words) {
      const { key, words: given = words } = typeof phrase === "string" ? { key: phrase } : phrase;
      const text = messages[pickPlural(key, given, plural, messages)];
      return given ? text.replace(/\{(\w+)\}/g, (whole, name: string) => print(given[name], numbers) ?? whole) : text;
    },
    number: (value) => numbers.format(value),
    moment: (at) => moments.format(new Date(at)),
    relative(at, now = Date.now()) {
      const seconds = (new Date(at).getTime() - now) / 1000;
      const [unit, size] = UNITS.find(([, least]) => Math.abs(seconds) >= least) ?? (["second", 1] as const);
      return distances.format(Math.round(seconds / size), unit);
    },
  };
}

const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

const print = (word: string | number | undefined, numbers: Intl.NumberFormat) =>
  typeof word === "number" ? numbers.format(word) : word;

function pickPlural(key: MessageKey, words: Words | undefined, plural: Intl.PluralRules, messages: Messages): MessageKey {
  if (typeof words?.count !== "number" || !key.endsWith(".other")) return key;
  const wanted = key.replace(/other$/, plural.select(words.count));
  return Object.hasOwn(messages, wanted) ? (wanted as MessageKey) : key;
}

export const provideText = (text: Text): Text => setContext(CONTEXT, text);
export const useText = (): Text => getContext<Text>(CONTEXT);
