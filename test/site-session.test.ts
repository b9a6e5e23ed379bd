// The session at the site, without a browser: what its cookie is and is not, who may call, where a log-in leads. The attacks that
// these stop: fixation, CSRF, open redirect, a stolen or altered cookie, calls that are for programs.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startSite, type TestSite } from "./kit/site.ts";
import { adminName, adminPassword } from "./kit/start-server.ts";

let site: TestSite;
beforeAll(async () => {
  site = await startSite();
}, 120_000);
afterAll(() => site.stop());

interface Client {
  cookie: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** A browser without pages: it keeps the session's cookie, follows nothing, and sends what browsers send. */
function openClient(cookie = ""): Client {
  const client: Client = {
    cookie,
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (client.cookie) headers.set("cookie", client.cookie);
      const response = await fetch(site.url + path, { ...init, headers, redirect: "manual" });
      for (const text of response.headers.getSetCookie()) {
        const [pair = ""] = text.split(";");
        if (pair.startsWith("ostiary=")) client.cookie = /max-age=0/i.test(text) ? "" : pair;
      }
      return response;
    },
  };
  return client;
}

const submit = (client: Client, path: string, fields: Record<string, string>, origin = site.url) =>
  client.fetch(path, { method: "POST", body: new URLSearchParams(fields), headers: { origin, accept: "text/html" } });
const credentials = { username: adminName, password: adminPassword };

async function logInClient(): Promise<Client> {
  const client = openClient();
  const response = await submit(client, "/login", credentials);
  expect([response.status, client.cookie.startsWith("ostiary=")]).toEqual([303, true]);
  return client;
}

const OWN = { "content-type": "application/json", "x-ostiary-site": "1" };
const call = (client: Client, name: string, params: unknown = {}, headers: Record<string, string> = {}) =>
  client.fetch("/api/call", {
    method: "POST",
    headers: { ...OWN, origin: site.url, ...headers },
    body: JSON.stringify({ name, params }),
  });

describe("the cookie", () => {
  test("is httpOnly, SameSite=Lax, sealed, and smaller than a browser keeps", async () => {
    const client = openClient();
    const response = await submit(client, "/login", credentials);
    const [text = ""] = response.headers.getSetCookie();
    expect(text).toMatch(/^ostiary=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/i);
    expect(text.length).toBeLessThan(3000);
    const bytes = Buffer.from(client.cookie.slice(8), "base64url").toString("latin1");
    for (const word of [adminName, "eyJ", "rights", "tokenlist"]) expect(bytes).not.toContain(word);
  });

  test("is another one at every log-in: what a browser brought along is not taken over (session fixation)", async () => {
    const first = await logInClient();
    const planted = openClient(first.cookie);
    await submit(planted, "/logout", {});
    const second = openClient(first.cookie);
    await submit(second, "/login", credentials);
    expect(second.cookie).not.toBe(first.cookie);
    expect((await call(second, "tokenList")).status).toBe(200);
    expect((await call(openClient(first.cookie), "tokenList")).status).toBe(401);
  });

  test("altered, cut, of another name or another key: worth nothing", async () => {
    const { cookie } = await logInClient();
    const middle = Math.floor(cookie.length / 2);
    const flipped = cookie.slice(0, middle) + (cookie[middle] === "A" ? "B" : "A") + cookie.slice(middle + 1);
    for (const bad of [
      flipped,
      cookie.slice(0, -4),
      "ostiary=",
      "ostiary=AQ",
      `ostiary=${"A".repeat(3000)}`,
      cookie.replace("ostiary", "__Host-ostiary"),
    ])
      expect((await call(openClient(bad), "tokenList")).status).toBe(401);
  });

  test("is good after a restart of the site; its key is a file for one reader", async () => {
    const client = await logInClient();
    await site.restart();
    expect((await call(client, "tokenList")).status).toBe(200);
    const file = join(site.engine.dataDir, "site", "session.key");
    expect([(statSync(file).mode & 0o777).toString(8), readFileSync(file, "utf8").trim().length]).toEqual(["600", 64]);
  });

  test("is gone after a log-out, and a copy of it is refused", async () => {
    const client = await logInClient();
    const copy = client.cookie;
    const response = await submit(client, "/logout", {});
    expect([response.status, response.headers.get("location"), client.cookie]).toEqual([303, "/login?out=1", ""]);
    expect((await call(openClient(copy), "tokenList")).status).toBe(401);
  });

  test("ends with the engine's session: 401 in a call, the log-in page with the way back for a page", async () => {
    const client = await logInClient();
    const other = await logInClient();
    await site.engine.api("POST", "/auth/logout/other", { administrator: adminName });
    const answer = await call(client, "tokenList");
    expect([answer.status, client.cookie]).toEqual([401, ""]);
    const page = await other.fetch("/tokens?type=totp");
    expect([page.status, page.headers.get("location")]).toEqual([303, "/login?back=%2Ftokens%3Ftype%3Dtotp&ended=1"]);
  });
});

