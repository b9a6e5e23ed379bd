import { describe, expect, test } from "bun:test";
import type { Cookies } from "@sveltejs/kit";
import { createSite } from "../../../server/site.ts";
import { beginSession, cookieName, endSession, readSession, touchSession } from "./session-cookie.ts";

const START = 1_800_000_000_000;
const MINUTE = 60_000;
const rights = Array.from({ length: 250 }, (_, number) => `some_right_of_a_policy_${number}`);

function makeJwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.${Buffer.alloc(32, 7).toString("base64url")}`;
}
const jwt = makeJwt({ username: "alice", realm: "home", role: "user", exp: START / 1000 + 3600, rights });

function makeSite(key = 1, url = "") {
  const config = {
    host: "",
    port: 0,
    engine: "",
    url,
    proxies: [],
    keyFile: "",
    idleMinutes: 15,
    realms: [],
    hstsSeconds: 0,
    title: "",
    customization: "",
    build: "",
  };
  return createSite(config, new Uint8Array(32).fill(key));
}

function makeCookies() {
  const jar = new Map<string, string>();
  const cookies = {
    get: (name: string) => jar.get(name),
    set: (name: string, value: string) => void jar.set(name, value),
    delete: (name: string) => void jar.delete(name),
  } as unknown as Cookies;
  return { jar, cookies };
}

describe("a session in its cookie", () => {
  test("comes back as it was, also with hundreds of rights, and fits a cookie", () => {
    const { jar, cookies } = makeCookies();
    const site = makeSite();
    beginSession(jwt, cookies, site, START);
    expect(readSession(cookies, site, START)).toMatchObject({
      jwt,
      username: "alice",
      realm: "home",
      role: "user",
      rights,
      seenAt: START,
    });
    expect(jar.get("ostiary")?.length).toBeLessThan(3500);
  });
  test("what is no JWT of a session begins none", () => {
    const { jar, cookies } = makeCookies();
    for (const bad of ["", "x", "a.b.c", makeJwt({ role: "validate", username: "x", exp: 1 }), makeJwt({ role: "admin" })])
      expect(beginSession(bad, cookies, makeSite(), START)).toBeNull();
    expect(jar.size).toBe(0);
  });
  test("ends after 15 minutes without a call, and each call begins them anew", () => {
    const { cookies } = makeCookies();
    const site = makeSite();
    beginSession(jwt, cookies, site, START);
    expect(readSession(cookies, site, START + 15 * MINUTE)).toBeNull();
    const session = readSession(cookies, site, START + 14 * MINUTE);
    if (session) touchSession(session, cookies, site, START + 14 * MINUTE);
    expect(readSession(cookies, site, START + 28 * MINUTE)).not.toBeNull();
    expect(readSession(cookies, site, START + 29 * MINUTE)).toBeNull();
  });
  test("is written again at most every 30 seconds", () => {
    const { jar, cookies } = makeCookies();
    const site = makeSite();
    const session = beginSession(jwt, cookies, site, START);
    const first = jar.get("ostiary");
    if (session) touchSession(session, cookies, site, START + 29_999);
    expect(jar.get("ostiary")).toBe(first ?? "");
    if (session) touchSession(session, cookies, site, START + 30_000);
    expect(jar.get("ostiary")).not.toBe(first ?? "");
  });
  test("ends with the engine's session, whatever was done meanwhile", () => {
    const { cookies } = makeCookies();
    const site = makeSite();
    const session = beginSession(jwt, cookies, site, START);
    for (let minute = 10; minute < 60; minute += 10) if (session) touchSession(session, cookies, site, START + minute * MINUTE);
    expect(readSession(cookies, site, START + 60 * MINUTE - 1)).not.toBeNull();
    expect(readSession(cookies, site, START + 60 * MINUTE)).toBeNull();
  });
  test("a copy is refused after the log-out, and forgotten when it would be over", () => {
    const { jar, cookies } = makeCookies();
    const site = makeSite();
    const session = beginSession(jwt, cookies, site, START);
    const copy = jar.get("ostiary") ?? "";
    endSession(session, cookies, site, START);
    expect(jar.size).toBe(0);
    jar.set("ostiary", copy);
    expect(readSession(cookies, site, START)).toBeNull();
    endSession(null, cookies, site, START + 61 * MINUTE);
    expect(site.ended.size).toBe(0);
  });
  test("is good under its own name and key only, and no flipped bit passes", () => {
    const { jar, cookies } = makeCookies();
    beginSession(jwt, cookies, makeSite(), START);
    const text = jar.get("ostiary") ?? "";
    expect(readSession(cookies, makeSite(2), START)).toBeNull();
    const secure = makeSite(1, "https://x.example");
    jar.set(cookieName(secure), text);
    expect(readSession(cookies, secure, START)).toBeNull();
    const bytes = Buffer.from(text, "base64url");
    for (let at = 0; at < bytes.length; at += 17) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      jar.set("ostiary", flipped.toString("base64url"));
      expect([at, readSession(cookies, makeSite(), START)]).toEqual([at, null]);
    }
  });
});
