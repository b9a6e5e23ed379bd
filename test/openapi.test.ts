// The OpenAPI document and the typed client, both made from the catalogue (shared/).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { catalogue, type EndpointName } from "@ostiary/shared/catalogue.ts";
import { createClient, RefusedError } from "@ostiary/shared/client.ts";
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { Validator } from "@seriousme/openapi-schema-validator";
import { findEntry } from "./kit/documented.ts";
import { adminName, adminPassword, startApp, type TestApp } from "./kit/start-app.ts";
import { passwdLine } from "./kit/tokens.ts";

type Json = Record<string, unknown>;
interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: Json;
}
interface Content {
  schema: Json;
  examples?: Json;
}
interface Operation extends Json {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, string[]>[];
  parameters: Json[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { description: string; content?: Record<string, Content> }>;
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

/** The object itself, or what its $ref leads to. */
function resolve(node: Json): Json {
  if (typeof node.$ref !== "string") return node;
  const steps = node.$ref.slice(2).split("/");
  return steps.reduce<unknown>((at, step) => (at as Json | undefined)?.[step], document) as Json;
}

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
  test("a public validator takes it (JSON Schema of OpenAPI 3.1)", async () => {
    const { valid, errors } = await new Validator().validate(document);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    // It can say no.
    expect((await new Validator().validate({ ...document, paths: { "no-slash": {} } })).valid).toBe(false);
  });
  test("parameters: those in the path are required and stand in it, names are unique, each has a schema and words", () => {
    for (const { path, method, operation } of operations()) {
      const parameters = operation.parameters.map((parameter) => resolve(parameter) as unknown as Parameter);
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      expect([path, inPath.map(({ name }) => name).sort()]).toEqual([
        path,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort(),
      ]);
      expect(inPath.every(({ required }) => required)).toBe(true);
      const keys = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const parameter of parameters) {
        expect(["path", "query", "header"]).toContain(parameter.in);
        expect(Object.keys(parameter.schema).length).toBeGreaterThan(0);
        expect([path, parameter.name, (parameter.description ?? "").length > 2]).toEqual([path, parameter.name, true]);
      }
      if (method === "get" || method === "delete") expect(operation).not.toHaveProperty("requestBody");
    }
  });
  test("W1 bodies: JSON, form and multipart, each with an example", () => {
    for (const { operation } of operations()) {
      if (!operation.requestBody) continue;
      const forms = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
      expect(Object.keys(operation.requestBody.content)).toEqual(forms);
      for (const { examples } of Object.values(operation.requestBody.content))
        expect(Object.keys(examples ?? {}).length).toBeGreaterThan(0);
    }
  });
  test("responses: a 200 with an example, descriptions, media types; errors in the envelope, each with an example of its own", () => {
    for (const { path, method, operation } of operations()) {
      const entry = findEntry(method.toUpperCase(), path)?.entry;
      expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(["200"]) as unknown as string[]]);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(response.description.length).toBeGreaterThan(0);
        for (const [type, { examples }] of Object.entries(response.content ?? {})) {
          expect(type).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
          if (type !== entry?.file?.split(";")[0]) expect(Object.keys(examples ?? {}).length).toBeGreaterThan(0);
        }
        if (status === "200" || entry?.statuses?.includes(Number(status))) continue;
        expect(response.content?.["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Error" });
      }
    }
  });
  test("errors: whoever has to say who he is can hear 401 with 4033, 4304, 4305; everybody 400, 413 and 500", () => {
    for (const { path, operation } of operations()) {
      const codes = (status: number): string[] => operation.responses[status]?.description.match(/(?<=`)-?\d+(?=`)/g) ?? [];
      expect([path, codes(400).length > 0, codes(413), codes(500)]).toEqual([path, true, ["905"], ["-500"]]);
      // {}: an API key need not be there.
      const asked = operation.security.length > 0 && operation.security.every((one) => Object.keys(one).length > 0);
      if (asked)
        expect([path, codes(401)]).toEqual([path, expect.arrayContaining(["4033", "4304", "4305"]) as unknown as string[]]);
      if (asked && operation.security.some((one) => Object.values(one).some((roles) => !roles.includes("user"))))
        expect([path, codes(401)]).toEqual([path, expect.arrayContaining(["4306"]) as unknown as string[]]);
      if (asked) expect([path, codes(503).length > 0]).toEqual([path, true]);
    }
  });
  test("tags with words, summaries, and security where somebody is asked who he is: either header", () => {
    const described = new Map((document.tags as { name: string; description?: string }[]).map((tag) => [tag.name, tag]));
    for (const { path, method, operation } of operations()) {
      expect(operation.summary.length).toBeGreaterThan(5);
      expect(operation.tags.length).toBe(1);
      expect([operation.tags[0], described.get(operation.tags[0] ?? "")?.description?.length ?? 0]).not.toEqual([
        operation.tags[0],
        0,
      ]);
      const { access, apiKey } = findEntry(method.toUpperCase(), path)?.entry ?? {};
      const roles = apiKey ? ["validate"] : access === "admin" ? ["admin"] : ["admin", "user"];
      const asked: Record<string, string[]>[] = [...(apiKey ? [{}] : []), { jwt: roles }, { piJwt: roles }];
      expect([path, operation.security]).toEqual([path, access === "none" && !apiKey ? [] : asked]);
    }
    expect(Object.keys(document.components.securitySchemes)).toEqual(["jwt", "piJwt"]);
  });
  test("every $ref leads somewhere", () => {
    const visit = (node: unknown, where: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { $ref } = node as Json;
      if (typeof $ref === "string") expect([where, $ref, typeof resolve(node as Json)]).toEqual([where, $ref, "object"]);
      for (const [key, member] of Object.entries(node)) visit(member, `${where}/${key}`);
    };
    visit(document, "#");
  });
  test("keywords that only our decoder reads are not in it", () => {
    expect(JSON.stringify(document)).not.toContain('"wire":');
  });
});

/** openapi-spec-validator of PyPI, an independent second opinion where it is installed. */
const python = Bun.spawnSync(["python3", "-c", "import openapi_spec_validator"]).exitCode === 0;
test.skipIf(!python)(
  "openapi-spec-validator (Python) takes it",
  async () => {
    const script = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))";
    const child = Bun.spawn(["python3", "-c", script], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    child.stdin.write(JSON.stringify(document));
    await child.stdin.end();
    expect([await new Response(child.stderr).text(), await child.exited]).toEqual(["", 0]);
  },
  30_000,
);

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
    expect((await anonymous()("readyz", {})).value).toEqual({ ready: true, reasons: [], notices: [] });
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
