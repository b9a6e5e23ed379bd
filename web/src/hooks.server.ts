// Before every page and call: who is it, in which language, and how the engine is called for him.

import { randomUUID } from "node:crypto";
import { RefusedError } from "@ostiary/shared/client.ts";
import { error, redirect } from "@sveltejs/kit";
import type { Handle, HandleServerError } from "@sveltejs/kit/hooks";
import { createEngineCall, EngineAwayError, isSessionOver } from "#lib/server/engine.ts";
import { logInAddress } from "#lib/server/guard.ts";
import { chooseLanguage } from "#lib/server/language.ts";
import { endSession, readSession, touchSession } from "#lib/server/session-cookie.ts";
import { awayText } from "#lib/text/away.ts";

export const handle: Handle = async ({ event, resolve }) => {
  const { site } = event.platform ?? {};
  if (!site) throw new TypeError("the site runs in server/main.ts");
  const { cookies, locals, request } = event;
  const now = Date.now();
  const theme = cookies.get("theme");
  locals.site = site;
  locals.theme = theme === "light" || theme === "dark" ? theme : "system";
  locals.lang = chooseLanguage(cookies.get("lang"), request.headers.get("accept-language"));
  locals.session = readSession(cookies, site, now);
  if (locals.session) touchSession(locals.session, cookies, site, now);

  locals.engine = createEngineCall({
    engine: site.engine,
    jwt: locals.session?.jwt,
    client: event.getClientAddress(),
    lang: locals.lang,
  });
  locals.call = (name, params) =>
    locals.engine(name, params).catch((fault: unknown) => {
      if (isSessionOver(fault)) {
        endSession(locals.session, cookies, site, now);
        redirect(303, logInAddress(site.base, event.url, true));
      }
      if (fault instanceof RefusedError) error(fault.status, { message: fault.message, code: fault.code });
      if (fault instanceof EngineAwayError) error(503, { message: awayText[locals.lang] });
      throw fault;
    });

  return resolve(event, {
    transformPageChunk: ({ html }) => html.replace("%ostiary.lang%", locals.lang).replace("%ostiary.theme%", locals.theme),
  });
};

/** Nothing of an unexpected fault reaches the browser but a number that the log has too. */
export const handleError: HandleServerError = (caught) => {
  if (caught.kind !== "unknown") return;
  const id = randomUUID().slice(0, 8);
  const { error: fault, event } = caught;
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  console.error(JSON.stringify({ level: "error", part: "site", message: "unexpected", id, route: event.route.id, error: text }));
  return { message: id };
};
