// The users of a realm, or of all, as a list and as a file.
import type { SiteCall } from "../../server/engine.ts";
import type { Language } from "../../text/languages.ts";
import type { ListState } from "../../ui/table/list-state.ts";
import { pageOf, sorted } from "../../ui/table/page-of.ts";
import { userListParams } from "./list.ts";
import { textOfUser, toUser, USER_LIMIT, type User } from "./user.ts";

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

export const userPage = (users: readonly User[], view: ListState, lang: Language) =>
  pageOf(users, view, lang, { textOf: textOfUser, limit: USER_LIMIT });

export const sortUsers = (users: readonly User[], view: ListState, lang: Language) => sorted(users, view, lang, textOfUser);
