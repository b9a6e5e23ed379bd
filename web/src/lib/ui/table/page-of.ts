// A page of a list that the engine gives as a whole (users, realms, user sources): filtered, sorted and cut here.
import type { Language } from "../../text/languages.ts";
import type { ListState } from "./list-state.ts";

export interface WholeList<Row> {
  /** What stands in a column, by the name of the column or filter. */
  textOf(row: Row, name: string): string;
  /** Filters that the engine did not apply. */
  filters?: readonly string[];
  /** The engine gave no more than so many: there may be others. */
  limit?: number;
}

export function pageOf<Row>(all: readonly Row[], view: ListState, lang: Language, list: WholeList<Row>) {
  const { textOf, filters = [], limit = Number.POSITIVE_INFINITY } = list;
  const found = sorted(
    all.filter((row) => filters.every((name) => contains(textOf(row, name), view.filters[name] ?? ""))),
    view,
    lang,
    textOf,
  );
  const from = (view.page - 1) * view.pageSize;
  return { rows: found.slice(from, from + view.pageSize), count: found.length, complete: all.length < limit };
}

/** By the rules of the language; "user10" after "user9". */
export function sorted<Row>(
  rows: readonly Row[],
  { sort, dir }: Pick<ListState, "sort" | "dir">,
  lang: Language,
  textOf: WholeList<Row>["textOf"],
): readonly Row[] {
  const { compare } = new Intl.Collator(lang, { numeric: true });
  const sign = dir === "asc" ? 1 : -1;
  return rows.toSorted((a, b) => sign * compare(textOf(a, sort), textOf(b, sort)));
}

/** Capitals do not count; a part is enough. */
const contains = (text: string, part: string) => text.toLowerCase().includes(part.replaceAll("*", "").toLowerCase());
