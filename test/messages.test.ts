// Messages in the language of whom they are for: rest-api.md 1.7 (Accept-Language), config-and-tokens.md A27 and D28.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, contractTexts, type ErrorName, errorTable } from "@ostiary/shared/errors.ts";
import { germanErrors } from "@ostiary/shared/messages/de.ts";
import { germanPhrases } from "@ostiary/shared/messages/de-phrases.ts";
import { germanTokenTypes } from "@ostiary/shared/messages/de-token-types.ts";
import { chooseLanguage, type Language, languages } from "@ostiary/shared/messages/language.ts";
import { contractPhrases, inEnglish, type PhraseName, phrase, phrases } from "@ostiary/shared/messages/phrases.ts";
import { renderError, renderPhrase, renderTokenType } from "@ostiary/shared/messages/render.ts";
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import type { ApiParams } from "./kit/call-api.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine, readAudit } from "./kit/tokens.ts";

const german = { language: "de", asked: true } as const;
const namesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();
const errorNames = Object.keys(errorTable) as ErrorName[];
const phraseNames = Object.keys(phrases) as PhraseName[];

describe("the tables", () => {
  for (const name of errorNames) {
    test(`error ${name}: the same {names} in both languages, words of its own in German, code before both alike`, () => {
      const { text, code } = errorTable[name];
      expect(namesIn(germanErrors[name])).toEqual(namesIn(text));
      if (text !== "{text}") expect(germanErrors[name]).not.toBe(text);
      const error = new ApiError(name, Object.fromEntries(namesIn(text).map((word) => [word, "word"])));
      const rendered = renderError(error, german);
      expect(rendered).not.toMatch(/[{}]|undefined/);
      expect(rendered.startsWith(`ERR${code}: `)).toBe(error.message.startsWith(`ERR${code}: `));
      expect(renderError(error, { language: "en", asked: true })).toBe(error.message);
    });
  }
  for (const name of phraseNames) {
    test(`phrase ${name}: the same {names} in both languages, words of its own in German`, () => {
      expect(namesIn(germanPhrases[name])).toEqual(namesIn(phrases[name]));
      if (namesIn(phrases[name]).length === 0 && !name.startsWith("wanted_text")) {
        if (name !== "thing_realm") expect(germanPhrases[name]).not.toBe(phrases[name]);
      }
      const words = Object.fromEntries(namesIn(phrases[name]).map((word) => [word, 3]));
      expect(renderPhrase(phrase(name, words), german)).not.toMatch(/[{}]|undefined/);
      expect(renderPhrase(phrase(name, words), { language: "en", asked: false })).toBe(inEnglish(phrase(name, words)));
    });
  }
  test("every phrase and every error is used", () => {
    const engine = join(import.meta.dir, "../engine");
    const files = readdirSync(engine, { recursive: true, encoding: "utf8" });
    const ours = files.filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.includes("node_modules"));
    const source = ours.map((file) => readFileSync(join(engine, file), "utf8")).join("\n");
    // The contract's codes for texts that are nowhere known beforehand; a text of ours has an entry of its own.
    const open: string[] = ["token_admin", "config_admin", "parameter", "hsm"];
    const unused = [...phraseNames, ...errorNames].filter((name) => !source.includes(`"${name}"`) && !open.includes(name));
    expect(unused).toEqual([]);
  });
  test("every token type has a title and a description in both languages", () => {
    for (const kind of Object.keys(tokenTypes) as (keyof typeof tokenTypes)[]) {
      expect(renderTokenType(kind, "de")).toEqual(germanTokenTypes[kind]);
      expect(germanTokenTypes[kind].description).not.toBe(tokenTypes[kind].description);
      expect(renderTokenType(kind, "en").title).toBe(tokenTypes[kind].title);
    }
  });
  test("a phrase among the words is in the language of the text around it; several are joined", () => {
    const reasons = [phrase("token_disabled"), phrase("outside_validity")];
    const said = phrase("matching_but", { count: 2, reasons });
    expect(inEnglish(said)).toBe("matching 2 tokens, Token is disabled, Outside validity period");
    expect(renderPhrase(said, german)).toBe(
      "Passende Token: 2. Das Token ist abgeschaltet, Das Token ist zu dieser Zeit nicht gültig",
    );
    expect(renderError(new ApiError("bad_parameter", { name: "x", wanted: phrase("wanted_list") }), german)).toBe(
      "ERR905: Parameter 'x' passt nicht. Erlaubt ist: eine Liste von Texten.",
    );
  });
});

