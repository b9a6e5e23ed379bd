// The users of a realm, or of all, as a list and as a file.
import { userListParams } from "#lib/features/users/list.ts";
import { textOfUser, toUser, USER_LIMIT, type User } from "#lib/features/users/user.ts";
import type { ListState } from "#lib/ui/table/list-state.ts";
import type { SiteCall } from "./engine.ts";
import { pageOf, sorted } from "./page-of.ts";

interface Realm {
  name: string;
  sources: readonly { name: string }[];
}

/** @param realm "*": all; @param realms in the order of the engine: a user of two is in the first */
export async function readUsers(
  ask: SiteCall,
  view: ListState,
  realm: string,
  realms: readonly Realm[],
): Promise<readonly User[]> {
  const { value } = await ask("userList", userListParams(view, realm));
  const first = new Map(
    realms.toReversed().flatMap(({ name, sources }) => sources.map((source) => [source.name, name] as const)),
  );
  return value.map((row) => toUser(row, realm === "*" ? (first.get(String(row.resolver)) ?? "") : realm));
}

export const userPage = (users: readonly User[], view: ListState, lang: App.Locals["lang"]) =>
  pageOf(users, view, lang, { textOf: textOfUser, limit: USER_LIMIT });

export const sortUsers = (users: readonly User[], view: ListState, lang: App.Locals["lang"]) =>
  sorted(users, view, lang, textOfUser);
