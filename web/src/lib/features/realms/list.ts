// The list of realms: what it can show, filter and sort.
import type { Text } from "../../text/text.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition } from "../../ui/table/list-state.ts";
import { type Realm, sourcesOf } from "./realm.ts";

export const realmListDefinition: ListDefinition = {
  defaultSort: "name",
  defaultDir: "asc",
  filters: ["name", "sources"],
  sorts: ["name", "default"],
};

export function realmColumns({ t }: Text): readonly Column<Realm>[] {
  return [
    { id: "name", label: "realms.name", sort: "name", text: ({ name }) => name },
    { id: "sources", label: "realms.sources", room: 2, text: sourcesOf },
    {
      id: "default",
      label: "realms.default",
      sort: "default",
      room: 3,
      text: ({ isDefault }) => t(isDefault ? "state.yes" : "state.no"),
    },
  ];
}

export const realmFilters: readonly Filter[] = [
  { name: "name", label: "realms.name", hint: "realms.filter.part" },
  { name: "sources", label: "realms.sources", hint: "realms.filter.part" },
];