describe("A27 Accept-Language (RFC 9110 12.5.4, RFC 4647 3.4)", () => {
  const cases: [header: string | null, spoken: readonly Language[], language: Language, asked: boolean][] = [
    [null, ["en", "de"], "en", false],
    [null, ["de", "en"], "de", false],
    ["", ["en", "de"], "en", false],
    ["de", ["en", "de"], "de", true],
    ["DE", ["en", "de"], "de", true],
    ["de-AT", ["en", "de"], "de", true],
    ["de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", ["en", "de"], "de", true],
    ["en-US,en;q=0.9,de;q=0.8", ["de", "en"], "en", true],
    ["fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", ["de", "en"], "en", true],
    ["fr, tr;q=0.9", ["en", "de"], "en", false],
    ["fr, tr;q=0.9", ["de", "en"], "de", false],
    ["de;q=0", ["en", "de"], "en", false],
    ["de;q=0, en;q=0.1", ["de", "en"], "en", true],
    ["*", ["de", "en"], "de", false],
    ["de;q=0.3, *", ["en", "de"], "en", false],
    ["de;q=banana", ["en", "de"], "en", false],
    ["de;q=0.5555", ["en", "de"], "en", false],
    [" de ; q=1.000 ", ["en", "de"], "de", true],
    ["deutsch", ["en", "de"], "en", false],
    ["de", ["en"], "en", false],
    ["de", [], "en", false],
    ["\0;;;,,,=q", ["en", "de"], "en", false],
    [`${"x,".repeat(40)}de`, ["en", "de"], "en", false],
    [`${"-".repeat(100_000)}de`, ["en", "de"], "en", false],
  ];
  for (const [header, spoken, language, asked] of cases) {
    test(`${JSON.stringify(header?.slice(0, 60) ?? null)} of ${spoken.join(", ") || "none"}: ${language}${asked ? ", asked for" : ""}`, () => {
      expect(chooseLanguage(header, spoken)).toEqual({ language, asked });
    });
  }
  test("a hostile header costs no time", () => {
    const start = performance.now();
    for (const header of ["a-".repeat(50_000), `de${" ".repeat(50_000)};q`, ",".repeat(100_000), "de;q=0.1,".repeat(10_000)])
      for (let i = 0; i < 100; i++) chooseLanguage(header, languages);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

let app: TestApp;
let serial = "";
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1), passwdLine("bob", 2)]);
  ({ serial } = await enrol(app, { type: "spass", user: "alice", pin: "sesame" }));
});
afterAll(() => app.stop());

const ask = (method: string, path: string, params: ApiParams, language: string | null, token?: string) =>
  app.api(method, path, params, {
    ...(token === undefined ? {} : { token }),
    headers: language === null ? {} : { "accept-language": language },
  });

