import { resolverListDefinition } from "#lib/features/resolvers/list.ts";
import { textOfResolver } from "#lib/features/resolvers/resolver.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import { readPeople, setupOf } from "../read-people.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { session, engine, lang } = event.locals;
  const view = readListState(event.url, resolverListDefinition);
  const people = readPeople({ session, ask: engine });
  const rows = people.then(({ resolvers }) =>
    pageOf(resolvers ?? [], view, lang, { textOf: textOfResolver, filters: resolverListDefinition.filters }),
  );
  // Without an answer nothing is said about the set-up: the list says what failed.
  const setup = people.then(setupOf, () => ({ hasSource: true, hasRealm: true }));
  return { view, setup: await setup, ...(await deliver(event, rows)) };
};
