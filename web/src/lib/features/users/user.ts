// A person as a user source knows him.
import type { MessageKey } from "../../text/text.ts";

export interface User {
  username: string;
  userid: string;
  realm: string;
  resolver: string;
  /** All else that the source tells: givenname, surname, email, phone, mobile, description … */
  attributes: Readonly<Record<string, string>>;
}

/** The engine gives no more users than this (GET /user/). */
export const USER_LIMIT = 10_000;

const OWN = new Set(["username", "userid", "resolver", "editable", "realm"]);

/** @param row of GET /user/; @param realm where he was found */
export function toUser(row: Readonly<Record<string, unknown>>, realm: string): User {
  const word = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));
  const attributes = Object.entries(row).flatMap(([name, value]) => (OWN.has(name) ? [] : [[name, word(value)] as const]));
  return {
    username: word(row.username),
    userid: word(row.userid),
    realm,
    resolver: word(row.resolver),
    attributes: Object.fromEntries(attributes),
  };
}

/** What stands in a column of the list. */
export function textOfUser({ attributes, ...user }: User, name: string): string {
  return name === "username" || name === "userid" || name === "realm" || name === "resolver"
    ? user[name]
    : (attributes[name] ?? "");
}

export const fullName = ({ attributes: { givenname, surname } }: User): string => [givenname, surname].filter(Boolean).join(" ");

/** Path of the page of a user. */
export const userPath = ({ realm, username }: Pick<User, "realm" | "username">): string =>
  `/users/${encodeURIComponent(realm)}/${encodeURIComponent(username)}`;

/** Attributes that have a name of ours; others are shown as the source calls them. */
export const attributeLabels: Readonly<Record<string, MessageKey>> = {
  givenname: "users.givenname",
  surname: "users.surname",
  email: "users.email",
  phone: "users.phone",
  mobile: "users.mobile",
  description: "users.description",
};
