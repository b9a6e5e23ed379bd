// Log-out is a form: a link, or a picture on a foreign page, can not do it.
import { redirect } from "@sveltejs/kit";
import { endSession } from "#lib/server/session-cookie.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = ({ locals: { site } }) => redirect(303, `${site.base}/`);

export const actions: Actions = {
  default: ({ locals: { session, site }, cookies }) => {
    endSession(session, cookies, site, Date.now());
    redirect(303, `${site.base}/login?out=1`);
  },
};
