import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseJunit } from "./junit.ts";

test("a report of Bun itself: groups, escapes, failures, skipped and todo", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-junit-"));
  const source = `import { describe, expect, test } from "bun:test";
    describe("a <b> & c", () => { test("ok", () => {}); test('bad "x" > y', () => expect("&lt;").toBe("<")); });
    test.skip("later", () => {}); test.todo("some day");`;
  await Bun.write(join(folder, "x.test.ts"), source);
  const command = [process.execPath, "test", "--reporter=junit", `--reporter-outfile=${join(folder, "r.xml")}`];
  expect(await Bun.spawn(command, { cwd: folder, stdio: ["ignore", "ignore", "ignore"] }).exited).toBe(1);
  const cases = parseJunit(await Bun.file(join(folder, "r.xml")).text());
  rmSync(folder, { recursive: true });
  expect(cases.map(({ file, name, outcome }) => [file, name, outcome])).toEqual([
    ["x.test.ts", "a <b> & c > ok", "passed"],
    ["x.test.ts", 'a <b> & c > bad "x" > y', "failed"],
    ["x.test.ts", "later", "skipped"],
    ["x.test.ts", "some day", "skipped"],
  ]);
  expect(cases[1]?.message).toContain('Expected: "<"');
});
