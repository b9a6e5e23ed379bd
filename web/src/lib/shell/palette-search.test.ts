import { expect, test } from "bun:test";
import { searchLines } from "./palette-search.ts";

const lines = ["Tokens", "Enrol a token", "Set the PIN", "Copy a PIN to it", "Übersicht"].map((label) => ({
  label,
  section: "",
  action: { id: label, label: "nav.tokens" as const, icon: "token" as const, run: () => {} },
}));
const search = (typed: string) => searchLines(lines, typed).map(({ label }) => label);

test.each([
  ["", ["Tokens", "Enrol a token", "Set the PIN", "Copy a PIN to it", "Übersicht"]],
  ["tok", ["Tokens", "Enrol a token"]],
  ["TOKEN enrol", ["Enrol a token"]],
  ["pin", ["Copy a PIN to it", "Set the PIN"]],
  ["pin set", ["Set the PIN"]],
  ["über", ["Übersicht"]],
  ["(", []],
])("%p finds %p", (typed, found) => {
  expect(search(typed).toSorted()).toEqual([...found].sort());
});

test("the beginning of a word comes before its middle", () => expect(search("t")[0]).toBe("Tokens"));
