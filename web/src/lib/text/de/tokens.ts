import type { tokens as english } from "../en/tokens.ts";

export const tokens: Record<keyof typeof english, string> = {
  "tokens.title": "Token",
  "tokens.enrol": "Token ausrollen",
};
