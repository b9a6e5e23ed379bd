import { groupListDefinition, type TokenGroup } from "#lib/features/groups/group.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { locals, url } = event;
  const view = readListState(url, groupListDefinition);
  const { value } = await locals.call("groupList", {});
  const groups = Object.entries(value).map(([name, { description }]) => ({ name, description }));
  const rows = pageOf<TokenGroup>(groups, view, locals.lang, {
    textOf: (group, name) => group[name as keyof TokenGroup],
    filters: groupListDefinition.filters,
  });
  return { view, names: Object.keys(value), ...(await deliver(event, Promise.resolve(rows))) };
};
