// The list of users: what it can show, filter and sort.
import type { Params } from "../../server/engine.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition, ListState } from "../../ui/table/list-state.ts";
import { textOfUser, type User } from "./user.ts";

const attributes = ["username", "givenname", "surname", "email", "phone", "mobile"] as const;

export const userListDefinition: ListDefinition = {
  defaultSort: "username",
  defaultDir: "asc",
  filters: [...attributes, "userid", "resolver"],
  sorts: [...attributes, "userid", "resolver", "realm"],
};

const part = (text: string) => (text.includes("*") ? text : `*${text}*`);

/** The same for the page and for its CSV. The engine searches; it neither sorts nor pages users. @param realm "*": all */
export function userListParams({ filters }: Pick<ListState, "filters">, realm: string): Params<"userList"> {
  const { userid, resolver } = filters;
  const searched = attributes.flatMap((name) => (filters[name] === undefined ? [] : [[name, part(filters[name])] as const]));
  return { ...Object.fromEntries(searched), userid, resolver, realm: realm === "*" ? undefined : realm };
}

const column = (id: string, label: Column<User>["label"], more: Partial<Column<User>> = {}): Column<User> => ({
  id,
  label,
  sort: id,
  text: (user) => textOfUser(user, id),
  ...more,
});

/** @param everywhere users of all realms: theirs is shown */
export function userColumns(everywhere: boolean): readonly Column<User>[] {
  return [
    column("username", "users.username"),
    column("givenname", "users.givenname", { room: 2 }),
    column("surname", "users.surname", { room: 2 }),
    ...(everywhere ? [column("realm", "users.realm", { room: 2 })] : []),
    column("email", "users.email", { room: 3 }),
    column("phone", "users.phone", { room: 4 }),
    column("mobile", "users.mobile", { room: 4, extra: true }),
    column("userid", "users.userid", { room: 4, extra: true }),
    column("resolver", "users.resolver", { room: 4 }),
  ];
}

export function userFilters(resolvers: readonly string[]): readonly Filter[] {
  const searched = attributes.map((name): Filter => ({ name, label: `users.${name}`, hint: "users.filter.part" }));
  const options = resolvers.map((value) => ({ value, label: value }));
  return [
    ...searched,
    { name: "userid", label: "users.userid", hint: "users.filter.userid" },
    ...(options.length > 1 ? [{ name: "resolver", label: "users.resolver" as const, options }] : []),
  ];
}
