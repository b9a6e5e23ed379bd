// Loads the texts of one language; the browser fetches no other.
import type { Messages } from "./en/index.ts";
import type { Language } from "./languages.ts";

export async function loadMessages(lang: Language): Promise<Messages> {
  const { messages } = lang === "de" ? await import("./de/index.ts") : await import("./en/index.ts");
  return messages;
}
