// The way to the log-in page when a session is over, with the way back.
import { to } from "#lib/to.ts";

/** @param ended say there that the session ended */
export function goToLogIn(ended: boolean): void {
  const root = to("");
  const here = location.pathname.slice(root.length) + location.search;
  const query = new URLSearchParams({
    ...(here === "/" || here.startsWith("/login") ? {} : { back: here }),
    ...(ended ? { ended: "1" } : {}),
  });
  location.assign(to(`/login?${query}`));
}
