// Local administrators by the REST API, for the site: who there is, a new one, another password, one less. Ours; the contract knows
// them on the command line only (config-and-tokens.md B07).
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { Statement } from "../store/store.ts";
import { adminFaultWords, findAdminFault, findNameFault, statementToRevokeKeys } from "./admins.ts";
import { requireLogIn } from "./require-log-in.ts";
import { type Work, writeOrRefuse } from "./work.ts";

/**
 * Creates an administrator, for which a password is needed, or changes what is given of one. A new password ends his sessions.
 * Errors: 905 for a name or password that will not do; `changed_meanwhile` when he was made or deleted at the same moment.
 */
export async function writeAdmin(
  work: Work,
  username: string,
  { password, email }: { password?: string; email?: string },
): Promise<"insert" | "update"> {
  requireLogIn(work);
  const { admins, store, configuration } = work.engine;
  const fault = password === undefined ? findNameFault(username) : findAdminFault(username, password);
  if (fault) throw new ApiError(fault, adminFaultWords);
  const existing = await admins.find(username);
  if (!existing && password === undefined) throw new ApiError("missing_parameter", { name: "password" });
  const statements: Statement[] = [];
  if (password !== undefined) statements.push(await admins.statementToSet(username, password, email ?? existing?.email ?? ""));
  else if (email !== undefined)
    statements.push({
      query: store.sql.updateTable("admin").set({ email }).where("username", "=", username).compile(),
      expect: 1,
    });
  work.audit.info = `administrator ${username}`;
  work.audit.actionDetail = existing ? (password === undefined ? "e-mail" : "password") : "new";
  await writeOrRefuse(work, statements, ["none"]);
  await configuration.settled();
  return existing ? "update" : "insert";
}

/** Deletes an administrator and takes his API keys back. Errors: 601; 905 for the last one, and for oneself without `myself`. */
export async function deleteAdmin(work: Work, username: string, myself: boolean): Promise<true> {
  requireLogIn(work);
  const { admins, store, configuration, now } = work.engine;
  const { caller } = work;
  if (!(await admins.find(username))) throw new ApiError("not_found", { what: phrase("thing_admin") });
  const isMyself = caller?.role === "admin" && caller.origin === "local" && caller.username === username;
  if (isMyself && !myself) throw new ApiError("admin_is_oneself");
  const { sql } = store;
  const others = sql.selectFrom("admin").select("username").where("username", "!=", username);
  const query = sql
    .deleteFrom("admin")
    .where("username", "=", username)
    .where((eb) => eb.exists(others))
    .compile();
  work.audit.info = `administrator ${username}`;
  const won = await work.write([{ query, expect: 1 }, statementToRevokeKeys(store, username, now())], ["none"]);
  if (!won) throw new ApiError("admin_is_last");
  await configuration.settled();
  return true;
}
