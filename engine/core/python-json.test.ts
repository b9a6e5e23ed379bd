import { describe, expect, test } from "bun:test";
import { JsonValueError, toPythonJson } from "./python-json.ts";

const NUMBERS: [number, string][] = [
  [0, "0"],
  [-0, "0"],
  [5, "5"],
  [1.5, "1.5"],
  [0.1, "0.1"],
  [1700000000.123456, "1700000000.123456"],
  [1e15, "1000000000000000"],
  [1e16, "10000000000000000"], // an int in the body, so an int to Python
  [2 ** 53, "9007199254740992"],
  [1e20, "100000000000000000000"],
  [1e21, "1e+21"],
  [1.5e300, "1.5e+300"],
  [0.0001, "0.0001"],
  [0.00012345, "0.00012345"],
  [0.00001, "1e-05"],
  [0.0000123, "1.23e-05"],
  [1e-6, "1e-06"],
  [-1e-7, "-1e-07"],
  [1.25e-10, "1.25e-10"],
  [5e-324, "5e-324"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
];

const VALUES: unknown[] = [
  null,
  true,
  false,
  [],
  {},
  [[], {}],
  "",
  "plain",
  "é",
  "你好",
  "😀",
  "\ud800",
  "\u007f\u0000\b\f\n\r\t\"\\/\u2028<>&'~",
  { b: 1, a: { é: 1, z: 2, A: 3, "😀": 1, "\uffff": 2, "": 0 }, "10": 1, "9": 2 },
  { "a😀": 1, "a\uffff": 2, a: 3, "a😀b": 4, "a😁": 5 },
  { jsonrpc: "2.0", id: 2, result: { status: true, value: false }, time: 1700000000.5, detail: null, nonce: "x" },
];

describe("rest-api.md 1.6, floats as Python's repr", () => {
  test.each(NUMBERS)("%p is %s", (number, text) => expect(toPythonJson(number)).toBe(text));
});

describe("rest-api.md 1.6, text", () => {
  test.each([
    [{ b: [1, "x"], a: null }, '{"a": null, "b": [1, "x"]}'],
    ["grüße\n😀", '"gr\\u00fc\\u00dfe\\n\\ud83d\\ude00"'],
    ["\u007f", '"\\u007f"'],
    [{ "😀": 1, "\uffff": 2 }, '{"\\uffff": 2, "\\ud83d\\ude00": 1}'],
    [[undefined, Number.NaN, Number.POSITIVE_INFINITY], "[null, null, null]"],
    [{ a: undefined, b: 1 }, '{"b": 1}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ] as [unknown, string][])("%p", (value, text) => expect(toPythonJson(value)).toBe(text));

  test("is JSON of the same value", () => {
    for (const value of VALUES) expect(JSON.parse(toPythonJson(value))).toEqual(value);
  });

  test("refuses what has no JSON form, and cycles", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [undefined, () => 1, Symbol("x"), 1n, cycle]) expect(() => toPythonJson(value)).toThrow(JsonValueError);
  });
});

const python = Bun.which("python3");
test.skipIf(!python)(`the same as Python's json.dumps of the body${python ? "" : " (SKIPPED: no python3 here)"}`, () => {
  const numbers = Array.from({ length: 2000 }, (_, i) => ((i % 97) + 1) ** 3 * 1.1 ** (i - 700) * (i % 2 ? 1 : -1));
  const values = [...VALUES, ...NUMBERS.map(([number]) => number), ...numbers];
  const program = "import json,sys\nfor line in sys.stdin: print(json.dumps(json.loads(line), sort_keys=True))";
  const bodies = values.map((value) => JSON.stringify(value));
  const run = Bun.spawnSync(["python3", "-c", program], { stdin: Buffer.from(bodies.join("\n")) });
  expect(run.stdout.toString().trimEnd().split("\n")).toEqual(values.map(toPythonJson));
});
