import { loadMessages } from "#lib/text/load.ts";
import type { LayoutLoad } from "./$types";

// Not in data: texts are code, loaded once, not sent with every page.
export const load: LayoutLoad = async ({ data }) => ({
  ...data,
  messages: { ...(await loadMessages(data.lang)), ...data.custom.texts },
});
