// Who may see the pages of a group. The engine decides each call by itself; this keeps people off pages that could only fail.
import { error, redirect } from "@sveltejs/kit";
import type { Session } from "./session.ts";

interface Asking {
  locals: App.Locals;
  url: URL;
}

/** The session, if it has this role; without one the log-in page, with the way back. */
export function requireRole({ locals: { session, site }, url }: Asking, role: Session["role"]): Session {
  if (!session) redirect(303, logInAddress(site.base, url));
  if (session.role !== role) error(404);
  return session;
}

/** Where somebody without a session goes. @param ended say there that the session ended */
export function logInAddress(base: string, url: URL, ended = false): string {
  const back = url.pathname === "/" ? "" : url.pathname + url.search;
  const query = new URLSearchParams({ ...(back === "" ? {} : { back }), ...(ended ? { ended: "1" } : {}) });
  return `${base}/login${query.size ? `?${query}` : ""}`;
}
