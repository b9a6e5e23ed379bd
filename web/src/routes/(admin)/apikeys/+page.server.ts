import { type ApiKey, apiKeyListDefinition } from "#lib/features/access/api-key.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { locals, url } = event;
  const view = readListState(url, apiKeyListDefinition);
  const rows = locals.engine("apiKeyList", {}).then(({ value }) =>
    pageOf<ApiKey>(value, view, locals.lang, {
      textOf: (key, name) => String(key[name as keyof ApiKey]),
      filters: apiKeyListDefinition.filters,
    }),
  );
  return { view, ...(await deliver(event, rows)) };
};
