// The list of user sources as a file.
import { resolverColumns, resolverListDefinition } from "#lib/features/resolvers/list.ts";
import { textOfResolver } from "#lib/features/resolvers/resolver.ts";
import { csvFile, requireFileRight } from "#lib/server/csv-file.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import { readPeople } from "../../../read-people.ts";
import type { RequestHandler } from "./$types";

export const GET: RequestHandler = async (event) => {
  requireFileRight(event);
  const { session, call, lang } = event.locals;
  const view = { ...readListState(event.url, resolverListDefinition), page: 1, pageSize: Number.MAX_SAFE_INTEGER };
  const { resolvers } = await readPeople({ session, ask: call });
  const { rows } = pageOf(resolvers ?? [], view, lang, { textOf: textOfResolver, filters: resolverListDefinition.filters });
  return csvFile(event, "user-sources", resolverColumns, rows);
};
