import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { Secret } from "./core/secret.ts";
import { cleanLogValue, configureLog, openLog } from "./log.ts";

let lines: string[] = [];
beforeEach(() => {
  lines = [];
  configureLog("info", (line) => lines.push(line));
});
afterAll(resetSync);

/** The only line that was written, parsed. */
function readOnly(): Record<string, unknown> {
  expect(lines.length).toBe(1);
  expect(lines[0]?.endsWith("\n")).toBe(true);
  return JSON.parse(lines[0] ?? "");
}

describe("a line", () => {
  test("is JSON with time, level, area, message and the fields", () => {
    openLog("store").warn("slow", { ms: 12.5, table: "token" });
    const line = readOnly();
    expect(line).toMatchObject({ level: "warning", area: "store", message: "slow", ms: 12.5, table: "token" });
    expect(String(line.time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
  test("is left out below the level, and again above it after a change", () => {
    openLog("a").debug("no");
    expect(lines).toEqual([]);
    configureLog("debug", (line) => lines.push(line));
    openLog("a").debug("yes");
    expect(readOnly().message).toBe("yes");
  });
  test("cannot be forged: line feeds, fields that carry our names, placeholders", () => {
    openLog("http").error('a\n{"level":"info"} {level}', { level: "info", message: "other", area: "x", time: 1 });
    expect(readOnly()).toMatchObject({ level: "error", area: "http", message: 'a\n{"level":"info"} {level}' });
    expect(lines[0]?.trimEnd()).not.toContain("\n");
  });
  test("carries no control character to a terminal", () => {
    openLog("http").info("\u001b[2J\u009b31m\u007f\u2028", { "k\u009b": "v\u0085" });
    expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    expect(readOnly().message).toBe("\u001b[2J\u009b31m\u007f\u2028");
  });
});

describe("never printed", () => {
  const pin = "9f-geheim";
  const cause = Object.assign(new Error("insert failed", { cause: new Secret(pin) }), { parameters: [pin] });
  const cyclic: Record<string, unknown> = { pin: new Secret(pin) };
  cyclic.self = cyclic;
  test.each([
    ["a secret", new Secret(pin)],
    ["a secret in a list in a map", new Map([["k", [new Secret(pin)]]])],
    ["a secret in a cycle", cyclic],
    ["bytes", new TextEncoder().encode(pin)],
    ["a buffer", new TextEncoder().encode(pin).buffer],
    ["own members and cause of an error", cause],
    ["a query string", `/validate/check?user=a&pass=${pin}`],
    ["a query string within text", `GET https://host/validate/check?pass=${pin} HTTP/1.1`],
    ["a URL with query, user and fragment", new URL(`https://u:${pin}@host/path?pass=${pin}#${pin}`)],
    ["a function", () => pin],
  ])("%s", (_name, value) => {
    openLog("x").error("fault", { value });
    expect(readOnly().message).toBe("fault");
    expect(lines[0]).not.toContain(pin);
    expect(lines[0]).not.toContain(btoa(pin));
  });
});

describe("cleanLogValue keeps what a reader needs", () => {
  test("an error keeps name, message and the places", () => {
    const cleaned = cleanLogValue(new TypeError("bad")) as { name: string; message: string; stack: string[] };
    expect(cleaned).toMatchObject({ name: "TypeError", message: "bad" });
    expect(cleaned.stack[0]).toContain("log.test.ts");
  });
  test.each([
    [{ a: [1, "b", null, true] }, { a: [1, "b", null, true] }],
    [12n, "12"],
    [Number.NaN, "NaN"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    ["what? no query", "what? no query"],
    ["/token/?", "/token/?"],
    [new Uint8Array(3), "[3 bytes]"],
  ])("%p", (value, expected) => {
    expect(cleanLogValue(value)).toEqual(expected as never);
  });
  test("a getter that throws is unreadable, not a crash", () => {
    const hostile = {
      get x(): string {
        throw new Error("no");
      },
    };
    expect(cleanLogValue({ hostile })).toEqual({ hostile: "[unreadable]" });
  });
  test("long texts, long lists and deep nesting are cut", () => {
    expect(String(cleanLogValue("x".repeat(5000))).length).toBe(2001);
    expect((cleanLogValue(Array.from({ length: 500 }, () => 1)) as unknown[]).length).toBe(101);
    let deep: unknown = 1;
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(JSON.stringify(cleanLogValue(deep)).length).toBeLessThan(100);
  });
});
