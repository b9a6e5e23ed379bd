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

/** The token is in the realm of its owner, if it has one whose realm still exists. */
export function ownerRealmStatement(sql: Kysely<Schema>, tokenId: number): Statement {
  const query = sql
    .insertInto("token_realm")
    .columns(["token_id", "realm_id"])
    .expression((eb) =>
      eb
        .selectFrom("token_owner")
        .select((col) => ["token_id", col.ref("realm_id").$notNull().as("realm_id")])
        .where("token_id", "=", tokenId)
        .where("realm_id", "is not", null),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  return { query };
}

/** The token named `serial` gets the owner of another, and is put into that owner's realm. Lost if the other has none by now. */
export function copyOwnerStatements(sql: Kysely<Schema>, fromId: number, serial: string): Statement[] {
  const owner = sql
    .insertInto("token_owner")
    .columns(["token_id", "resolver", "user_id", "realm_id"])
    .expression((eb) =>
      eb
        .selectFrom(["token", "token_owner as other"])
        .select(["token.id", "other.resolver", "other.user_id", "other.realm_id"])
        .where("token.serial", "=", serial)
        .where("other.token_id", "=", fromId),
    )
    .compile();
  const realm = sql
    .insertInto("token_realm")
    .columns(["token_id", "realm_id"])
    .expression((eb) =>
      eb
        .selectFrom(["token", "token_owner as other"])
        .select((col) => ["token.id", col.ref("other.realm_id").$notNull().as("realm_id")])
        .where("token.serial", "=", serial)
        .where("other.token_id", "=", fromId)
        .where("other.realm_id", "is not", null),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  return [{ query: owner, expect: 1 }, { query: realm }];
}

/** The token named `serial` is put into the realms of another, besides those it is in. */
export function copyRealmsStatement(sql: Kysely<Schema>, fromId: number, serial: string): Statement {
  const query = sql
    .insertInto("token_realm")
    .columns(["token_id", "realm_id"])
    .expression((eb) =>
      eb
        .selectFrom(["token", "token_realm as other"])
        .select(["token.id", "other.realm_id"])
        .where("token.serial", "=", serial)
        .where("other.token_id", "=", fromId),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  return { query };
}
