// The rules of rest-api.md 1.7 that hold for every endpoint, as tables over the catalogue: a new endpoint is covered by being in it.
// (Forms of a body, merging and the agents that encode once are in http-parameters.test.ts.)
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { exampleOf } from "@ostiary/shared/openapi/example-values.ts";
import type { TSchema } from "@sinclair/typebox";
import { compileParams } from "../engine/http/params.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine } from "./kit/tokens.ts";

const entries = Object.entries(catalogue) as [string, Endpoint][];
const paramsOf = (entry: Endpoint, wire: string) =>
  Object.entries(entry.params.properties).filter(([, schema]) => schema.wire === wire);

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", [passwdLine("alice", 1001)]);
  for (let i = 0; i < 7; i++) await enrol(app, { type: "spass", serial: `PAGE${i}`, user: "alice", pin: "sesame" });
});
afterAll(() => app.stop());

/** What has to be there, at its example. */
function requiredOf({ params }: Endpoint): [string, unknown][] {
  return (params.required ?? []).map((name) => [name, exampleOf(params.properties[name] as TSchema, name)]);
}

/** The path with its parameters filled in, at their examples. */
function pathOf(entry: Endpoint): string {
  const path = entry.paths[0] ?? "/";
  return path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(exampleOf(entry.params.properties[name] as TSchema, name))),
  );
}

describe("W4 rest-api 5 item 27: forms, queries and multipart are decoded twice, JSON once; seen by the nonce that comes back", () => {
  const FORM = "application/x-www-form-urlencoded";
  const part = (value: string) => `--x\r\nContent-Disposition: form-data; name="nonce"\r\n\r\n${value}\r\n--x--\r\n`;
  // What each puts on the wire stands for `a%2541b` after one decoding.
  const sent: [what: string, agent: string | null, query: string, type: string, body: string, nonce: string][] = [
    ["query", "FreeRADIUS/1", "nonce=a%252541b", "", "", "a%41b"],
    ["query of an agent that encodes once", "simpleSAMLphp", "nonce=a%252541b", "", "", "a%2541b"],
    ["query without agent", null, "nonce=a%252541b", "", "", "a%2541b"],
    ["form", "FreeRADIUS/1", "", FORM, "nonce=a%252541b", "a%41b"],
    ["form of an agent that encodes once", "privacyIDEA-LDAP-Proxy", "", FORM, "nonce=a%252541b", "a%2541b"],
    ["multipart", "FreeRADIUS/1", "", "multipart/form-data; boundary=x", part("a%2541b"), "a%41b"],
    ["JSON", "FreeRADIUS/1", "", "application/json", '{"nonce":"a%2541b"}', "a%2541b"],
  ];
  // Not those that answer files or end the session of the test.
  const asked = entries.filter(([name, entry]) => !entry.raw && !entry.fileOnly && !name.startsWith("authLogout"));
  for (const [name, entry] of asked) {
    test(name, async () => {
      for (const [what, agent, query, type, body, nonce] of sent) {
        const method = entry.methods[0] ?? "GET";
        if (body && method === "GET") continue;
        const headers = new Headers({ authorization: "no.token.here" });
        if (agent !== null) headers.set("user-agent", agent);
        if (type) headers.set("content-type", type);
        const target = `http://localhost${pathOf(entry)}${query ? `?${query}` : ""}`;
        const answer = await app.send(
          new Request(target, { method, headers, ...(body ? { body: new TextEncoder().encode(body) } : {}) }),
        );
        const told = ((await answer.json()) as { nonce?: string }).nonce;
        expect([what, told]).toEqual([what, nonce]);
      }
    });
  }
});

describe("1.7 booleans: true only for 1, true, True and TRUE", () => {
  const yes = [1, "1", true, "true", "True", "TRUE"];
  const no = [0, "0", false, "false", "yes", "on", "y", "tRUE", " true", "true ", "2", 2, 1.5, "01", [], [1], {}, "t"];
  const flags = entries.flatMap(([name, entry]) => paramsOf(entry, "flag").map(([key]) => [name, key, entry] as const));
  test("there are some", () => expect(flags.length).toBeGreaterThan(2));
  for (const [name, key, entry] of flags) {
    test(`${name} ${key}`, () => {
      const decode = (raw: unknown) =>
        compileParams(entry.params)(new Map<string, unknown>([...requiredOf(entry), [key, raw]]))[key];
      expect(yes.map((raw) => [raw, decode(raw)])).toEqual(yes.map((raw) => [raw, true]));
      expect(no.map((raw) => [raw, decode(raw)])).toEqual(no.map((raw) => [raw, false]));
    });
  }
});

describe("1.7 whole numbers: decimal text or a JSON number within bounds, nothing else", () => {
  const numbers = entries.flatMap(([name, entry]) =>
    paramsOf(entry, "integer").map(([key, schema]) => ({ name, key, entry, schema })),
  );
  for (const { name, key, entry, schema } of numbers) {
    test(`${name} ${key}`, () => {
      const decode = (raw: unknown) => {
        try {
          return compileParams(entry.params)(new Map<string, unknown>([...requiredOf(entry), [key, raw]]))[key] ?? "absent";
        } catch (error) {
          return String(error).includes(`'${key}'`) ? "refused" : error;
        }
      };
      const { minimum, maximum } = schema as unknown as { minimum: number; maximum: number };
      for (const good of [minimum, maximum, String(minimum), ` ${maximum} `])
        expect([good, decode(good)]).toEqual([good, Number(good)]);
      const bad = [minimum - 1, maximum + 1, "x", "1.5", 1.5, "1e1", "0x10", "9".repeat(400), true, [minimum], {}, " ", "٣"];
      for (const raw of bad) expect([raw, decode(raw)]).toEqual([raw, "refused"]);
    });
  }
});

