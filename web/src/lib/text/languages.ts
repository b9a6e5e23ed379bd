/** Languages of the site. To add one: its name here, and a folder beside en/ that the compiler compares. */
export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];
/** In their own words. */
export const languageNames: Record<Language, string> = { en: "English", de: "Deutsch" };
