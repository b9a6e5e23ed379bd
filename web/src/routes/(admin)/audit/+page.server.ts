import { type ChainState, chainState } from "#lib/features/audit/chain.ts";
import { auditListDefinition, auditListParams } from "#lib/features/audit/list.ts";
import { deliver } from "#lib/server/deliver.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import type { PageServerLoad } from "./$types";

interface Remarks {
  searchedTo: number | null;
  broken: ChainState[];
}

export const load: PageServerLoad = async (event) => {
  const { locals, isDataRequest, url } = event;
  // First: who is not logged in any more is sent to log in, and asks for nothing else.
  const realms = await locals.call("realmList", {});
  const view = readListState(url, auditListDefinition);
  const answer = locals.engine("auditList", { ...auditListParams(view), page: view.page, page_size: view.pageSize });
  const rows = answer.then(({ value }) => ({ rows: value.auditdata, count: value.count, complete: value.complete }));
  // What is said above the list: where a search that took too long can go on, and rows that are not what was written.
  const remarks = answer.then<Remarks, Remarks>(
    ({ value }) => ({
      searchedTo: value.searched_to,
      broken: value.auditdata.map(chainState).filter((state) => state !== "intact"),
    }),
    () => ({ searchedTo: null, broken: [] }),
  );
  const delivery = await deliver(event, rows);
  return {
    view,
    ...delivery,
    remarks: isDataRequest ? remarks : await remarks,
    realms: Object.keys(realms.value).sort(),
  };
};
