// What a person chose for this browser. Plain cookies: the server reads them before it draws a page.
import { to } from "#lib/to.ts";
import type { Language } from "../text/languages.ts";

export type Theme = "system" | "light" | "dark";

function remember(name: "theme" | "lang" | "tz", value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing where there is no HTTPS
  document.cookie = `${name}=${encodeURIComponent(value)}; path=${to("/")}; max-age=31536000; samesite=lax`;
}

export function chooseTheme(theme: Theme): void {
  remember("theme", theme);
  document.documentElement.dataset.theme = theme;
}

/** The page is loaded anew: only one language is ever loaded. */
export function chooseLanguage(lang: Language): void {
  remember("lang", lang);
  location.reload();
}

/** @param known what the server wrote times in; if it was wrong the next page is right. */
export function rememberTimeZone(known: string | undefined): void {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (timeZone !== known) remember("tz", timeZone);
}
