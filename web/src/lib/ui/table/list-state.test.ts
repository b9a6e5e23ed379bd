import { describe, expect, test } from "bun:test";
import { type ListDefinition, readListState, writeListState } from "./list-state.ts";

const definition: ListDefinition = {
  defaultSort: "serial",
  defaultDir: "asc",
  filters: ["type", "user"],
  sorts: ["serial", "count"],
};
const read = (query: string) => readListState(new URL(`http://x/tokens${query}`), definition);

describe("the state of a list is its address", () => {
  test("there and back again", () => {
    for (const query of ["?", "?type=totp", "?type=totp&user=al*&sort=count&dir=desc&size=100&page=7", "?user=%26%3D%23+%C3%A4"])
      expect(writeListState(read(query), { page: read(query).page }, definition)).toBe(query);
  });
  test("what is no good is as if it was not there", () => {
    const usual = { page: 1, pageSize: 25, sort: "serial", dir: "asc" as const, filters: {} };
    for (const query of [
      "?page=0",
      "?page=-1",
      "?page=1e9",
      "?size=7",
      "?size=100000",
      "?sort=password",
      "?dir=up",
      "?serial=x",
      "?type=",
      "?__proto__=x",
    ])
      expect([query, read(query)]).toEqual([query, usual]);
  });
  test("a change begins at page 1; a new page keeps the rest", () => {
    const state = read("?type=totp&page=7");
    expect(writeListState(state, { sort: "count" }, definition)).toBe("?type=totp&sort=count");
    expect(writeListState(state, { filters: {} }, definition)).toBe("?");
    expect(writeListState(state, { page: 8 }, definition)).toBe("?type=totp&page=8");
  });
  test("a filter has an end", () => expect(read(`?type=${"x".repeat(5000)}`).filters.type?.length).toBe(500));
});
