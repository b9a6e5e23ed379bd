// The texts of the site: English and German in step, no gap in the words they hold, and no sentence outside them.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { messages as german } from "../web/src/lib/text/de/index.ts";
import { messages as english, type MessageKey } from "../web/src/lib/text/en/index.ts";
import { createText } from "../web/src/lib/text/text.ts";

const web = join(import.meta.dir, "..", "web", "src");
const keys = Object.keys(english) as MessageKey[];
const words = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();
const sources = [...new Bun.Glob("**/*.{svelte,ts}").scanSync({ cwd: web })]
  .filter((file) => !file.startsWith("lib/text/"))
  .map((file) => ({ file, text: readFileSync(join(web, file), "utf8") }));

describe("English and German", () => {
  test("have the same keys, and none is empty", () => {
    expect(Object.keys(german).sort()).toEqual(keys.toSorted());
    for (const key of keys) expect([key, english[key] !== "" && german[key] !== ""]).toEqual([key, true]);
  });
  test("hold the same words", () => {
    for (const key of keys) expect([key, words(german[key])]).toEqual([key, words(english[key])]);
  });
  test("a plural has both forms", () => {
    for (const key of keys.filter((one) => /\.(one|other)$/.test(one)))
      for (const form of ["one", "other"]) expect(keys).toContain(key.replace(/\w+$/, form) as MessageKey);
  });
});

test("every text is used", () => {
  const all = sources.map(({ text }) => text).join("\n");
  // Keys that are put together: nav.group.x, tokens.state.x, enrol.step.x, app.theme.x, app.role.x.
  const together = [...all.matchAll(/`([\w.]+\.)\$\{/g)].map(([, start]) => start ?? "");
  const unused = keys.filter((key) => {
    const base = key.replace(/\.one$/, ".other");
    return ![`"${base}"`, `'${base}'`].some((quoted) => all.includes(quoted)) && !together.some((start) => key.startsWith(start));
  });
  // The vocabulary that new pages find ready.
  expect(unused.filter((key) => !/^(nav|do|form|state|time)\./.test(key))).toEqual([]);
});

test("no component holds a sentence of its own", () => {
  const found = sources
    .filter(({ file }) => file.endsWith(".svelte"))
    .flatMap(({ file, text }) => {
      const markup = text
        .replace(/<!--[\s\S]*?-->|<script[\s\S]*?<\/script>/g, "")
        .replace(/\{[^{}]*(\{[^{}]*(\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}/g, "")
        .replace(/<[^>]*>/g, "\n");
      return (markup.match(/[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}.*/g) ?? []).map((line) => `${file}: ${line}`);
    });
  expect(found).toEqual([]);
});

describe("createText", () => {
  const en = createText(english, "en", "UTC");
  const de = createText(german, "de", "Europe/Berlin");
  test("fills words, and numbers by the rules of the language", () => {
    expect(en.t("table.range", { from: 1, to: 25, count: 1234567 })).toBe("1–25 of 1,234,567");
    expect(de.t("table.range", { from: 1, to: 25, count: 1234567 })).toBe("1–25 von 1.234.567");
  });
  test("a word that holds braces or a member of Object stays a word", () => {
    expect(en.t({ key: "palette.tokenBySerial", words: { text: "{text}" } })).toBe("Token {text}");
    expect(en.t("palette.tokenBySerial", {})).toBe("Token {text}");
  });
  test("moments by language and zone", () => {
    expect(de.moment("2026-01-31T23:30:00Z")).toBe("01.02.2026, 00:30");
    expect(en.moment("2026-01-31T23:30:00Z")).toBe("31 Jan 2026, 23:30");
    expect(de.relative(0, 3 * 3_600_000)).toBe("vor 3 Stunden");
  });
});
