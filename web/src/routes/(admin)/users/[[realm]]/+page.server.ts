// The users of a realm; without one in the address those of the default realm, with "*" those of all.
import { error } from "@sveltejs/kit";
import { userListDefinition } from "#lib/features/users/list.ts";
import { readUsers, userPage } from "#lib/features/users/read-users.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { readPeople, setupOf } from "../../read-people.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { locals, params, url } = event;
  const view = readListState(url, userListDefinition);
  const people = await readPeople({ session: locals.session, ask: locals.call });
  const { realms } = people;
  const named = params.realm?.toLowerCase();
  const realm = named ?? (realms.find(({ isDefault }) => isDefault) ?? realms[0])?.name;
  if (named !== undefined && named !== "*" && !realms.some(({ name }) => name === named)) error(404);
  const rows =
    realm === undefined
      ? Promise.resolve({ rows: [], count: 0 })
      : readUsers(locals.engine, view, realm, realms).then((users) => userPage(users, view, locals.lang));
  const shown = realm === "*" ? realms : realms.filter(({ name }) => name === realm);
  return {
    view,
    realm: realm ?? "",
    realms: realms.map(({ name }) => name),
    resolvers: [...new Set(shown.flatMap(({ sources }) => sources.map(({ name }) => name)))],
    setup: setupOf(people),
    ...(await deliver(event, rows)),
  };
};