describe("1.7 texts: no NUL, no objects, no longer than they may be; an empty one is kept, absent or refused", () => {
  for (const [name, entry] of entries) {
    const texts = [...paramsOf(entry, "text"), ...paramsOf(entry, "secret")];
    if (texts.length === 0) continue;
    test(name, () => {
      for (const [key, schema] of texts) {
        const decode = (raw: unknown) => {
          try {
            return compileParams(entry.params)(new Map<string, unknown>([...requiredOf(entry), [key, raw]]))[key] ?? "absent";
          } catch (error) {
            return String(error).includes(`'${key}'`) ? "refused" : error;
          }
        };
        const maximum = Number(schema.maxLength ?? 2000);
        for (const raw of ["a\0b", {}, ["a"], "x".repeat(maximum + 1)])
          expect([key, raw, decode(raw)]).toEqual([key, raw, "refused"]);
        if (!schema.enum) expect([key, decode(7), decode(true)]).toEqual([key, "7", "true"]);
        const isRequired = entry.params.required?.includes(key);
        const empty = schema.empty === "refuse" || (schema.empty === "absent" && isRequired) ? "refused" : (schema.empty ?? "");
        expect([key, decode("")]).toEqual([key, empty]);
      }
    });
  }
});

describe("1.7 moments: YYYY-MM-DDThh:mm+oooo (L11826)", () => {
  const good = ["2026-01-01T08:00+0100", "2026-12-31T23:59-0530", "2024-02-29T00:00+0000", "31/12/26 18:00"];
  const bad = [
    "2026-01-01",
    "2026-01-01T08:00Z",
    "2026-02-30T08:00+0100",
    "2026-01-01T25:00+0100",
    "yesterday",
    "1",
    "0",
    "9".repeat(30),
    "2026-01-01T08:00 0100",
  ];
  const moments = entries.flatMap(([name, entry]) =>
    paramsOf(entry, "text").flatMap(([key, { description }]) =>
      String(description).includes("YYYY-MM-DDThh:mm") ? [{ name, entry, key }] : [],
    ),
  );
  test("there are some", () => expect(moments.map(({ key }) => key)).toContain("validity_period_end"));
  for (const { name, entry, key } of moments) {
    test(`${name} ${key}`, async () => {
      const ask = (moment: string) =>
        app.api(
          entry.methods[0] ?? "POST",
          (entry.paths[0] ?? "").replace(/:\w+/g, "PAGE0"),
          { type: "spass", serial: "PAGE0", [key]: moment },
          { json: true },
        );
      for (const moment of good) expect([moment, (await ask(moment)).error]).toEqual([moment, undefined]);
      for (const moment of bad) {
        const { status, error } = await ask(moment);
        expect([moment, status, error?.code, error?.message.includes(`'${key}'`)]).toEqual([moment, 400, 905, true]);
      }
    });
  }
});

describe("rest-api 5 item 29: lists in pages: count, current, prev, next; prev and next null at the ends", () => {
  type Page = { count: number; current: number; prev: number | null; next: number | null } & Record<string, unknown>;
  const lists = entries.filter(
    ([, { params }]) => params.properties.page && (params.properties.pagesize ?? params.properties.page_size),
  );
  test("there are some", () => expect(lists.map(([name]) => name)).toContain("tokenList"));
  for (const [name, entry] of lists) {
    const sizeName = entry.params.properties.pagesize ? "pagesize" : "page_size";
    const ask = (params: Record<string, unknown>) => app.api<Page>("GET", (entry.paths[0] ?? "").replace(/:\w+/g, "*"), params);
    const rowsOf = (page: Page) => Object.values(page).find(Array.isArray) ?? [];

    for (const [page, size] of [
      [1, 2],
      [2, 2],
      [3, 3],
      [1, 1000],
      [500, 2],
      [1_000_000, 1000],
    ] as const) {
      test(`${name} page ${page} of ${size}`, async () => {
        const { value } = await ask({ page, [sizeName]: size });
        if (!value) throw new Error("no value");
        const { count, current, prev, next } = value;
        expect([current, prev, next]).toEqual([page, page > 1 ? page - 1 : null, page * size < count ? page + 1 : null]);
        expect(rowsOf(value).length).toBe(Math.min(size, Math.max(0, count - (page - 1) * size)));
      });
    }
    test(`${name}: the pages together are the list, nothing twice`, async () => {
      const size = 3;
      const first = await ask({ page: 1, [sizeName]: size });
      const pages = Math.ceil((first.value?.count ?? 0) / size);
      const seen: string[] = [];
      for (let page = 1; page <= Math.min(pages, 10); page++) {
        const { value } = await ask({ page, [sizeName]: size });
        if (value)
          seen.push(...rowsOf(value).map((row) => JSON.stringify((row as { serial?: string; number?: number }).serial ?? row)));
      }
      // A list that grows with each question (the audit trail) moves its rows on to later pages.
      if (name === "tokenList") expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThan(0);
    });
    for (const [key, raw] of [
      ["page", "0"],
      ["page", "-1"],
      ["page", "x"],
      ["page", "1.5"],
      ["page", "9".repeat(30)],
      [sizeName, "0"],
      [sizeName, "-5"],
      [sizeName, "1000000000"],
      [sizeName, "NaN"],
    ] as const) {
      test(`${name} ${key}=${raw.slice(0, 12)} is refused`, async () => {
        const { status, error } = await ask({ [key]: raw });
        expect([status, error?.code]).toEqual([400, 905]);
      });
    }
    test(`${name}: an empty page is the first, an empty size the usual one`, async () => {
      expect((await ask({ page: "", [sizeName]: "" })).value?.current).toBe(1);
    });
  }
});
