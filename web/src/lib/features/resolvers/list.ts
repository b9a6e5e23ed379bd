// The list of user sources: what it can show, filter and sort.
import type { Text } from "../../text/text.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition } from "../../ui/table/list-state.ts";
import { placeOf, type Resolver, resolverTypes, resolverTypeWords } from "./resolver.ts";

export const resolverListDefinition: ListDefinition = {
  defaultSort: "name",
  defaultDir: "asc",
  filters: ["name", "type", "place", "realms"],
  sorts: ["name", "type", "place"],
};

export function resolverColumns({ lang }: Text): readonly Column<Resolver>[] {
  return [
    { id: "name", label: "resolvers.name", sort: "name", text: ({ name }) => name },
    { id: "type", label: "resolvers.type", sort: "type", room: 2, text: ({ type }) => resolverTypeWords(type, lang).title },
    { id: "place", label: "resolvers.place", sort: "place", room: 3, text: placeOf },
    { id: "realms", label: "resolvers.realms", room: 2, text: ({ realms }) => realms.join(", ") },
  ];
}

export function resolverFilters({ lang }: Text): readonly Filter[] {
  const options = resolverTypes.map((value) => ({ value, label: resolverTypeWords(value, lang).title }));
  return [
    { name: "name", label: "resolvers.name", hint: "resolvers.filter.part" },
    { name: "place", label: "resolvers.place", hint: "resolvers.filter.part" },
    { name: "realms", label: "resolvers.realms", hint: "resolvers.filter.part" },
    ...(options.length > 1 ? [{ name: "type", label: "resolvers.type" as const, options }] : []),
  ];
}
