// The list of tokens: what it can show, filter and sort.
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import type { Params } from "../../server/engine.ts";
import type { Text } from "../../text/text.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition, ListState } from "../../ui/table/list-state.ts";
import { ownerOf, type Token } from "./token.ts";
import { typeName } from "./type-words.ts";

export const tokenListDefinition: ListDefinition = {
  defaultSort: "serial",
  defaultDir: "asc",
  filters: [
    "serial",
    "type",
    "user",
    "realm",
    "resolver",
    "description",
    "assigned",
    "active",
    "tokenrealm",
    "tokengroup",
    "rollout_state",
    "info",
  ],
  sorts: ["serial", "tokentype", "description", "active", "failcount", "resolver", "user_realm", "count", "rollout_state"],
};

/** Who does not use `*` means a part of it. */
const part = (text: string | undefined) => (text === undefined || text.includes("*") ? text : `*${text}*`);

/** The same for the page and for its CSV. */
export function tokenListParams({ filters, sort, dir }: Pick<ListState, "filters" | "sort" | "dir">): Params<"tokenList"> {
  const { serial, type, user, realm, resolver, description, assigned, active, tokenrealm, tokengroup, rollout_state, info } =
    filters;
  const [infokey, ...infovalue] = (info ?? "").split("=");
  return {
    serial: part(serial),
    type,
    user: part(user),
    realm,
    resolver,
    description: part(description),
    assigned,
    active,
    tokenrealm,
    tokengroup,
    rollout_state,
    ...(infokey && infovalue.length > 0 ? { infokey, infovalue: infovalue.join("=") } : {}),
    sortby: sort,
    sortdir: dir,
  };
}

export function tokenColumns({ t, lang }: Text): readonly Column<Token>[] {
  return [
    { id: "serial", label: "tokens.serial", sort: "serial", text: ({ serial }) => serial },
    { id: "type", label: "tokens.type", sort: "tokentype", room: 2, text: ({ tokentype }) => typeName(tokentype, lang) },
    { id: "state", label: "tokens.state", sort: "active", text: () => "" },
    { id: "owner", label: "tokens.owner", room: 2, text: ownerOf },
    { id: "description", label: "tokens.description", sort: "description", room: 3, text: ({ description }) => description },
    {
      id: "failcount",
      label: "tokens.failcount",
      sort: "failcount",
      room: 4,
      numeric: true,
      text: ({ failcount, maxfail }) => `${failcount} / ${maxfail}`,
    },
    { id: "resolver", label: "tokens.resolver", sort: "resolver", room: 4, extra: true, text: ({ resolver }) => resolver },
    { id: "realms", label: "tokens.realms", room: 4, text: ({ realms }) => realms.join(", ") },
    { id: "groups", label: "tokens.groups", room: 4, extra: true, text: ({ tokengroup }) => tokengroup.join(", ") },
    {
      id: "counter",
      label: "tokens.counter",
      sort: "count",
      room: 4,
      extra: true,
      numeric: true,
      text: ({ count }) => String(count),
    },
    {
      id: "rollout",
      label: "tokens.rollout",
      sort: "rollout_state",
      room: 4,
      extra: true,
      text: ({ rollout_state }) => rollout_state || t("state.none"),
    },
  ];
}

export function tokenFilters({ t, lang }: Text, realms: readonly string[], groups: readonly string[]): readonly Filter[] {
  const same = (values: readonly string[]) => values.map((value) => ({ value, label: value }));
  const yesNo = (yes: string, no: string) => [
    { value: "true", label: yes },
    { value: "false", label: no },
  ];
  return [
    { name: "serial", label: "tokens.serial", hint: "tokens.filter.part" },
    { name: "user", label: "tokens.owner", hint: "tokens.filter.part" },
    { name: "realm", label: "tokens.ownerRealm", options: same(realms) },
    {
      name: "type",
      label: "tokens.type",
      options: Object.keys(tokenTypes).map((kind) => ({ value: kind, label: typeName(kind, lang) })),
    },
    { name: "active", label: "tokens.filter.active", options: yesNo(t("tokens.filter.enabled"), t("tokens.filter.disabled")) },
    {
      name: "assigned",
      label: "tokens.filter.assigned",
      options: yesNo(t("tokens.filter.withOwner"), t("tokens.filter.withoutOwner")),
    },
    { name: "description", label: "tokens.description", hint: "tokens.filter.part" },
    { name: "tokenrealm", label: "tokens.realms", options: same(realms) },
    ...(groups.length > 0 ? [{ name: "tokengroup", label: "tokens.groups" as const, options: same(groups) }] : []),
    { name: "resolver", label: "tokens.resolver" },
    { name: "info", label: "tokens.info", hint: "tokens.filter.info" },
  ];
}
