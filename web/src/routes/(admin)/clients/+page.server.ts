import { type Client, clientListDefinition, readClients } from "#lib/features/clients/client.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { locals, url } = event;
  const view = readListState(url, clientListDefinition);
  const rows = locals.engine("clientList", {}).then(({ value }) =>
    pageOf(readClients(value), view, locals.lang, {
      textOf: (client, name) => client[name as keyof Client],
      filters: clientListDefinition.filters,
    }),
  );
  return { view, ...(await deliver(event, rows)) };
};
