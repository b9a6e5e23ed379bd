// One form for administrators and users. It works without scripts; a log-in begins a new session whatever the browser brought along.
import { RefusedError } from "@ostiary/shared/client.ts";
import { fail, redirect } from "@sveltejs/kit";
import { readWayBack } from "#lib/server/call-guard.ts";
import { EngineAwayError } from "#lib/server/engine.ts";
import { beginSession } from "#lib/server/session-cookie.ts";
import { startPage } from "#lib/server/start-page.ts";
import { awayText } from "#lib/text/away.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = ({ locals: { session, site }, url }) => {
  const back = readWayBack(url.searchParams.get("back"));
  if (session) redirect(303, site.base + (back || startPage(session)));
  return { realms: site.realms, ended: url.searchParams.has("ended"), out: url.searchParams.has("out") };
};

export const actions: Actions = {
  default: async ({ request, locals, cookies, url }) => {
    const form = await request.formData();
    const read = (name: string) => String(form.get(name) ?? "");
    const username = read("username").trim();
    const [password, realm] = [read("password"), read("realm")];
    const again = (problem: "missing" | "wrong" | "refused", text = "") =>
      fail(problem === "missing" ? 400 : 401, { problem, text, username, realm });
    if (username === "" || password === "") return again("missing");
    try {
      const { value } = await locals.engine("authLogin", { username, password, ...(realm === "" ? {} : { realm }) });
      const session = beginSession(value.token, cookies, locals.site, Date.now());
      if (!session) return again("refused", awayText[locals.lang]);
      redirect(303, locals.site.base + (readWayBack(url.searchParams.get("back")) || startPage(session)));
    } catch (error) {
      if (error instanceof RefusedError) return error.status === 401 ? again("wrong") : again("refused", error.message);
      if (error instanceof EngineAwayError) return again("refused", awayText[locals.lang]);
      throw error;
    }
  },
};
