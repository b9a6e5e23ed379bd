// GET /docs/: the viewer of the API, from our own files alone; and deployment below a prefix (Z15).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { readAudit } from "./kit/tokens.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const get = (path: string, headers: Record<string, string> = {}, from = app) =>
  from.send(new Request(`http://localhost${path}`, { headers }));

const served: [path: string, type: string][] = [
  ["/docs/", "text/html; charset=utf-8"],
  ["/docs/viewer.css", "text/css; charset=utf-8"],
  ["/docs/viewer.js", "text/javascript; charset=utf-8"],
  ["/docs/swagger-ui.css", "text/css; charset=utf-8"],
  ["/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
];

describe("GET /docs/", () => {
  for (const [path, type] of served) {
    test(`${path}: for everybody, under a strict policy, packed where the browser unpacks, 304 for who has it`, async () => {
      const plain = await get(path);
      expect([plain.status, plain.headers.get("content-type")]).toEqual([200, type]);
      expect(plain.headers.get("content-security-policy")).toStartWith(
        "default-src 'none'; script-src 'self'; style-src 'self';",
      );
      expect(plain.headers.get("content-security-policy")).not.toMatch(/unsafe|\*|https?:/);
      expect(plain.headers.get("x-content-type-options")).toBe("nosniff");
      const text = await plain.text();
      const packed = await get(path, { "accept-encoding": "gzip, br" });
      expect(packed.headers.get("content-encoding")).toBe("gzip");
      expect(new TextDecoder().decode(Bun.gunzipSync(new Uint8Array(await packed.arrayBuffer())))).toBe(text);
      const etag = plain.headers.get("etag") ?? "";
      expect((await get(path, { "if-none-match": `W/"x", ${etag}` })).status).toBe(304);
      expect((await get(path, { "if-none-match": '"x"' })).status).toBe(200);
    });
  }
  test("the page loads nothing but these files, and runs no script of its own inside", async () => {
    const page = await (await get("/docs/")).text();
    const links = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => String(link));
    expect(links.sort()).toEqual(
      ["../openapi.json", "data:,", ...served.slice(1).map(([path]) => path.slice("/docs/".length))].sort(),
    );
    expect(page).not.toMatch(/<script>|\sstyle=|\son\w+=/);
    const ours = ["viewer.js", "viewer.css"].map((name) =>
      readFileSync(join(import.meta.dir, "../engine/http/viewer", name), "utf8"),
    );
    expect(ours.join("")).not.toMatch(/https?:|@import/);
  });
  test("without the slash it is sent to the page by a relative address, which holds below any prefix", async () => {
    const answer = await get("/docs");
    expect([answer.status, answer.headers.get("location")]).toEqual([308, "docs/"]);
  });
  for (const path of [
    "/docs/..%2f..%2f..%2fetc/passwd",
    "/docs/../package.json",
    "/docs/%2e%2e/main.ts",
    "/docs/index.html",
    "/docs/swagger-ui-bundle.js.map",
    "/docs/viewer.js%00.css",
    "/docs/viewer.ts",
  ]) {
    test(`${path} is nothing`, async () => {
      const answer = await get(path);
      expect([404, 308]).toContain(answer.status);
      expect(await answer.text()).not.toContain("root:");
    });
  }
  test("other methods are told what there is", async () => {
    const answer = await app.api("POST", "/docs/viewer.js");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
  test("it leaves no row in the audit trail", async () => {
    const before = readAudit(app.dataDir).length;
    await get("/docs/");
    expect(readAudit(app.dataDir).length).toBe(before);
  });
});

describe("settings server.docs and server.base_path", () => {
  let below: TestApp;
  beforeAll(async () => {
    below = await startApp({ "server.base_path": "/tools/mfa", "server.docs": "false" });
  });
  afterAll(() => below.stop());

  test("no viewer where it is switched off; the description stays", async () => {
    expect((await get("/docs/", {}, below)).status).toBe(404);
    expect((await get("/openapi.json", {}, below)).status).toBe(200);
  });
  const paths = ["/tools/mfa/healthz", "/healthz", "//tools//mfa///healthz/", "/tools/mfa/openapi.json"];
  for (const path of paths) test(`Z15 ${path} is understood`, async () => expect((await get(path, {}, below)).status).toBe(200));
  for (const path of ["/tools/mfahealthz", "/tools/healthz", "/mfa/healthz", "/tools/mfa/tools/mfa/healthz", "/tools/mfa"])
    test(`Z15 ${path} is nothing`, async () => expect((await get(path, {}, below)).status).toBe(404));
  test("Z15 rest-api.md 5 item 52: below the prefix the audit trail says the same", async () => {
    await below.api("POST", "/tools/mfa/validate/check", { serial: "NONE", pass: "x" });
    await below.api("DELETE", "/tools/mfa/token/A%20B");
    expect(
      readAudit(below.dataDir)
        .map(({ action }) => action)
        .slice(-2),
    ).toEqual(["POST /validate/check", "DELETE /token"]);
  });
  test("the description names its server relative to itself", async () => {
    const document = (await (await get("/tools/mfa/openapi.json", {}, below)).json()) as { servers: unknown };
    expect(document.servers).toMatchObject([{ url: "." }]);
  });
});
