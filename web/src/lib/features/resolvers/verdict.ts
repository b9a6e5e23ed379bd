// What a test of a user source says to a person. The engine's reasons are English; those that can be known are told in the person's
// language, with what to do. Others are shown as they are.
import type { MessageKey, Phrase, Text } from "../../text/text.ts";

export interface Verdict {
  good: boolean;
  text: string;
}

const reasons: readonly (readonly [RegExp, MessageKey])[] = [
  [/^the file lies outside the directories/, "resolvers.reason.outside"],
  [/^the file name must be an absolute path/, "resolvers.reason.absolute"],
  [/^the file does not exist/, "resolvers.reason.missing"],
  [/^the file may not be read/, "resolvers.reason.forbidden"],
  [/^the path is not a plain file/, "resolvers.reason.notFile"],
  [/^the file is too large/, "resolvers.reason.large"],
  [/^the file changed while it was read/, "resolvers.reason.changing"],
  [/^the file is not text/, "resolvers.reason.binary"],
  [/^line (?<line>\d+) is not login:password:uid/, "resolvers.reason.line"],
  [/^line (?<line>\d+), the last, is cut off/, "resolvers.reason.cut"],
];

/** @param reason of the engine, as it came */
export function reasonText(reason: string, { t }: Text): string {
  for (const [pattern, key] of reasons) {
    const match = pattern.exec(reason);
    if (match) return t({ key, words: { ...match.groups } } satisfies Phrase);
  }
  return reason;
}

/** @param description of POST /resolver/test: "Resolver config seems OK. 201 Users found.", or what is wrong */
export function toVerdict(good: boolean, description: string, text: Text): Verdict {
  if (!good) return { good, text: reasonText(description, text) };
  const [, users] = /(\d+) Users found/.exec(description) ?? [];
  return { good, text: users === undefined ? description : text.t("resolvers.test.found.other", { count: Number(users) }) };
}
