// Token groups as rows (rest-api.md 2.10, manual L4421-4433).
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { Engine } from "./engine.ts";
import { type Work, writeOrRefuse } from "./work.ts";

const NAME = /^[\w.-]{1,255}$/;

/** All groups, or the one of this name. Error: 601. */
export async function listGroups({ store }: Engine, name?: string): Promise<Record<string, { id: number; description: string }>> {
  const all = store.sql.selectFrom("token_group").selectAll().orderBy("name");
  const rows = await store.query((name === undefined ? all : all.where("name", "=", name)).compile());
  if (name !== undefined && rows.length === 0) throw new ApiError("not_found", { what: phrase("thing_group") });
  return Object.fromEntries(rows.map(({ name: key, id, description }) => [key, { id, description }]));
}

/** Creates a group; one that exists gets the description, if there is one. Returns its number. Error: 301. */
export async function writeGroup(work: Work, name: string, description?: string): Promise<number> {
  if (!NAME.test(name)) throw new ApiError("group_name");
  work.audit.actionDetail = name;
  const query = work.engine.store.sql
    .insertInto("token_group")
    .values({ name, description: description ?? "" })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(description === undefined ? { name } : { description }))
    .returning("id")
    .compile();
  const won = await writeOrRefuse(work, [{ query, expect: 1 }], ["none"]);
  return Number(won.rows[0]?.[0]?.id);
}

/** Its tokens stay, no longer in it. Error: 601. */
export async function deleteGroup(work: Work, name: string): Promise<1> {
  work.audit.actionDetail = name;
  const { sql } = work.engine.store;
  const won = await work.write(
    [{ query: sql.deleteFrom("token_group").where("name", "=", name).compile(), expect: 1 }],
    ["none"],
  );
  if (!won) throw new ApiError("not_found", { what: phrase("thing_group") });
  return 1;
}
