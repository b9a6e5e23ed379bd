// The signature of answers: rest-api.md 1.6, 1.1 (nonce) and 5 item 49, clients-contract.md W26, config-and-tokens.md Z07.
// It is checked as a client would: with the public key alone, over the text Python's json.dumps(body, sort_keys=True) makes.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { constants, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toPythonJson } from "../engine/core/python-json.ts";
import { createApp } from "../engine/http/app.ts";
import type { Engine } from "../engine/services/engine.ts";
import { answerRequest } from "./kit/answer-request.ts";
import { startApp, type TestApp } from "./kit/start-app.ts";

type Body = Record<string, unknown> & { signature?: string; nonce?: unknown };
type Mode = "always" | "on-nonce" | "never";

let app: TestApp;
let publicKey = "";
const modes = {} as Record<Mode, (path: string, params: Record<string, unknown>, token?: string) => Promise<Body>>;

beforeAll(async () => {
  app = await startApp();
  publicKey = readFileSync(join(app.dataDir, "keys", "response.pub"), "utf8");
  await app.api("POST", "/token/init", { type: "spass", serial: "ONE", pin: "sesame" });
  await app.api("POST", "/system/setConfig", { greeting: "Grüße ☕ 𝄞 \u007f\u2028" }, { json: true });
  for (const mode of ["always", "on-nonce", "never"] as const) modes[mode] = caller(mode);
});
afterAll(() => app.stop());

/** The same engine under another mode, or with a vault that is locked. */
function caller(mode: Mode, more: Partial<Engine> = {}) {
  const run = createApp({ ...app.engine, ...more, settings: { ...app.engine.settings, "response.signature": mode } });
  return async (path: string, params: Record<string, unknown>, token = app.adminToken): Promise<Body> => {
    const [method = "GET", target = "/"] = path.split(" ");
    const get = method === "GET";
    const query = get ? `?${new URLSearchParams(params as Record<string, string>)}` : "";
    const request = new Request(`http://localhost${target}${query}`, {
      method,
      headers: { "content-type": "application/json", authorization: token },
      ...(get ? {} : { body: JSON.stringify(params) }),
    });
    return JSON.parse(await (await answerRequest(run, request)).text());
  };
}

/** As the client does it: everything but the signature, canonical, RSA-PSS with SHA-256 and the longest salt the key allows. */
function isGenuine({ signature, ...rest }: Body): boolean {
  const [, hex = ""] = /^rsa_sha256_pss:([0-9a-f]+)$/.exec(signature ?? "") ?? [];
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN };
  return verify("sha256", new TextEncoder().encode(toPythonJson(rest)), key, Buffer.from(hex, "hex"));
}

const calls: [what: string, path: string, params: Record<string, unknown>, token?: string][] = [
  ["an accepted log-in", "POST /validate/check", { serial: "ONE", pass: "sesame" }],
  ["a rejected log-in", "GET /validate/check", { serial: "ONE", pass: "x" }],
  ["text beyond ASCII", "GET /system/greeting", {}],
  ["lists, nulls and floats", "GET /token/", {}],
  ["an error", "POST /token/init", { type: "pigeon" }],
  ["an error of the token", "GET /token/", {}, "a.b.c"],
  ["an error with detail", "POST /auth", { username: "admin", password: "x" }],
  ["a token with its seed", "POST /token/init", { genkey: 1 }],
];

