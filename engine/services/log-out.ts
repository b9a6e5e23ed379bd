// The end of all sessions somebody has up to now (ours; the contract has no log-out). A local administrator's generation is raised;
// for a person of a user source the moment is stored. API keys are no sessions: DELETE /apikey/:id takes one back.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { User } from "../users/directory.ts";
import { type Work, writeOrRefuse } from "./work.ts";

/** The caller's own. Error: 303 for who has none, API keys and trusted JWTs. */
export async function logOut(work: Work): Promise<true> {
  const { caller } = work;
  if (caller && "user" in caller && caller.authtype !== "trusted") return endUser(work, caller.user);
  if (caller?.role === "admin" && caller.origin === "local") return endAdmin(work, caller.username);
  throw new ApiError("log_in_required");
}

/** Somebody else's, by an administrator: a local administrator or a person. Errors: 905 for neither or both, 601, 904. */
export async function logOutOther(
  work: Work,
  { administrator, user, realm, resolver }: { administrator?: string; user?: string; realm?: string; resolver?: string },
): Promise<true> {
  if ((administrator === undefined) === (user === undefined)) throw new ApiError("user_or_administrator");
  if (administrator !== undefined) {
    if (!(await work.engine.admins.find(administrator))) throw new ApiError("not_found", { what: phrase("thing_admin") });
    return endAdmin(work, administrator);
  }
  const person = await work.engine.directory.findUser(user ?? "", realm, resolver);
  if (!person) throw new ApiError("user_not_found");
  Object.assign(work.audit, { user: person.login, realm: person.realm, resolver: person.resolver });
  return endUser(work, person);
}

async function endAdmin(work: Work, username: string): Promise<true> {
  const query = work.engine.store.sql
    .updateTable("admin")
    .set((eb) => ({ generation: eb("generation", "+", 1) }))
    .where("username", "=", username)
    .compile();
  work.audit.info = `administrator ${username}`;
  await writeOrRefuse(work, [{ query, expect: 1 }], ["none"]);
  return true;
}

async function endUser(work: Work, user: User): Promise<true> {
  const { ended, now } = work.engine;
  const at = now();
  await writeOrRefuse(work, ended.statements(user, at), ["none"]);
  ended.note(user, at);
  return true;
}
