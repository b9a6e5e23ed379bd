// The words of an answer in the language of whom it is for, and the header that says so (RFC 9110 8.5).
import type { ApiError } from "@ostiary/shared/errors.ts";
import { chooseLanguage, type Language, type LanguageChoice } from "@ostiary/shared/messages/language.ts";
import { renderError, renderPhrase } from "@ostiary/shared/messages/render.ts";
import type { Settings } from "../settings.ts";
import type { Reply } from "./call.ts";

/** The client's language by Accept-Language, else the server's. */
export function languageFor(headers: Pick<Headers, "get">, settings: Pick<Settings, "messages.languages">): LanguageChoice {
  return chooseLanguage(headers.get("accept-language"), settings["messages.languages"]);
}

interface ToldReply {
  detail: Reply["detail"];
  headers?: Record<string, string>;
}

/** `detail` of a reply with its message in words. English that is there already, as in a login's answer, is taken as it is. */
export function tellReply({ detail, message, language }: Reply, choice: LanguageChoice): ToldReply {
  if (message === undefined) return { detail, headers: languageHeader(language) };
  if (choice.language === "en" && detail?.message !== undefined) return { detail };
  const text = renderPhrase(message, choice);
  return { detail: { ...detail, message: text }, headers: languageHeader(text === detail?.message ? "en" : choice.language) };
}

export function tellError(error: ApiError, choice: LanguageChoice): { message: string; headers?: Record<string, string> } {
  const message = renderError(error, choice);
  return { message, headers: languageHeader(message === error.message ? "en" : choice.language) };
}

/** English is not named: it is what clients without a wish have always got. */
function languageHeader(language: Language | undefined): Record<string, string> | undefined {
  return language === undefined || language === "en" ? undefined : { "content-language": language };
}
