// Paths and methods as clients write them, over the whole catalogue: W20, rest-api.md 1.7 (slashes) and 5 item 43.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { catalogue } from "@ostiary/shared/catalogue.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const entries = Object.entries(catalogue) as [string, Endpoint][];
const shapeOf = (path: string) => path.replace(/:\w+/g, ":").replace(/(.)\/$/, "$1");

/** The methods of every path, under whatever name its parameters go. */
const methods = new Map<string, Set<string>>();
for (const [, entry] of entries) {
  for (const path of entry.paths) {
    const known = methods.get(shapeOf(path)) ?? new Set<string>();
    for (const method of entry.methods) known.add(method);
    methods.set(shapeOf(path), known);
  }
}

/** Status, code and kind of content: what tells one answer from another, without being anybody. */
async function tell(method: string, target: string): Promise<unknown[]> {
  const answer = await app.send(new Request(`http://localhost${target}`, { method }));
  const text = await answer.text();
  const code = text.startsWith('{"id"') ? JSON.parse(text).result.error?.code : null;
  return [answer.status, code, answer.headers.get("content-type")];
}

describe("every path with and without a slash at its end, and with doubled ones: the same answer, no redirect", () => {
  for (const [name, entry] of entries) {
    for (const path of entry.paths) {
      const method = entry.methods[0] ?? "GET";
      test(`${name}: ${method} ${path}`, async () => {
        const plain = path.replace(/:\w+/g, "X1").replace(/(.)\/$/, "$1");
        const expected = await tell(method, plain);
        expect(expected[0]).not.toBe(308);
        // Nothing at this address is also a 404 with 601; that nobody is asked for is told apart by the text.
        for (const target of [`${plain}/`, `/${plain}`, plain.replaceAll("/", "//"), `${plain}//`, `${plain}?`, `${plain}/?a=b&`])
          expect([target, ...(await tell(method, target))]).toEqual([target, ...expected]);
        const { error } = await app.api(method, plain, {}, { token: "" });
        expect(error?.message).not.toBe("There is nothing at this address.");
      });
    }
  }
});

describe("methods a path does not know: 405 with Allow; OPTIONS tells them", () => {
  for (const [shape, known] of methods) {
    const allow = [...known].flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : [one])).concat("OPTIONS");
    test(`${shape}: ${allow.join(", ")}`, async () => {
      const target = shape.replaceAll(":", "X1");
      // A fixed path beside a parameter (/token/init beside /token/:serial) knows the methods of both.
      const sorted = (header: string | null) => (header ?? "").split(", ").sort();
      const options = await app.send(new Request(`http://localhost${target}`, { method: "OPTIONS" }));
      expect(options.status).toBe(204);
      expect(sorted(options.headers.get("allow"))).toEqual(expect.arrayContaining(allow) as unknown as string[]);
      for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
        if (sorted(options.headers.get("allow")).includes(method)) continue;
        const answer = await app.send(new Request(`http://localhost${target}`, { method }));
        expect([method, answer.status]).toEqual([method, 405]);
        expect(answer.headers.get("allow")).toBe(options.headers.get("allow"));
        expect(((await answer.json()) as { result: { error: { code: number } } }).result.error.code).toBe(905);
      }
    });
  }
});

describe("HEAD is a GET without its body", () => {
  for (const [name, entry] of entries) {
    if (!entry.methods.includes("GET") || entry.statuses) continue;
    test(`${name}: HEAD ${entry.paths[0]}`, async () => {
      const target = (entry.paths[0] ?? "").replace(/:\w+/g, "X1");
      const [get, head] = [await tell("GET", target), await tell("HEAD", target)];
      expect([head[0], head[2]]).toEqual([get[0], get[2]]);
    });
  }
});
