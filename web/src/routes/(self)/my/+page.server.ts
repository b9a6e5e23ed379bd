import { redirect } from "@sveltejs/kit";
import { needsWizard } from "#lib/server/wizard.ts";
import type { PageServerLoad } from "./$types";

/** Nobody has more of them than fit one page. */
const ALL = 100;

export const load: PageServerLoad = async ({ locals, url }) => {
  const { value } = await locals.call("tokenList", { pagesize: ALL });
  const { session, site } = locals;
  // "later": the person was asked, and put it off.
  if (session && needsWizard(session, value.count) && !url.searchParams.has("later")) redirect(303, `${site.base}/welcome`);
  return { tokens: value.tokens };
};
