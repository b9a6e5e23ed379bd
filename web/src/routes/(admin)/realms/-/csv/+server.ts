// The list of realms as a file.
import { realmColumns, realmListDefinition } from "#lib/features/realms/list.ts";
import { textOfRealm } from "#lib/features/realms/realm.ts";
import { csvFile, requireFileRight } from "#lib/server/csv-file.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import { readPeople } from "../../../read-people.ts";
import type { RequestHandler } from "./$types";

export const GET: RequestHandler = async (event) => {
  requireFileRight(event);
  const { session, call, lang } = event.locals;
  const view = { ...readListState(event.url, realmListDefinition), page: 1, pageSize: Number.MAX_SAFE_INTEGER };
  const { realms } = await readPeople({ session, ask: call });
  const { rows } = pageOf(realms, view, lang, { textOf: textOfRealm, filters: realmListDefinition.filters });
  return csvFile(event, "realms", realmColumns, rows);
};
