import { requireRole } from "#lib/server/guard.ts";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = (event) => {
  // Read, so that the check runs again for every page and not only for the first.
  void event.url.pathname;
  requireRole(event, "admin");
};
