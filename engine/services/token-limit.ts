// How many tokens somebody may give himself. Each log-in of a user costs a password hash for every token whose PIN is not remembered,
// and refusals of everybody wait for the dearest (login/reject-floor.ts): without a limit any user could stop all log-ins.
import { ApiError } from "@ostiary/shared/errors.ts";
import { sql } from "kysely";
import type { Statement } from "../store/store.ts";
import type { Work } from "./work.ts";

/** Tokens a user may have and still add one himself. The policy max_token_per_user will say so. */
const MOST_OWN = 30;

/**
 * To be stored after the statements that make the caller the owner of `serial`, who is one person: lost if he has too many then,
 * however many calls come at once. None for administrators. Error: 303 if he has too many already.
 */
export async function limitStatements(work: Work, serial: string): Promise<Statement[]> {
  const { caller, engine } = work;
  if (caller?.role !== "user") return [];
  const { resolver, userId } = caller.user;
  if ((await engine.store.tokensOfOwner(resolver, userId)).length >= MOST_OWN) throw new ApiError("too_many_tokens");
  const query = engine.store.sql
    .updateTable("token_owner")
    .set({ user_id: userId })
    .where("token_id", "=", (eb) => eb.selectFrom("token").select("id").where("serial", "=", serial))
    .where(
      sql<boolean>`(select count(*) from token_owner as every where every.resolver = ${resolver} and every.user_id = ${userId}) <= ${MOST_OWN}`,
    )
    .compile();
  return [{ query, expect: 1 }];
}