describe("a call that changes something comes from a page of the site (CSRF)", () => {
  test.each([
    ["without the header of the site", { "x-ostiary-site": "" }],
    ["from another origin", { origin: "https://evil.example" }],
    ["from no origin", { origin: "null" }],
    ["from another site, as the browser says", { "sec-fetch-site": "cross-site" }],
    ["from a sister host", { "sec-fetch-site": "same-site" }],
    ["as a form could send it", { "content-type": "text/plain" }],
  ])("%s: 403", async (_, headers) => {
    const client = await logInClient();
    expect((await call(client, "tokenList", {}, headers)).status).toBe(403);
  });

  test("forms: log-in and log-out from another origin are refused", async () => {
    const client = await logInClient();
    for (const path of ["/login", "/logout"]) {
      expect((await submit(client, path, credentials, "https://evil.example")).status).toBe(403);
      expect((await client.fetch(path, { method: "POST", body: new URLSearchParams(credentials) })).status).toBe(403);
    }
    expect((await call(client, "tokenList")).status).toBe(200);
    // A link or a picture does not log out.
    expect((await client.fetch("/logout")).status).toBe(303);
    expect((await call(client, "tokenList")).status).toBe(200);
  });
});

describe("only calls of the site reach the engine", () => {
  test.each(
    ["authLogin", "metrics", "apiKeyList", "constructor", "__proto__", "", 5, null, ["tokenList"]].map((name) => ({ name })),
  )("$name: 400", async ({ name }) => {
    const client = await logInClient();
    expect((await call(client, name as string)).status).toBe(400);
  });
  test.each([null, [], "x", 5].map((params) => ({ params })))("parameters $params: 400", async ({ params }) => {
    expect((await call(await logInClient(), "tokenList", params)).status).toBe(400);
  });
  test("there is no other way through: paths of the engine are none of the site", async () => {
    const client = await logInClient();
    for (const path of [
      "/token/",
      "/auth",
      "/api/token/",
      "/api/file/apiKeyList",
      "/api/file/constructor",
      "//token/",
      "/..%2f..%2fpackage.json",
    ])
      expect((await client.fetch(path)).status, path).toBe(404);
  });
  test("a refusal of the engine comes through with its number and words", async () => {
    const answer = await call(await logInClient(), "tokenDelete", { serial: "NONE" });
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: { status: 404, code: 601, message: "The requested token could not be found." } },
    ]);
  });
  test("files: with a session, from a page of the site only", async () => {
    const client = await logInClient();
    const file = await client.fetch("/api/file/tokenList?outform=csv");
    expect([file.status, file.headers.get("content-type"), file.headers.get("content-disposition")]).toEqual([
      200,
      "text/csv; charset=utf-8",
      expect.stringMatching(/^attachment; filename="tokens-\d{4}-\d\d-\d\d\.csv"$/),
    ]);
    expect((await openClient().fetch("/api/file/tokenList?outform=csv")).status).toBe(401);
    const foreign = await client.fetch("/api/file/tokenList?outform=csv", { headers: { "sec-fetch-site": "cross-site" } });
    expect(foreign.status).toBe(403);
  });
});

describe("the way back after a log-in stays on the site (open redirect)", () => {
  test.each([
    ["/tokens?type=totp", "/tokens?type=totp"],
    ["/tokens/OATH1%2F2", "/tokens/OATH1%2F2"],
    ["https://evil.example/", "/dashboard"],
    ["//evil.example", "/dashboard"],
    ["/\\evil.example", "/dashboard"],
    ["/\t/evil.example", "/dashboard"],
    ["/%09/evil.example", "/%09/evil.example"],
    ["javascript:alert(1)", "/dashboard"],
    ["/.//evil.example", "/dashboard"],
    ["/x/..//evil.example", "/dashboard"],
    ["/login?back=/tokens", "/dashboard"],
    ["/api/call", "/dashboard"],
    ["evil", "/dashboard"],
    ["", "/dashboard"],
  ])("%p leads to %p", async (back, wanted) => {
    const response = await submit(openClient(), `/login?back=${encodeURIComponent(back)}`, credentials);
    expect(response.headers.get("location")).toBe(wanted);
  });
});

describe("answers", () => {
  test("carry a policy with a fresh nonce, and nothing of them is kept", async () => {
    const nonces = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const response = await fetch(`${site.url}/login`);
      const policy = response.headers.get("content-security-policy") ?? "";
      const [, nonce = ""] = /script-src 'self' 'nonce-([^']+)'/.exec(policy) ?? [];
      nonces.add(nonce);
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*|http/);
      for (const part of [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "style-src 'self'",
      ])
        expect(policy).toContain(part);
      expect(await response.text()).toContain(`nonce="${nonce}"`);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    }
    expect(nonces.size).toBe(3);
  });
  test("of people without a session tell nothing but the log-in page", async () => {
    for (const path of ["/", "/tokens", "/tokens/OATH1", "/my", "/tokens/new"]) {
      const response = await fetch(site.url + path, { redirect: "manual" });
      expect([response.status, response.headers.get("location")?.startsWith("/login"), await response.text()]).toEqual([
        303,
        true,
        "",
      ]);
    }
  });
  test("hold no JWT of the engine", async () => {
    const client = await logInClient();
    for (const path of ["/tokens", "/tokens/new", "/tokens/__data.json"])
      expect(await (await client.fetch(path)).text()).not.toContain("eyJ");
  });
});
