import { describe, expect, test } from "bun:test";
import { findDays, parseRules, RulesFileError } from "./rotation-rules.ts";

const manual = `
# DELETE auth requests of nils after 10 days
- rotate: 10
  user: nils
  action: .*/validate/check.*
- rotate: 7
  user: friedrich
  action: .*/validate/check.*
- rotate: 0
  user: nagiosuser
  action: POST /validate/check.*
- rotate: 30
  action: ^GET /token
- rotate: 3650
  action: POST /token/init
- rotate: 180
  action: .*
`;

const days = (text: string, row: Record<string, string>) => findDays(parseRules(text), (column) => row[column] ?? "");

describe("AU-05 the rules of the manual: the first that matches counts, its columns are tied by and", () => {
  const ROWS: [row: Record<string, string>, days: number | null][] = [
    [{ user: "nils", action: "POST /validate/check" }, 10],
    [{ user: "nils", action: "GET /validate/check" }, 10],
    [{ user: "nils", action: "POST /token/init" }, 3650],
    [{ user: "friedrich", action: "POST /validate/check" }, 7],
    [{ user: "nagiosuser", action: "POST /validate/check" }, 0],
    [{ user: "nagiosuser", action: "GET /validate/check" }, 180],
    [{ user: "", action: "GET /token/" }, 30],
    [{ action: "GET /tokengroup" }, 30],
    [{ action: "POST /token/init" }, 3650],
    [{ action: "DELETE /token" }, 180],
  ];
  test.each(ROWS)("%j: %p days", (row, expected) => {
    expect(days(manual, row)).toBe(expected);
  });
  test("without a catch-all what matches nothing stays", () => {
    expect(days("- {rotate: 1, user: nils}", { user: "cornelius" })).toBeNull();
    expect(days("[]", { user: "nils" })).toBeNull();
    expect(days("- rotate: 5", { user: "anybody" })).toBe(5);
  });
});

describe("AU-06 any column, with regular expressions", () => {
  const CASES: [rule: string, row: Record<string, string>, matches: boolean][] = [
    ["user: nils", { user: "nils2" }, true],
    ["user: nils$", { user: "nils2" }, false],
    ["user: nils", { user: "a nils" }, false],
    ["user: ^$", {}, true],
    ["success: 1", { success: "1" }, true],
    ["success: 0", { success: "1" }, false],
    ["serial: (?i)totp", { serial: "TOTP1" }, true],
    ["serial: (?P<kind>TOTP|HOTP)", { serial: "HOTP1" }, true],
    ["date: '2024-0[1-3]'", { date: "2024-02-29T00:00:00.000000+00:00" }, true],
    ["action_detail: '.*\\d{3}'", { action_detail: "code 123" }, true],
    ["privacyidea_server: node1", { privacyidea_server: "node1" }, true],
  ];
  test.each(CASES)("%s on %j: %p", (rule, row, matches) => {
    expect(days(`- {rotate: 1, ${rule}}`, row)).toBe(matches ? 1 : null);
  });
  test("a pattern that would stall a backtracking engine takes no time", () => {
    const begun = performance.now();
    expect(days("- {rotate: 1, user: (a+)+$}", { user: `${"a".repeat(2000)}!` })).toBeNull();
    expect(performance.now() - begun).toBeLessThan(2000);
  });
  test("more values than are remembered", () => {
    const rules = parseRules("- {rotate: 1, user: 'u\\d*[05]$'}");
    const verdicts = Array.from({ length: 25_000 }, (_, at) => findDays(rules, () => `u${at}`));
    expect(verdicts.filter((one) => one === 1).length).toBe(5000);
  });
});

describe("a file that is none", () => {
  test.each([
    ["no YAML", "- rotate: [", "YAML"],
    ["the same name twice", "- {rotate: 1, user: a, user: b}", "YAML"],
    ["no list", "rotate: 1", "list"],
    ["nothing", "", "list"],
    ["text", "hello", "list"],
    ["a rule that is none", "- hello", "rule 1"],
    ["no rotate", "- user: nils", "rule 1 of the rules file: rotate"],
    ["days below nothing", "- {rotate: 1}\n- {rotate: -1}", "rule 2 of the rules file: rotate"],
    ["days as text", "- {rotate: '10'}", "rotate"],
    ["no number", "- {rotate: .nan}", "rotate"],
    ["a column that is none: a rule would match more than was meant", "- {rotate: 1, usr: nils}", '"usr"'],
    ["a column that is a verdict", "- {rotate: 1, sig_check: OK}", '"sig_check"'],
    ["a pattern that is a list", "- {rotate: 1, user: [nils]}", "user"],
    ["no regular expression", "- {rotate: 1, user: '('}", "the pattern of user"],
    ["ten thousand alternatives", `- {rotate: 1, user: '${"(a|b)*".repeat(10_000)}'}`, "longer than 2000 characters"],
    ["look-around", "- {rotate: 1, user: '(?!admin)'}", "the pattern of user"],
    ["a bomb of aliases", "- &a {rotate: 1}\n- *a", "YAML"],
    ["a megabyte", `- {rotate: 1, user: ${"a".repeat(1024 * 1024)}}`, "1 MiB"],
  ])("%s", (_name, text, words) => {
    expect(() => parseRules(text)).toThrow(RulesFileError);
    expect(() => parseRules(text)).toThrow(words);
  });
});
