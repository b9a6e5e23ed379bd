// One field of a user source as a statement, under the condition of what was read: whoever changed it meanwhile wins.
import type { Kysely } from "kysely";
import type { Schema } from "../store/schema.ts";
import type { Statement } from "../store/store.ts";

/** What stands in resolver_config: `value` as it is, or sealed and base64 where `type` is "password". */
interface StoredField {
  value: string;
  type: string;
}

/**
 * Writes the field `key` of the source `name`. `existing`: the source as it was read, undefined for one that is made in the same
 * intent. Lost if the field is not what was read.
 */
export function writeField(
  sql: Kysely<Schema>,
  name: string,
  existing: { id: number; values: ReadonlyMap<string, StoredField> } | null | undefined,
  key: string,
  { value, type }: StoredField,
): Statement {
  const before = existing?.values.get(key);
  const query = before
    ? sql
        .updateTable("resolver_config")
        .set({ value, type })
        .where("resolver_id", "=", existing?.id ?? 0)
        .where("key", "=", key)
        .where("value", "=", before.value)
        .compile()
    : sql
        .insertInto("resolver_config")
        .columns(["resolver_id", "key", "value", "type"])
        .expression((eb) =>
          eb
            .selectFrom("resolver")
            .select((col) => ["id", col.val(key).as("key"), col.val(value).as("value"), col.val(type).as("type")])
            .where("name", "=", name),
        )
        .compile();
  return { query, expect: 1 };
}
