// Reads what `bun test --reporter=junit` reports: one entry for each test case, in order. Only Bun writes these files, so a
// reader of the two tags that matter is enough.

export interface TestCase {
  file: string;
  /** The names of the enclosing `describe` blocks and of the test. */
  name: string;
  outcome: "passed" | "failed" | "skipped";
  /** What the failure says; empty unless failed. */
  message: string;
}

/** Undoes the five named entities of XML and numeric ones. */
function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name] ?? whole;
    return String.fromCodePoint(decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** The value of one attribute of a start tag, unescaped; "" when absent. */
function readAttribute(tag: string, name: string): string {
  return unescapeXml(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
}

/** All test cases of a JUnit report (XML text). */
export function parseJunit(xml: string): TestCase[] {
  const cases: TestCase[] = [];
  for (const [, tag = "", body = ""] of xml.matchAll(/<testcase( [^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const failure = /<(?:failure|error)( [^>]*?)?(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/.exec(body);
    const group = readAttribute(tag, "classname");
    cases.push({
      file: readAttribute(tag, "file"),
      name: (group === "" ? "" : `${group} > `) + readAttribute(tag, "name"),
      outcome: failure !== null ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
      message: failure === null ? "" : unescapeXml(failure[2] ?? readAttribute(failure[1] ?? "", "message")).trim(),
    });
  }
  return cases;
}
