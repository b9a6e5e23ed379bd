// The realms and groups a token is in (K1-24). A token that has an owner is always in the owner's realm.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { Statement } from "../store/store.ts";
import { raiseVersion, selectOpenToken, touching } from "./token-change.ts";
import { ownerRealmStatement, realmStatements } from "./token-owner.ts";
import { type Work, writeOrRefuse } from "./work.ts";

/** Replaces the realms; unknown names are passed over (rest-api.md 5, item 32). Errors: 601, 1007. */
export async function setRealms(work: Work, serial: string, names: readonly string[]): Promise<true> {
  const { store, directory } = work.engine;
  const token = await selectOpenToken(work, { serial });
  const realms = names.flatMap((name) => directory.realm(name) ?? []);
  work.audit.actionDetail = realms.map(({ name }) => name).join(", ");
  const cleared = store.sql.deleteFrom("token_realm").where("token_id", "=", token.id).compile();
  const ids = realms.map(({ id }) => id);
  const statements = [
    raiseVersion(work, token),
    { query: cleared },
    ...realmStatements(store.sql, serial, ids),
    ownerRealmStatement(store.sql, token.id),
  ];
  await writeOrRefuse(work, statements, touching(token));
  return true;
}

/** Replaces the groups. Errors: 601 for a token or group there is not, 1007. */
export async function setGroups(work: Work, serial: string, names: readonly string[]): Promise<1> {
  return changeGroups(work, serial, names, (tokenId, join) => [
    { query: work.engine.store.sql.deleteFrom("token_token_group").where("token_id", "=", tokenId).compile() },
    ...join,
  ]);
}

/** Puts the token into one more group; it may be in it. Errors as above. */
export async function addGroup(work: Work, serial: string, name: string): Promise<1> {
  return changeGroups(work, serial, [name], (_, join) => join);
}

/** Takes it out of a group; it need not be in it. Errors as above. */
export async function removeGroup(work: Work, serial: string, name: string): Promise<1> {
  const { sql } = work.engine.store;
  return changeGroups(work, serial, [name], (tokenId, _, groupIds) => [
    {
      query: sql.deleteFrom("token_token_group").where("token_id", "=", tokenId).where("group_id", "in", groupIds).compile(),
    },
  ]);
}

async function changeGroups(
  work: Work,
  serial: string,
  names: readonly string[],
  change: (tokenId: number, join: Statement[], groupIds: number[]) => Statement[],
): Promise<1> {
  const { store } = work.engine;
  const token = await selectOpenToken(work, { serial });
  const wanted = [...new Set(names)];
  const found =
    wanted.length === 0
      ? []
      : await store.point(store.sql.selectFrom("token_group").select(["id", "name"]).where("name", "in", wanted).compile());
  if (found.length < wanted.length) throw new ApiError("not_found", { what: phrase("thing_group") });
  work.audit.actionDetail = found.map(({ name }) => name).join(", ");
  // A group that is deleted meanwhile is a foreign key that fails; here it is one row less.
  const join = found.map(({ id }) => ({
    query: store.sql
      .insertInto("token_token_group")
      .columns(["token_id", "group_id"])
      .expression((eb) =>
        eb
          .selectFrom("token_group")
          .select((col) => [col.val(token.id).as("token_id"), "id"])
          .where("id", "=", id),
      )
      .onConflict((conflict) => conflict.doNothing())
      .compile(),
  }));
  const groupIds = found.map(({ id }) => id);
  await writeOrRefuse(work, [raiseVersion(work, token), ...change(token.id, join, groupIds)], touching(token));
  return 1;
}
