// The state of a list is its address: page, size, order and filters. Server and browser read it by the same rules, so a link to a
// filtered list can be sent to a colleague, and "back" works.

export interface ListState {
  /** from 1 */
  page: number;
  pageSize: number;
  sort: string;
  dir: "asc" | "desc";
  /** What is filtered, by the name of the filter; empty ones are left out. */
  filters: Readonly<Record<string, string>>;
}

/** What a list can do; a constant of its feature. */
export interface ListDefinition {
  defaultSort: string;
  defaultDir: "asc" | "desc";
  /** Names that may stand in the address as filters. */
  filters: readonly string[];
  /** Columns that the engine can sort by. */
  sorts: readonly string[];
}

export const pageSizes = [25, 50, 100] as const;

/** What is no good in an address is as if it was not there. */
export function readListState({ searchParams }: Pick<URL, "searchParams">, definition: ListDefinition): ListState {
  const whole = (name: string) => {
    const text = searchParams.get(name) ?? "";
    return /^\d{1,7}$/.test(text) ? Number(text) : 0;
  };
  const sort = searchParams.get("sort") ?? "";
  const dir = searchParams.get("dir");
  const size = whole("size");
  return {
    page: Math.min(Math.max(1, whole("page")), 1_000_000),
    pageSize: pageSizes.find((one) => one === size) ?? pageSizes[0],
    sort: definition.sorts.includes(sort) ? sort : definition.defaultSort,
    dir: dir === "asc" || dir === "desc" ? dir : definition.defaultDir,
    filters: Object.fromEntries(
      definition.filters.flatMap((name) => {
        const text = searchParams.get(name)?.slice(0, 500) ?? "";
        return text === "" ? [] : [[name, text]];
      }),
    ),
  };
}

/** The query of a state, with its question mark; what is as usual is left out. A change of anything but the page begins at page 1. */
export function writeListState(state: ListState, change: Partial<ListState>, definition: ListDefinition): string {
  const next = { ...state, page: 1, ...change };
  const query = new URLSearchParams(Object.entries(next.filters).filter(([, text]) => text !== ""));
  if (next.sort !== definition.defaultSort) query.set("sort", next.sort);
  if (next.dir !== definition.defaultDir) query.set("dir", next.dir);
  if (next.pageSize !== pageSizes[0]) query.set("size", String(next.pageSize));
  if (next.page > 1) query.set("page", String(next.page));
  return `?${query}`;
}
