// The start page is the one of the role.
import { redirect } from "@sveltejs/kit";
import { startPage } from "#lib/server/start-page.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = ({ locals: { session, site } }) => {
  redirect(303, `${site.base}${session ? startPage(session) : "/login"}`);
};
