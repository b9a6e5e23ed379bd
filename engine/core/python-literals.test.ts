import { describe, expect, test } from "bun:test";
import { MAX_PYTHON_LENGTH, type PythonValue, readPythonConfig } from "./python-literals.ts";

/** What X is at the end of the text; "?" and why if it can not be known. */
function readX(text: string, environment: Record<string, string> = {}): unknown {
  const last = readPythonConfig(text, environment).assignments.findLast(({ name }) => name === "X");
  return last?.value === undefined ? `? ${last?.why}` : plain(last.value);
}

function plain(value: PythonValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe("Z02 values are Python literals", () => {
  test.each([
    ["X = 'one'", "one"],
    ['X = "two"', "two"],
    ["X = u'three'", "three"],
    ["X = '''four\nlines'''", "four\nlines"],
    ['X = """a "quoted" word"""', 'a "quoted" word'],
    ["X = ''", ""],
    [String.raw`X = 'a\tb\n\\\'\x41B\U0001f600\101\q'`, "a\tb\n\\'AB\u{1f600}A\\q"],
    [String.raw`X = r'C:\new\x'`, String.raw`C:\new\x`],
    ["X = 'one' \\\n    'two'", "onetwo"],
    ["X = ('one'  # why\n  'two')", "onetwo"],
    ["X = 'a' + 'b' + 'c'", "abc"],
    ["X = '# no comment' # comment", "# no comment"],
    ["X = 20", 20],
    ["X = -1", -1],
    ["X = 1_000", 1000],
    ["X = 0x1f", 31],
    ["X = 1.5e3", 1500],
    ["X = 1 + 2", 3],
    ["X = True", true],
    ["X = False", false],
    ["X = None", null],
    ["X = logging.INFO", 20],
    ["X = []", []],
    ["X = ['a', 'b',]", ["a", "b"]],
    ["X = [\n  'a',\n\n  # 'b',\n  'c'\n]", ["a", "c"]],
    ["X = ('a', 'b')", ["a", "b"]],
    ["X = ('a',)", ["a"]],
    ["X = ('a')", "a"],
    ["X = 'a', 'b'", ["a", "b"]],
    ["X = ['a'] + ['b']", ["a", "b"]],
    ["X = {}", {}],
    ["X = {'a': 1, 'b': [True, None], 3: {'c': 'd'}}", { a: 1, b: [true, null], 3: { c: "d" } }],
    ["X: str = 'typed'", "typed"],
    ["Y = X = 'both'", "both"],
    ["X = 'a'; Y = 'b'", "a"],
    ["\ufeffX = 'marked'", "marked"],
    ["X = 'windows'\r\nY = 1\r\n", "windows"],
  ])("%p", (text, expected) => expect(readX(text)).toEqual(expected));
});

describe("put together", () => {
  test("variables of the same file, as they are at that line", () => {
    expect(readX("base = '/etc'\nX = base + '/pi'\nbase = '/other'")).toBe("/etc/pi");
    expect(readX("X = ['a']\nX += ['b']")).toEqual(["a", "b"]);
    expect(readX("X = 'first'\nX = 'last'")).toBe("last");
  });
  test("os.path.join and os.environ", () => {
    expect(readX("import os\nX = os.path.join('/etc', 'pi', 'enckey')")).toBe("/etc/pi/enckey");
    expect(readX("X = os.path.join('/etc/', '/var', 'x')")).toBe("/var/x");
    expect(readX("X = os.environ['HERE']", { HERE: "value" })).toBe("value");
    expect(readX("X = os.environ.get('HERE', 'other')", { HERE: "value" })).toBe("value");
    expect(readX("X = os.getenv('NOT', 'other')")).toBe("other");
    expect(readX("X = os.environ.get('NOT')")).toBeNull();
    expect(readX("X = os.environ['NOT']")).toStartWith("? it comes from a variable");
  });
});

describe("what only Python can know is named by its line, and no value is made up", () => {
  test.each([
    ["X = open('/etc/shadow').read()", "? it calls a function"],
    ["X = __import__('os').system('id')", "? it calls a function"],
    ["X = f'{Y}'", "? a text that only Python can put together"],
    ["X = 'a' % 'b'", '? "%" is not read here'],
    ["X = 'a' if Y else 'b'", '? "if" is code that is not run'],
    ["X = [a for a in 'abc']", "? a is not assigned before"],
    ["X = lambda: 1", '? "lambda" is code that is not run'],
    ["X = Y", "? Y is not assigned before"],
    ["Y = call()\nX = Y + 'a'", "? it is made of Y, which can not be read"],
    ["X = 'a'\nif Y:\n  X = 'b'", "? it stands in the block of line 2"],
    ["X = 'a'\nif Y:\n  Z = 1; X = 'b'", "? it stands in the block of line 2"],
    ["X = 'a'\nif Y: Z = 1; X = 'b'", "? it depends on code that is not run"],
    ["X = {}\nX['a'] = 'b'", "? it is changed by code that is not run"],
    ["X = []\nX.append('b')", "? it is changed by code that is not run"],
    ["X = 'a'\ndel X", "? it is changed by code that is not run"],
    ["X = 'a' + 1", "? a sum of values of different kinds"],
    ["X = -'a'", "? a minus before something that is no number"],
    ["X = 99999999999999999999", "? a number that can not be read"],
    ["X = {[]: 1}", "? a dict with a key that is no text"],
    ["X = {'a', 'b'}", '? "," is not read here'],
    ["X = 'open\n", "? a text is not closed in its line"],
    ["X = '''open\n", "? a text is never closed"],
    ["X = 'a' ?", "? a character that has no meaning in Python"],
    ["X =", "? it breaks off"],
    ["X = [1, 2", "? a bracket is never closed"],
    ["X = 'a' 5", "? a number stands where none is read"],
  ])("%p", (text, expected) => expect(readX(text)).toStartWith(expected));

  test("lines that are no assignment; the lines after them are read", () => {
    const { assignments, skipped } = readPythonConfig(
      "import os\n'a docstring'\nprint('x')\n'open\nX = 1\nfor a in b:\n  pass\nY = 2",
    );
    expect(assignments.map(({ name, line, value }) => [name, line, value])).toEqual([
      ["X", 5, 1],
      ["Y", 8, 2],
    ]);
    expect(skipped.map(({ line }) => line)).toEqual([3, 4, 6]);
  });
  test("the words never quote a value", () => {
    for (const rest of [
      "'hunter2",
      "'hunter2' hunter",
      "'hunter2' % 1",
      "f'hunter2'",
      "call('hunter2')",
      "'hunter2' 'x' 5",
      "['hunter2'",
    ])
      expect(JSON.stringify(readPythonConfig(`X = ${rest}`))).not.toContain("hunter2");
  });
});

describe("hostile text ends in bounded time and memory", () => {
  const repeat = (text: string, length = MAX_PYTHON_LENGTH) => text.repeat(Math.floor(length / text.length));
  test("longer than any configuration is refused", () => {
    expect(() => readPythonConfig("#".repeat(MAX_PYTHON_LENGTH + 1))).toThrow(RangeError);
  });
  test.each([
    ["brackets", `X = ${repeat("[", 200_000)}`],
    ["closed brackets", `X = ${repeat("[", 100_000)}${repeat("]", 100_000)}`],
    ["signs", `X = ${repeat("-", 200_000)}1`],
    ["quotes", `X = ${repeat("'", 200_001)}`],
    ["triple quotes", repeat('"""a', 200_000)],
    ["backslashes", `X = '${repeat("\\", 200_000)}`],
    ["dots", `X = a${repeat(".a", 200_000)}`],
    ["digits", `X = ${repeat("1", 200_000)}`],
    ["underscores", `X = 1${repeat("_", 200_000)}x`],
    ["sums", `X = 1${repeat("+1", 200_000)}`],
    ["lines", repeat("X=1\n", 200_000)],
    ["chains", `X = ${repeat("Y=", 200_000)}1`],
    ["semicolons", repeat("X=1;", 200_000)],
    ["blanks", repeat(" ", 200_000)],
    ["NUL", repeat("\0", 200_000)],
    ["halves of characters", `X = '${repeat("\ud800", 100_000)}'`],
    ["texts that double", `X = 'ab'\n${repeat("X = X + X\n", 1000)}`],
    ["lists that hold each other", `X = ['ab']\n${repeat("X = [X, X, X, X]\n", 1000)}`],
    ["lists that grow in small steps", `A = [1]\n${repeat("A = A + A\n", 170)}${repeat("X = A + [1]\n", 200_000)}`],
    ["dicts that hold each other", `X = {}\n${repeat("X = {'a': X, 'b': X}\n", 1000)}`],
  ])("%s", (_name, text) => {
    const { assignments } = readPythonConfig(text);
    // Printing what was read is bounded too.
    expect(JSON.stringify(assignments.map(({ value }) => (value === undefined ? null : plain(value)))).length).toBeLessThan(
      40_000_000,
    );
  });
  test("a name of an object's prototype is a name like any other", () => {
    expect(readX("X = {'__proto__': 1}")).toEqual(Object.fromEntries([["__proto__", 1]]));
    expect(readX("X = constructor")).toBe("? constructor is not assigned before");
    expect(readX("X = os.environ['constructor']")).toStartWith("? it comes");
  });
});
