// A person: what the user source tells, his tokens as a list of its own, figures, and the last rows about him in the audit trail.
import { error } from "@sveltejs/kit";
import { tokenListDefinition, tokenListParams } from "#lib/features/tokens/list.ts";
import { toUser } from "#lib/features/users/user.ts";
import type { UserCounts } from "#lib/features/users/user-counts.svelte";
import { deliver } from "#lib/server/deliver.ts";
import { tokenSurroundings } from "#lib/server/token-surroundings.ts";
import { readListState } from "#lib/ui/table/list-state.ts";
import type { PageServerLoad } from "./$types";

const HISTORY = 10;
const LOG_INS = { action: "*/validate/*", timelimit: "30d", page_size: 1 };

export const load: PageServerLoad = async (event) => {
  const { locals, params, url, isDataRequest } = event;
  const { engine, session } = locals;
  const realm = params.realm.toLowerCase();
  const view = readListState(url, tokenListDefinition);
  // A star would find other people than the one asked for.
  const { value } = params.user.includes("*") ? { value: [] } : await locals.call("userList", { realm, username: params.user });
  const found = value.find(({ username }) => username === params.user);
  if (!found) error(404);
  const user = toUser(found, realm);
  const owner = { user: user.username, realm };

  const tokens = engine("tokenList", { ...tokenListParams(view), ...owner, page: view.page, pagesize: view.pageSize });
  const mayRead = session?.rights.includes("auditlog") ?? false;
  const counts = countAll();
  const history = mayRead
    ? engine("auditList", { ...owner, page_size: HISTORY }).then(
        ({ value }) => value.auditdata,
        () => null,
      )
    : Promise.resolve([]);

  async function countAll(): Promise<UserCounts | null> {
    const count = async (list: Promise<{ value: { count: number } }>) => (await list).value.count;
    const logIns = (success: string) => (mayRead ? count(engine("auditList", { ...owner, ...LOG_INS, success })) : null);
    const all = [
      count(engine("tokenList", { ...owner, pagesize: 1 })),
      count(engine("tokenList", { ...owner, active: "true", pagesize: 1 })),
      logIns("1"),
      logIns("0"),
    ] as const;
    return Promise.all(all).then(
      ([tokens, enabled, accepted, refused]) => ({ tokens, enabled, accepted, refused }),
      () => null,
    );
  }

  return {
    user,
    trail: user.username,
    view,
    mayReadAudit: mayRead,
    history: await history,
    // At once in a page that is loaded anew: what comes later needs a script that the policy of the page would have to allow.
    counts: isDataRequest ? counts : await counts,
    ...(await tokenSurroundings(locals)),
    ...(await deliver(
      event,
      tokens.then(({ value }) => ({ rows: value.tokens, count: value.count })),
    )),
  };
};