describe("rest-api 1.6 the modes", () => {
  for (const [what, path, params, token] of calls) {
    test(`always: ${what} is signed (Z07 errors too)`, async () => {
      const body = await modes.always(path, params, token);
      expect(body).not.toHaveProperty("nonce");
      expect(isGenuine(body)).toBe(true);
    });
    test(`on-nonce: ${what} is signed if the request has a nonce, which comes back at the top level`, async () => {
      const body = await modes["on-nonce"](path, { ...params, nonce: "N1 ü" }, token);
      expect(body.nonce).toBe("N1 ü");
      expect(isGenuine(body)).toBe(true);
      const without = await modes["on-nonce"](path, params, token);
      expect(without).not.toHaveProperty("signature");
    });
    test(`never: ${what} has neither signature nor nonce`, async () => {
      const body = await modes.never(path, { ...params, nonce: "N1" }, token);
      expect(Object.keys(body)).not.toContain("signature");
      expect(Object.keys(body)).not.toContain("nonce");
    });
  }
  test("on-nonce is what the server does unless told otherwise", async () => {
    const { body } = await app.api("GET", "/system/", { nonce: "abc" });
    expect(body?.nonce).toBe("abc");
    expect(isGenuine(body as unknown as Body)).toBe(true);
    expect((await app.api("GET", "/system/")).body?.signature).toBeUndefined();
  });
  test("a nonce that is a JSON number comes back as one; an empty one counts", async () => {
    for (const nonce of [42, 0, ""]) {
      const body = await modes["on-nonce"]("POST /token/enable", { serial: "ONE", nonce });
      expect(body.nonce).toBe(nonce);
      expect(isGenuine(body)).toBe(true);
    }
  });
});

describe("rest-api 1.6 what the signature is worth", () => {
  test("any change of the body breaks it", async () => {
    const body = await modes["on-nonce"]("POST /validate/check", { serial: "ONE", pass: "x", nonce: "N" });
    expect(isGenuine(body)).toBe(true);
    const result = body.result as Record<string, unknown>;
    const detail = body.detail as Record<string, unknown>;
    const forgeries: Body[] = [
      { ...body, result: { ...result, value: true } },
      { ...body, result: { ...result, authentication: "ACCEPT" } },
      { ...body, result: { ...result, more: null } },
      { ...body, detail: { ...detail, serial: "TWO" } },
      { ...body, time: Number(body.time) + 1 },
      { ...body, nonce: "M" },
      { ...body, id: 1 },
      Object.fromEntries(Object.entries(body).filter(([name]) => name !== "nonce")),
      { ...body, signature: body.signature?.replace(/.$/, (last) => (last === "0" ? "1" : "0")) },
      { ...body, signature: "rsa_sha256_pss:" },
    ];
    for (const forgery of forgeries) expect(isGenuine(forgery)).toBe(false);
  });
  test("two answers have two signatures: the salt is random", async () => {
    const sign = async () => (await modes.always("GET /system/greeting", {})).signature;
    expect(await sign()).not.toBe(await sign());
  });
  test("the order of the members on the wire does not matter", async () => {
    const body = await modes.always("GET /token/", {});
    expect(isGenuine(Object.fromEntries(Object.entries(body).reverse()))).toBe(true);
  });
  test("a server whose ring is locked answers unsigned, without a nonce, rather than not at all", async () => {
    const locked = caller("always", { vault: { ...app.engine.vault, ready: false } });
    const body = await locked("GET /system/greeting", { nonce: "N" });
    expect(body.result).toMatchObject({ status: true });
    expect(body).not.toHaveProperty("signature");
    expect(body).not.toHaveProperty("nonce");
  });
  test("answers without envelope are never signed", async () => {
    expect(await modes.always("GET /healthz", { nonce: "N" })).toEqual({ status: "ok" });
  });
});

test("rest-api 5 item 49: Python makes the same text and verifies the digest (python3, if there is one)", async () => {
  const python = Bun.which("python3");
  if (!python) {
    console.warn("skipped: no python3");
    return;
  }
  const { signature: _, ...rest } = await modes.always("POST /token/init", { genkey: 1, description: "Grüße ☕ 𝄞 \u007f" });
  const script = "import json,sys; sys.stdout.write(json.dumps(json.loads(sys.stdin.read()), sort_keys=True))";
  const child = Bun.spawn([python, "-c", script], { stdin: new TextEncoder().encode(JSON.stringify(rest)), stdout: "pipe" });
  expect(await child.stdout.text()).toBe(toPythonJson(rest));
});
