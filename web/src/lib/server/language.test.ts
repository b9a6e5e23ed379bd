import { expect, test } from "bun:test";
import { chooseLanguage } from "./language.ts";

test.each([
  [undefined, null, "en"],
  [undefined, "de-DE,de;q=0.9,en;q=0.8", "de"],
  [undefined, "en-GB,en;q=0.9,de;q=0.8", "en"],
  [undefined, "fr,de;q=0.2,en;q=0.7", "en"],
  [undefined, "de;q=0, en;q=0.1", "en"],
  [undefined, "*;q=;,;;", "en"],
  ["de", "en", "de"],
  ["xx", "de", "de"],
] as const)("chosen %p, asked for %p: %p", (chosen, accepted, wanted) => {
  expect(chooseLanguage(chosen, accepted)).toBe(wanted);
});
