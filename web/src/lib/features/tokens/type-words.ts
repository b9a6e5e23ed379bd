// Token types in the words of a person: titles and descriptions are those of the shared descriptors.
import { germanTokenTypes } from "@ostiary/shared/messages/de-token-types.ts";
import { type TokenTypeSpec, tokenTypes } from "@ostiary/shared/token-types.ts";
import type { Language } from "../../text/languages.ts";

type Kind = keyof typeof tokenTypes;
const isKind = (kind: string): kind is Kind => Object.hasOwn(tokenTypes, kind);

export const typeSpec = (kind: string): TokenTypeSpec | undefined => (isKind(kind) ? tokenTypes[kind] : undefined);

/** "HOTP" and "event based one-time passwords", from "HOTP: event based one-time passwords". A type of a newer engine keeps its name. */
export function typeWords(kind: string, lang: Language): { name: string; title: string; description: string } {
  if (!isKind(kind)) return { name: kind, title: "", description: "" };
  const { title, description } = lang === "de" ? germanTokenTypes[kind] : tokenTypes[kind];
  const [name = kind, rest = ""] = title.split(/: (.*)/);
  return { name, title: rest, description };
}

export const typeName = (kind: string, lang: Language): string => typeWords(kind, lang).name;