describe("answers by Accept-Language", () => {
  const logins: [what: string, params: ApiParams, english: string, german: string][] = [
    ["accepted", { user: "alice", pass: "sesame" }, "matching 1 tokens", "Passende Token: 1"],
    ["wrong PIN", { user: "alice", pass: "open" }, "wrong otp pin", "Falsche PIN"],
    ["no token", { user: "bob", pass: "x" }, "The user has no tokens assigned", "Dem Benutzer ist kein Token zugewiesen"],
  ];
  for (const [what, params, english, translated] of logins) {
    test(`POST /validate/check ${what}: detail.message`, async () => {
      for (const [header, text] of [
        [null, english],
        ["en", english],
        ["fr", english],
        ["de-CH, en;q=0.5", translated],
      ] as const) {
        const { detail, headers, body } = await ask("POST", "/validate/check", params, header, "");
        expect([header, detail?.message]).toEqual([header, text]);
        expect(headers.get("content-language")).toBe(text === english ? null : "de");
        expect(headers.get("vary")).toBe("accept-language");
        expect(body?.id).toBe(2);
      }
    });
  }
  test("the audit trail is English, whatever the client speaks", async () => {
    await ask("POST", "/validate/check", { user: "alice", pass: "de" }, "de", "");
    await ask("POST", "/validate/check", { user: "nobody", pass: "de" }, "de", "");
    const infos = readAudit(app.dataDir, "action = 'POST /validate/check'").map(({ info }) => info ?? "");
    expect(infos.slice(-2)).toEqual(["wrong otp pin", "ERR904: The user can not be found in any resolver in this realm!"]);
    expect(infos.filter((info) => /Benutzer|Falsch|Passend/.test(info))).toEqual([]);
  });
  const refusals: [method: string, path: string, params: ApiParams, german: string, token?: string][] = [
    [
      "POST",
      "/auth",
      { username: adminName, password: "no" },
      "Anmeldung fehlgeschlagen. Benutzername oder Passwort sind falsch",
    ],
    ["GET", "/token/", {}, "Anmeldung fehlgeschlagen. Der Authorization-Header fehlt.", ""],
    ["GET", "/nothing", {}, "Unter dieser Adresse gibt es nichts."],
    ["PATCH", "/auth", {}, "ERR905: Diese Adresse kennt die Methode nicht; sie kennt POST, OPTIONS."],
    ["DELETE", "/realm/moon", {}, "Nicht gefunden: Realm."],
    ["GET", "/token/", { page: "x" }, "ERR905: Parameter 'page' passt nicht. Erlaubt ist: eine ganze Zahl von 1 bis 1000000."],
  ];
  for (const [method, path, params, text, token] of refusals) {
    test(`${method} ${path}: the error in German, with the same status and code`, async () => {
      const translated = await ask(method, path, params, "de", token);
      const plain = await ask(method, path, params, null, token);
      expect(translated.error?.message).toBe(text);
      expect(translated.headers.get("content-language")).toBe("de");
      expect(plain.error?.message).not.toBe(text);
      expect([translated.status, translated.error?.code]).toEqual([plain.status, plain.error?.code]);
    });
  }
  test("GET /auth/rights: titles of the token types", async () => {
    const translated = await ask("GET", "/auth/rights", {}, "de");
    expect((translated.value as Record<string, string>).hotp).toBe("HOTP: Einmalpasswörter nach Zähler");
    expect(translated.headers.get("content-language")).toBe("de");
    const plain = await ask("GET", "/auth/rights", {}, null);
    expect((plain.value as Record<string, string>).hotp).toBe("HOTP: event based one-time passwords");
    expect(plain.headers.get("content-language")).toBeNull();
  });
  test("notes of other calls", async () => {
    const answer = await ask("POST", "/system/test/hotp", {}, "de");
    expect(answer.detail?.message).toBe("Bei der Tokenart hotp gibt es nichts auszuprobieren.");
    expect((await ask("POST", "/system/test/hotp", {}, "en")).detail?.message).toBe(
      "The token type hotp has nothing to try out.",
    );
  });
});

describe("a server whose first language is German", () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp({ "messages.languages": "de,en" });
  });
  afterAll(() => server.stop());

  test("messages are German, but texts that clients compare only for who asks (rest-api.md 1.4)", async () => {
    const page = { page: "x" };
    expect((await server.api("GET", "/token/", page)).error?.message).toContain("passt nicht");
    expect((await server.api("GET", "/token/", page, { headers: { "accept-language": "en" } })).error?.message).toContain(
      "must be a whole number",
    );
    const wrong = { username: adminName, password: `${adminPassword}!` };
    expect((await server.api("POST", "/auth", wrong)).error?.message).toBe("Authentication failure. Wrong credentials");
    const asked = await server.api("POST", "/auth", wrong, { headers: { "accept-language": "de" } });
    expect(asked.error?.message).toStartWith("Anmeldung fehlgeschlagen");
  });
  test("what a log-in says stays English unless asked for", async () => {
    const params = { serial: "NONE", pass: "x" };
    expect((await server.api("POST", "/validate/check", params)).error?.message).toBe("The requested token could not be found.");
    const { serial: own } = await enrol(server, { type: "spass", pin: "sesame" });
    const wrong = { serial: own, pass: "x" };
    expect((await server.api("POST", "/validate/check", wrong)).detail?.message).toBe("wrong otp pin");
    const asked = await server.api("POST", "/validate/check", wrong, { headers: { "accept-language": "de" } });
    expect(asked.detail?.message).toBe("Falsche PIN");
  });
});

test("the texts that clients compare are named by the tables", () => {
  for (const name of contractTexts) expect(errorNames).toContain(name);
  for (const name of contractPhrases) expect(phraseNames).toContain(name as PhraseName);
  expect(serial).not.toBe("");
});
