// Statements that give a token to a user, or put it into realms. They find the token by serial, so that they can follow its
// INSERT in the same intent.
import type { Kysely } from "kysely";
import type { Schema } from "../store/schema.ts";
import type { Statement } from "../store/store.ts";
import type { Directory, User } from "../users/directory.ts";

/** One owner (N10), and the token is in his realm (K1-24). Lost if it has an owner by now. */
export function ownerStatements(sql: Kysely<Schema>, serial: string, user: User, directory: Directory): Statement[] {
  const realm = directory.realm(user.realm);
  if (!realm) return [];
  const query = sql
    .insertInto("token_owner")
    .columns(["token_id", "resolver", "user_id", "realm_id"])
    .expression((eb) =>
      eb
        .selectFrom("token")
        .select((col) => [
          "id",
          col.val(user.resolver).as("resolver"),
          col.val(user.userId).as("user_id"),
          col.val(realm.id).as("realm_id"),
        ])
        .where("serial", "=", serial)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom("token_owner").select("token_id").whereRef("token_owner.token_id", "=", "token.id"))),
        ),
    )
    .compile();
  return [{ query, expect: 1 }, ...realmStatements(sql, serial, [realm.id])];
}

/** Puts the token into realms, besides those it is in. */
export function realmStatements(sql: Kysely<Schema>, serial: string, realmIds: number[]): Statement[] {
  if (realmIds.length === 0) return [];
  const query = sql
    .insertInto("token_realm")
    .columns(["token_id", "realm_id"])
    .expression((eb) =>
      eb
        .selectFrom(["token", "realm"])
        .select(["token.id", "realm.id as realm_id"])
        .where("token.serial", "=", serial)
        .where("realm.id", "in", realmIds),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  return [{ query }];
}
