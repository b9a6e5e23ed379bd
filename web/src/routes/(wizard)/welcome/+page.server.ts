import { redirect } from "@sveltejs/kit";
import { needsWizard, WIZARD_TYPE } from "#lib/server/wizard.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals }) => {
  const { value } = await locals.call("tokenList", { pagesize: 1 });
  const { session, site, lang } = locals;
  if (!session || !needsWizard(session, value.count)) redirect(303, `${site.base}/my?later`);
  const snippet = (place: "pre.top" | "pre.bottom" | "post.top" | "post.bottom") =>
    site.custom.snippet(`token.enroll.${place}`, lang);
  return {
    type: WIZARD_TYPE,
    pre: { top: snippet("pre.top"), bottom: snippet("pre.bottom") },
    post: { top: snippet("post.top"), bottom: snippet("post.bottom") },
  };
};
