// A token in the words of the person it belongs to. No names of standards: what it is for the person is an app, a key fob, a PIN.
import type { Phrase, Text } from "../../text/text.ts";
import type { IconName } from "../../ui/icons.ts";
import { readMoment, type Token } from "./token.ts";
import { typeWords } from "./type-words.ts";

interface Kind {
  label: Phrase;
  text: Phrase;
  icon: IconName;
}

/** In the order they are offered. */
export const ownKinds: Record<string, Kind> = {
  totp: { label: "my.kind.totp", text: "my.kind.totp.text", icon: "phone" },
  hotp: { label: "my.kind.hotp", text: "my.kind.hotp.text", icon: "hash" },
  spass: { label: "my.kind.spass", text: "my.kind.spass.text", icon: "lock" },
  pw: { label: "my.kind.pw", text: "my.kind.pw.text", icon: "password" },
};

/** What somebody may add here: the kinds above that the rights allow. An administrator sets up the others. */
export const addable = (rights: readonly string[]): string[] =>
  Object.keys(ownKinds).filter((kind) => rights.includes(`enroll${kind.toUpperCase()}`));

export const kindName = (type: string, { t, lang }: Text): string =>
  ownKinds[type] ? t(ownKinds[type].label) : typeWords(type, lang).name;
export const kindIcon = (type: string): IconName => ownKinds[type]?.icon ?? "token";

/** What the person calls it, else what it is. */
export const ownName = ({ description, tokentype }: Token, text: Text): string => description || kindName(tokentype, text);

/** When it was last used with success; null: never. */
export function lastUse({ info: { last_auth } }: Token): number | null {
  const at = last_auth === undefined ? Number.NaN : readMoment(last_auth);
  return Number.isNaN(at) ? null : at;
}
