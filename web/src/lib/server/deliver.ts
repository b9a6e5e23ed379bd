// Rows for a list: at once in a page that is loaded anew, later in one that is open already, so that its frame is there at once.
import { RefusedError } from "@ostiary/shared/client.ts";
import type { RequestEvent } from "@sveltejs/kit";
import { redirect } from "@sveltejs/kit";
import { awayText } from "../text/away.ts";
import type { Delivery } from "../ui/table/columns.ts";
import { isSessionOver } from "./engine.ts";
import { logInAddress } from "./guard.ts";
import { endSession } from "./session-cookie.ts";

type Asking = Pick<RequestEvent, "locals" | "isDataRequest" | "cookies" | "url">;

/**
 * @param rows of `locals.engine`; a refusal becomes a fault that the list shows with a button to try again
 * @returns `{ list }` for the data of a page
 */
export async function deliver<Row>(
  { locals, isDataRequest, cookies, url }: Asking,
  rows: Promise<{ rows: readonly Row[]; count: number; complete?: boolean }>,
): Promise<{ list: Delivery<Row> | Promise<Delivery<Row>> }> {
  const settled = rows.catch((error: unknown): Delivery<Row> => {
    if (error instanceof RefusedError)
      return { fault: { status: isSessionOver(error) ? 401 : error.status, message: error.message } };
    return { fault: { status: 503, message: awayText[locals.lang] } };
  });
  if (isDataRequest) return { list: settled };
  const list = await settled;
  if ("fault" in list && list.fault.status === 401) {
    endSession(locals.session, cookies, locals.site, Date.now());
    redirect(303, logInAddress(locals.site.base, url, true));
  }
  return { list };
}
