// GET /user/ (rest-api.md 2.4).
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { User } from "../../users/directory.ts";
import type { Handlers } from "../call.ts";
import { mapPaced } from "../pace.ts";

const LIMIT = 10_000;
/** Parameters that are no attributes of a user. */
const NOT_ATTRIBUTES = new Set([
  "realm",
  "resolver",
  "user",
  "username",
  "session",
  "nonce",
  "client",
  "page",
  "pagesize",
  "sortby",
  "sortdir",
]);

export const userRoutes: Handlers<"userList"> = {
  async userList({ engine, params, bag, caller, isGone }) {
    const filters = Object.fromEntries(
      [...bag].flatMap(([name, value]) => (typeof value === "string" && !NOT_ATTRIBUTES.has(name) ? [[name, value]] : [])),
    );
    const name = params.username ?? params.user;
    if (name !== undefined) filters.username = name;
    const where = { realm: params.realm, resolver: params.resolver };
    const users = caller?.role === "user" ? [caller.user] : await engine.directory.search(where, filters, LIMIT, isGone);
    if (!users) throw new ApiError("not_found", { what: phrase("thing_realm_or_resolver") });
    return { value: await mapPaced(users, describeUser) };
  },
};

const describeUser = ({ login, userId, resolver, attributes }: User) => ({
  ...attributes,
  username: login,
  userid: userId,
  resolver,
  editable: false,
});
