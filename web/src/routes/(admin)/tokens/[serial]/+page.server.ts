// A token and the last rows about it in the audit trail.
import { error } from "@sveltejs/kit";
import type { PageServerLoad } from "./$types";

const HISTORY = 12;

export const load: PageServerLoad = async ({ locals, params: { serial } }) => {
  // A star would find another token than the one asked for.
  const { value } = serial.includes("*") ? { value: { tokens: [] } } : await locals.call("tokenList", { serial, pagesize: 1 });
  const token = value.tokens[0];
  if (!token) error(404);
  const mayRead = locals.session?.rights.includes("auditlog") ?? false;
  const history = mayRead
    ? locals.engine("auditList", { serial: token.serial, page_size: HISTORY }).then(
        ({ value }) => value.auditdata,
        () => null,
      )
    : Promise.resolve([]);
  return { token, trail: token.serial, history: await history };
};
