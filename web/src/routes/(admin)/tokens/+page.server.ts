import { tokenListDefinition, tokenListParams } from "#lib/features/tokens/list.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const view = readListState(event.url, tokenListDefinition);
  const rows = event.locals
    .engine("tokenList", { ...tokenListParams(view), page: view.page, pagesize: view.pageSize })
    .then(({ value }) => ({ rows: value.tokens, count: value.count }));
  return { view, ...(await deliver(event, rows)) };
};
