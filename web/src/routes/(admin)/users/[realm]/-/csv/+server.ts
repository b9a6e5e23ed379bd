// The list of users as a file: all that fit the filters, in the order of the list.
import { userColumns, userListDefinition } from "#lib/features/users/list.ts";
import { readUsers, sortUsers } from "#lib/features/users/read-users.ts";
import { csvFile, requireFileRight } from "#lib/server/csv-file.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { readPeople } from "../../../../read-people.ts";
import type { RequestHandler } from "./$types";

export const GET: RequestHandler = async (event) => {
  requireFileRight(event);
  const { locals, params, url } = event;
  const view = readListState(url, userListDefinition);
  const { realms } = await readPeople({ session: locals.session, ask: locals.call });
  const users = await readUsers(locals.call, view, params.realm.toLowerCase(), realms);
  return csvFile(event, "users", () => userColumns(true), sortUsers(users, view, locals.lang));
};
