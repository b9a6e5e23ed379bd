import { describe, expect, test } from "bun:test";
import { FormSizeError, parseForm, unquote, unquotePlus } from "./percent.ts";

/** Inputs whose answer is asked of Python itself as well. */
const CASES = [
  ["", ""],
  ["plain", "plain"],
  ["%41%42", "AB"],
  ["a%20b", "a b"],
  ["a+b", "a+b"],
  ["%2B", "+"],
  ["%25", "%"],
  ["%2541", "%41"],
  ["100%", "100%"],
  ["%4", "%4"],
  ["%4g", "%4g"],
  ["%%41", "%A"],
  ["%zz%41", "%zzA"],
  ["%c3%a9", "é"],
  ["%C3%A9", "é"],
  ["é%C3%A9", "éé"],
  ["%C3", "\ufffd"],
  ["%C3A", "\ufffdA"],
  ["%C3é%A9", "\ufffdé\ufffd"],
  ["%E4%BD", "\ufffd"],
  ["%E4%BD%A0", "你"],
  ["%F0%9F%98%80", "😀"],
  ["%ED%A0%80", "\ufffd\ufffd\ufffd"],
  ["%C0%AF", "\ufffd\ufffd"],
  ["%FF%FE", "\ufffd\ufffd"],
  ["%EF%BB%BFx", "\ufeffx"],
  ["%EF%BB%BF%FF", "\ufeff\ufffd"],
  ["%00", "\0"],
  ["😀%zz", "😀%zz"],
] as const;

describe("W4 unquote", () => {
  test.each(CASES)("%p", (text, decoded) => expect(unquote(text)).toBe(decoded));

  const python = Bun.which("python3");
  test.skipIf(!python)(`the same as Python's urllib.parse.unquote${python ? "" : " (SKIPPED: no python3 here)"}`, () => {
    const program = "import json,sys,urllib.parse as u; print(json.dumps([u.unquote(t) for t in json.load(sys.stdin)]))";
    const texts = CASES.map(([text]) => text);
    const run = Bun.spawnSync(["python3", "-c", program], { stdin: Buffer.from(JSON.stringify(texts)) });
    expect(JSON.parse(run.stdout.toString())).toEqual(texts.map(unquote));
  });
});

test("unquotePlus: '+' is a space, '%2B' a plus", () => {
  expect(unquotePlus("a+b%2Bc%zz+")).toBe("a b+c%zz ");
});

describe("parseForm", () => {
  test.each([
    ["", []],
    [
      "user=alice&pass=a%26b",
      [
        ["user", "alice"],
        ["pass", "a&b"],
      ],
    ],
    ["transaction_id=1&", [["transaction_id", "1"]]], // W3
    [
      "&&a=1&&b",
      [
        ["a", "1"],
        ["b", ""],
      ],
    ],
    ["a=1=2", [["a", "1=2"]]],
    ["=x", [["", "x"]]],
    ["type+=hotp", [["type ", "hotp"]]],
    [
      "a=1&a=2",
      [
        ["a", "1"],
        ["a", "2"],
      ],
    ],
    ["a=1;b=2", [["a", "1;b=2"]]],
    ["%3D=%3d", [["=", "="]]],
    ["pass=100%", [["pass", "100%"]]],
  ] as [string, [string, string][]][])("%s", (text, pairs) => expect(parseForm(text)).toEqual(pairs));

  test("W4 FreeRADIUS: two layers come off by decoding twice", () => {
    expect(parseForm("pass=100%2525").map(([, value]) => unquote(value))).toEqual(["100%"]);
  });

  test("more pairs than allowed are refused", () => {
    expect(parseForm("a&".repeat(1000))).toHaveLength(1000);
    expect(() => parseForm("a&".repeat(1001))).toThrow(FormSizeError);
    expect(() => parseForm("a=1&b=2&c=3", 2)).toThrow(FormSizeError);
  });
});
