// One row of the trail with all its columns.
import { error } from "@sveltejs/kit";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, params }) => {
  if (!/^\d{1,15}$/.test(params.number)) error(404);
  const { value } = await locals.call("auditList", { number: Number(params.number), page_size: 1 });
  const entry = value.auditdata[0];
  if (!entry) error(404);
  return { entry, trail: params.number };
};
