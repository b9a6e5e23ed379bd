// Which columns somebody wants to see, remembered in this browser.
import type { Column } from "./columns.ts";

const keyFor = (list: string) => `ostiary-columns-${list}`;

/** What was chosen, as far as it still exists; else the usual ones. */
export function shownColumns<Row>(list: string, columns: readonly Column<Row>[]): ReadonlySet<string> {
  const usual = new Set(columns.filter(({ extra }) => !extra).map(({ id }) => id));
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyFor(list)) ?? "null");
    if (!Array.isArray(stored)) return usual;
    const known = new Set(columns.map(({ id }) => id).filter((id) => stored.includes(id)));
    return known.size > 0 ? known : usual;
  } catch {
    return usual;
  }
}

export function rememberColumns(list: string, shown: ReadonlySet<string>): ReadonlySet<string> {
  localStorage.setItem(keyFor(list), JSON.stringify([...shown]));
  return shown;
}
