// The OpenAPI document and the typed client, both made from the catalogue (shared/).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { catalogue, type EndpointName } from "@ostiary/shared/catalogue.ts";
import { createClient, RefusedError } from "@ostiary/shared/client.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { passwdLine } from "./kit/tokens.ts";

type Json = Record<string, unknown>;
interface Operation extends Json {
  operationId: string;
  tags: string[];
  summary: string;
  security: Json[];
  parameters: { name: string; in: string; required: boolean; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}
interface Document extends Json {
  openapi: string;
  info: { title: string; version: string; license: Json };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json; securitySchemes: Json };
}

let app: TestApp;
let document: Document;
beforeAll(async () => {
  app = await startApp();
  await app.addRealm("house", [passwdLine("alice", 1)]);
  document = (await (await app.send(new Request("http://localhost/openapi.json"))).json()) as Document;
});
afterAll(() => app.stop());

const entries = Object.entries(catalogue) as [EndpointName, Endpoint][];
const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

describe("GET /openapi.json", () => {
  test("is OpenAPI 3.1 for everybody, without envelope", () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: "Ostiary", version: app.engine.version, license: { identifier: "Apache-2.0" } });
  });
  test("has every entry of the catalogue under each path and method, and nothing else", () => {
    const expected = entries.flatMap(([, entry]) =>
      entry.paths.flatMap((path) => entry.methods.map((method) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, "{$1}")}`)),
    );
    expect(
      operations()
        .map(({ path, method }) => `${method} ${path}`)
        .sort(),
    ).toEqual(expected.sort());
  });
  test("operationIds are unique and begin with the name of the entry", () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name] of entries) expect(ids.some((id) => id.startsWith(name))).toBe(true);
  });
  test("paths begin with a slash, and no two differ in the names of their parameters only", () => {
    const shapes = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, "{}"));
    expect(new Set(shapes).size).toBe(shapes.length);
    for (const shape of shapes) expect(shape).toStartWith("/");
  });
  test("parameters: those in the path are required and stand in it, names are unique, each has a schema", () => {
    for (const { path, method, operation } of operations()) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === "path");
      expect([path, inPath.map(({ name }) => name).sort()]).toEqual([
        path,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort(),
      ]);
      expect(inPath.every(({ required }) => required)).toBe(true);
      const keys = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const parameter of operation.parameters) {
        expect(["path", "query"]).toContain(parameter.in);
        expect(Object.keys(parameter.schema).length).toBeGreaterThan(0);
      }
      if (method === "get") expect(operation).not.toHaveProperty("requestBody");
    }
  });
  test("responses: a 200, descriptions that are not empty, media types, errors in the envelope", () => {
    for (const { path, operation } of operations()) {
      expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(["200"]) as unknown as string[]]);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(response.description.length).toBeGreaterThan(0);
        for (const type of Object.keys(response.content ?? {})) expect(type).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
        if (status !== "200")
          expect(response.content?.["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Error" });
      }
    }
  });
  test("tags, summaries, and security where somebody is asked who he is", () => {
    const access = new Map(entries.flatMap(([, entry]) => entry.paths.map((path) => [path.replace(/:(\w+)/g, "{$1}"), entry])));
    for (const { path, method, operation } of operations()) {
      expect(operation.summary.length).toBeGreaterThan(5);
      expect(operation.tags.length).toBe(1);
      for (const requirement of operation.security)
        for (const name of Object.keys(requirement)) expect(document.components.securitySchemes).toHaveProperty(name);
      const entry = entries.find(
        ([, each]) =>
          each.methods.includes(method.toUpperCase() as never) &&
          each.paths.some((one) => one.replace(/:(\w+)/g, "{$1}") === path),
      )?.[1];
      expect([path, method, operation.security.length]).toEqual([path, method, entry?.access === "none" ? 0 : 1]);
    }
    expect(access.size).toBe(Object.keys(document.paths).length);
  });
  test("every $ref leads somewhere; every schema's required members exist", () => {
    const visit = (node: unknown, where: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { $ref, required, properties, type } = node as Json;
      if (typeof $ref === "string") {
        const target = $ref
          .slice(2)
          .split("/")
          .reduce<unknown>((at, part) => (at as Json | undefined)?.[part], document);
        expect([where, $ref, typeof target]).toEqual([where, $ref, "object"]);
      }
      if (type === "object" && Array.isArray(required)) {
        for (const name of required)
          expect([where, Object.keys((properties as Json | undefined) ?? {})]).toEqual([
            where,
            expect.arrayContaining([name]) as unknown as string[],
          ]);
      }
      if (typeof type === "string") expect(["object", "array", "string", "integer", "number", "boolean", "null"]).toContain(type);
      for (const [key, member] of Object.entries(node)) visit(member, `${where}/${key}`);
    };
    visit(document.paths, "#/paths");
    visit(document.components.schemas, "#/components/schemas");
  });
  test("answers of the server fit what the document says of them", async () => {
    const schemaOf = (path: string, method: string) => {
      const body = document.paths[path]?.[method]?.responses["200"]?.content?.["application/json"]?.schema;
      return body as { required: string[]; properties: { result: { properties: { value: Json } } } };
    };
    for (const path of ["/token/", "/realm/", "/resolver/", "/user/", "/system/hsm", "/defaultrealm"]) {
      const { body, value } = await app.api("GET", path);
      const schema = schemaOf(path, "get");
      expect(Object.keys(body ?? {})).toEqual(expect.arrayContaining(schema.required) as unknown as string[]);
      const kind = Array.isArray(value) ? "array" : typeof value;
      expect([path, schema.properties.result.properties.value.type]).toEqual([path, kind]);
    }
  });
});

describe("the typed client", () => {
  const anonymous = () => createClient({ baseUrl: "http://localhost/", fetch: (request) => app.send(request) });
  const admin = () => createClient({ baseUrl: "http://localhost", token: app.adminToken, fetch: (request) => app.send(request) });

  test("POST /auth, then calls with the token", async () => {
    const { value } = await anonymous()("authLogin", { username: adminName, password: adminPassword });
    expect([value.role, value.username, value.realm]).toEqual(["admin", adminName, ""]);
    const api = createClient({ baseUrl: "http://localhost", token: value.token, fetch: (request) => app.send(request) });
    expect((await api("hsmGet", {})).value.is_ready).toBe(true);
    const rights = (await api("authRights", {})).value;
    expect(Object.keys(rights).sort()).toEqual(["hotp", "pw", "spass", "totp"]);
  });
  test("a token's life: enrol, list, log in by POST and GET, set PIN, switch off, delete", async () => {
    const api = admin();
    const made = await api("tokenInit", { type: "spass", user: "alice", realm: "house", pin: "100%41 + ü" });
    const serial = String(made.detail?.serial);
    expect(made.value).toBe(true);
    const list = await api("tokenList", { serial, pagesize: 5 });
    expect(list.value.tokens[0]).toMatchObject({ serial, username: "alice", active: true });
    for (const method of ["POST", "GET"] as const) {
      const answer = await anonymous()("validateCheck", { user: "alice", pass: "100%41 + ü" }, method);
      expect([answer.value, answer.authentication, answer.detail?.serial]).toEqual([true, "ACCEPT", serial]);
    }
    expect((await anonymous()("validateCheck", { user: "alice", pass: "wrong" })).authentication).toBe("REJECT");
    expect((await api("tokenSetPin", { serial, otppin: "new" })).value).toBe(1);
    expect((await api("tokenDisable", { serial })).value).toBe(1);
    expect((await api("tokenReset", { user: "alice" })).value).toBe(1);
    expect((await api("tokenDelete", { serial })).value).toBe(1);
  });
  test("values in path and query arrive as they are, whatever they hold (W4)", async () => {
    const api = admin();
    for (const key of ["a b", "100%", "%41", "a/b", "a+b&c=d", "ü☕", "a%2525b", "?#"]) {
      await api("systemSetConfig", { [key]: `value of ${key}` });
      expect((await api("systemGet", { key })).value).toBe(`value of ${key}`);
      expect((await api("systemDelete", { key })).value).toBe(true);
      const description = `d ${key}`;
      const { detail } = await api("tokenInit", { type: "spass", description });
      const found = await api("tokenList", { description });
      expect(found.value.tokens.map(({ serial }) => serial)).toEqual([String(detail?.serial)]);
    }
  });
  test("a refusal is a RefusedError with status, code, text and detail", async () => {
    const fault = await anonymous()("authLogin", { username: adminName, password: "wrong" }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(RefusedError);
    expect(fault).toMatchObject({
      status: 401,
      code: 4031,
      message: "Authentication failure. Wrong credentials",
      detail: { threadid: expect.any(Number) },
    });
    const missing = await admin()("tokenDelete", { serial: "NONE" }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(missing).toMatchObject({ status: 404, code: 601, detail: null });
  });
  test("answers without envelope: as JSON or as text; their refusals are refusals all the same", async () => {
    expect((await anonymous()("healthz", {})).value).toEqual({ status: "ok" });
    expect((await anonymous()("readyz", {})).value).toEqual({ ready: true, reasons: [] });
    expect((await anonymous()("metrics", {})).value).toContain("# EOF");
    const far = createClient({ baseUrl: "http://localhost", fetch: (request) => app.send(request, "203.0.113.9") });
    expect(
      await far("metrics", {}).then(
        () => null,
        (error: unknown) => error,
      ),
    ).toMatchObject({ status: 403, code: 303 });
  });
  test("something that is no Ostiary is an error that says so", async () => {
    const proxy = createClient({
      baseUrl: "http://localhost",
      fetch: async () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
    });
    expect(
      String(
        await proxy("tokenList", {}).then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    ).toContain("HTTP 502 without an envelope");
  });
});
