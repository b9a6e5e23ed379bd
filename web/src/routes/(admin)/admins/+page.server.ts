import { type Admin, adminListDefinition } from "#lib/features/access/admin.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import { pageOf } from "#lib/ui/table/page-of.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { locals, url } = event;
  const view = readListState(url, adminListDefinition);
  const { value: admins } = await locals.call("adminList", {});
  const rows = pageOf<Admin>(admins, view, locals.lang, {
    textOf: (admin, name) => admin[name as keyof Admin],
    filters: adminListDefinition.filters,
  });
  return { view, names: admins.map(({ username }) => username), ...(await deliver(event, Promise.resolve(rows))) };
};
