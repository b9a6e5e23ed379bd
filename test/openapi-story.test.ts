// The examples of the OpenAPI document are true: they are played against a fresh server, one after the other, as JSON and as forms;
// and those that are made from schemas fit them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { exampleOf } from "@ostiary/shared/openapi/example-values.ts";
import { type Example, story } from "@ostiary/shared/openapi/story.ts";
import { Value } from "@sinclair/typebox/value";
import { startApp, type TestApp } from "./kit/start-app.ts";

/** Members whose value no two servers share: only their kind is compared. */
const VOLATILE = new Set(["token", "rights", "img", "threadid", "last_auth", "systemRandom"]);
/** The file of the story; the test puts it where its server may read it. */
const FILE = "/srv/ostiary/users/passwd";

for (const json of [true, false]) {
  describe(`the story, ${json ? "as JSON" : "as forms"}`, () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp();
      writeFileSync(join(app.dataDir, "users", "passwd"), "alice:x:1001:100:Alice Adams:/home/alice:/bin/sh\n");
    });
    afterAll(() => app.stop());

    for (const example of story) {
      test(`${example.endpoint}: ${example.title}`, async () => {
        const answer = await play(example, app, json);
        expect(answer.error).toBeUndefined();
        const place = (text: string) => text.replaceAll(join(app.dataDir, "users", "passwd"), FILE);
        const { value, detail } = JSON.parse(place(JSON.stringify({ value: answer.value, detail: answer.detail })));
        compare(value, example.value, VOLATILE.has(example.endpoint) ? "systemRandom" : "");
        if (example.detail) compare(detail, { ...example.detail, threadid: 1 }, "");
      });
    }
  });
}

function play({ endpoint, params, method }: Example, app: TestApp, json: boolean) {
  const entry: Endpoint = catalogue[endpoint];
  const rest = new Map(Object.entries(params));
  const namesIn = (path: string) => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  const path = [...entry.paths].reverse().find((one) => namesIn(one).every((name) => rest.has(name))) ?? "";
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest.get(name));
    rest.delete(name);
    return encodeURIComponent(value);
  });
  const sent = Object.fromEntries(
    [...rest].map(([name, value]) => [name, value === FILE ? join(app.dataDir, "users", "passwd") : value]),
  );
  return app.api(method ?? entry.methods[0] ?? "GET", filled, sent, { json });
}

/** The same members, the same values; of the volatile ones the same kind. */
function compare(actual: unknown, expected: unknown, name: string): void {
  if (VOLATILE.has(name)) expect([name, kindOf(actual)]).toEqual([name, kindOf(expected)]);
  else if (typeof expected !== "object" || expected === null) expect([name, actual]).toEqual([name, expected]);
  else {
    expect([name, kindOf(actual)]).toEqual([name, kindOf(expected)]);
    expect([name, Object.keys(actual ?? {}).sort()]).toEqual([name, Object.keys(expected).sort()]);
    for (const [key, member] of Object.entries(expected)) compare((actual as Record<string, unknown>)[key], member, key);
  }
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);

describe("examples made from schemas fit them", () => {
  for (const [name, entry] of Object.entries(catalogue) as [string, Endpoint][]) {
    test(name, () => {
      for (const [key, schema] of Object.entries(entry.params.properties)) {
        const example = exampleOf(schema, key);
        expect([key, example, Value.Check(schema, example)]).toEqual([key, example, true]);
      }
      for (const schema of [entry.value, ...(entry.detail ? [entry.detail] : [])]) {
        const example = exampleOf(schema, "value");
        expect([example, [...Value.Errors(schema, example)].map(({ path, message }) => path + message)]).toEqual([example, []]);
      }
    });
  }
  test("the story tells what its endpoints answer", () => {
    for (const { endpoint, title, value, detail } of story) {
      const { value: schema, detail: detailSchema }: Endpoint = catalogue[endpoint];
      expect([title, Value.Check(schema, value)]).toEqual([title, true]);
      if (detailSchema && detail) expect([title, Value.Check(detailSchema, { ...detail, threadid: 1 })]).toEqual([title, true]);
    }
  });
});
