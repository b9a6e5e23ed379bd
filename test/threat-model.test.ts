// docs/threat-model.md stays true: what it names exists, and no test of an attack is missing from it.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const page = readFileSync(join(root, "docs", "threat-model.md"), "utf8");
const named = [...page.matchAll(/`((?:test|engine|shared|web)\/[\w/.-]+)`/g)].map(([, file]) => String(file));

test("every test that the page names exists", () => {
  expect(named.filter((file) => !file.endsWith(".test.ts") || !existsSync(join(root, file)))).toEqual([]);
  expect(named.length).toBeGreaterThan(30);
});
test("every row of the table names what shows it", () => {
  const [, table = ""] = page.split("## Attacks and what stops them");
  const rows = (table.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| attacker"));
  expect(rows.filter((row) => !row.includes(".test.ts`"))).toEqual([]);
});
test("every test of an attack or of hostile clients has its place", () => {
  const attacks = readdirSync(import.meta.dir).filter((name) => /^(?:attack|hostile)-.*\.test\.ts$/.test(name));
  expect(attacks.filter((name) => !named.includes(`test/${name}`))).toEqual([]);
});
test("links lead to pages that exist", () => {
  const links = [...page.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, file]) => String(file));
  expect(links.filter((file) => !existsSync(join(root, "docs", file)))).toEqual([]);
});
