// What makes the site the operator's own: one directory of files with fixed names, read when the site starts (docs/site.md).
//
//   logo.svg | .png | .webp     theme.css     texts.en.json, texts.de.json     NAME.html, NAME.de.html of the snippets below
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cleanSnippet } from "./snippet.ts";
import { readTheme } from "./theme.ts";

/** Places for snippets. The wizard's four are those of EW-04: before and after the enrolment, above and below. */
export const snippetNames = [
  "menu",
  "footer",
  "token.enroll.pre.top",
  "token.enroll.pre.bottom",
  "token.enroll.post.top",
  "token.enroll.post.bottom",
] as const;
export type SnippetName = (typeof snippetNames)[number];

export interface Customization {
  /** Addresses of the site, without its path; null: the usual one. */
  logo: string | null;
  theme: string | null;
  /** "": there is none. It is clean (snippet.ts). */
  snippet(name: SnippetName, lang: string): string;
  /** Texts in place of the usual ones, by key. */
  texts(lang: string): Record<string, string>;
  /** A file of the directory. */
  file(pathname: string, request: Request): Response | null;
}

export interface CustomizationOptions {
  /** "": nothing is customised but the title. */
  directory: string;
  /** Name of the product; "": the usual one. */
  title: string;
  base: string;
  languages: readonly string[];
  isText(key: string): boolean;
  /** What can not be used; the site starts all the same. */
  warn(message: string): void;
}

const TYPES: Record<string, string> = {
  svg: "image/svg+xml",
  png: "image/png",
  webp: "image/webp",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
};
const MAX_BYTES = 1024 * 1024;

export function openCustomization({ directory, title, base, languages, isText, warn }: CustomizationOptions): Customization {
  const names = directory === "" ? [] : listFiles(directory, warn);
  const read = (name: string) => (names.includes(name) ? readFileSync(join(directory, name), "utf8") : null);
  const files = new Map<string, { body: Uint8Array<ArrayBuffer> | string; type: string }>();
  for (const name of names) {
    const type = TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""];
    if (type && /^[\w-]+\.\w+$/.test(name))
      files.set(`/custom/${name}`, { body: new Uint8Array(readFileSync(join(directory, name))), type });
  }
  const sheet = read("theme.css");
  if (sheet !== null) {
    const { css, refused } = readTheme(sheet);
    if (refused.length > 0)
      warn(`theme.css: only variables of the design can be set; left out: ${refused.slice(0, 10).join(", ")}`);
    files.set("/custom/theme.css", { body: css, type: "text/css; charset=utf-8" });
  }
  const logo = ["svg", "png", "webp"].map((ending) => `/custom/logo.${ending}`).find((path) => files.has(path));
  const address = (path: string) => `${path}?v=${Bun.hash(files.get(path)?.body ?? "").toString(36)}`;
  const texts = new Map(
    languages.map((lang) => [lang, readTexts(read(`texts.${lang}.json`), `texts.${lang}.json`, isText, warn)]),
  );
  const snippets = new Map<string, string>();
  for (const name of snippetNames)
    for (const lang of languages)
      snippets.set(`${name} ${lang}`, cleanSnippet(read(`${name}.${lang}.html`) ?? read(`${name}.html`) ?? "", base));

  return {
    logo: logo === undefined ? null : address(logo),
    theme: sheet === null ? null : address("/custom/theme.css"),
    snippet: (name, lang) => snippets.get(`${name} ${lang}`) ?? "",
    texts: (lang) => ({ ...(title === "" ? {} : { "app.name": title }), ...texts.get(lang) }),
    file(pathname, { method }) {
      const file = files.get(pathname);
      if (!file || (method !== "GET" && method !== "HEAD")) return null;
      // A drawing that is opened as a page may look like itself, and do nothing.
      const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
      return new Response(file.body, {
        headers: { "content-type": file.type, "cache-control": "public, max-age=3600", "content-security-policy": policy },
      });
    },
  };
}

function listFiles(directory: string, warn: (message: string) => void): string[] {
  if (!existsSync(directory)) {
    warn(`web.customization: there is no directory ${directory}`);
    return [];
  }
  return readdirSync(directory).filter((name) => {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    if (stat?.isFile() && stat.size > MAX_BYTES) warn(`${name} is larger than ${MAX_BYTES} bytes and is left out`);
    return stat?.isFile() === true && stat.size <= MAX_BYTES;
  });
}

function readTexts(
  json: string | null,
  name: string,
  isText: (key: string) => boolean,
  warn: (message: string) => void,
): Record<string, string> {
  if (json === null) return {};
  let members: [string, unknown][];
  try {
    members = Object.entries(JSON.parse(json) as object);
  } catch {
    warn(`${name} is no JSON and is left out`);
    return {};
  }
  return Object.fromEntries(
    members.filter((member): member is [string, string] => {
      const good = isText(member[0]) && typeof member[1] === "string";
      if (!good) warn(`${name}: there is no text ${JSON.stringify(member[0].slice(0, 60))}, or it is not written in quotes`);
      return good;
    }),
  );
}
