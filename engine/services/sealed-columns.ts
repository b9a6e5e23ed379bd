// Every column that holds values sealed by the vault, as data: where it is, which rows are sealed, and what each was sealed for.
// Rotation of keys walks this list, so a column that is missing here would be lost with the old key; test/sealed-columns.test.ts
// compares the list with the tables.
import { type CompiledQuery, type RawBuilder, sql } from "kysely";
import type { Touched } from "../store/store.ts";
import { keyContext } from "../tokens/type.ts";
import type { Engine } from "./engine.ts";
import { resolverContext } from "./resolvers.ts";
import { settingContext } from "./system-settings.ts";
import { infoContext } from "./token-info.ts";
import { pinContext } from "./token-pins.ts";

export interface SealedColumn {
  table: string;
  column: string;
  /** A blob as it is, or its base64 in a text column. */
  encoding: "blob" | "base64";
  /** Columns of the primary key. */
  key: readonly string[];
  /** Only rows of type "password" are sealed. */
  typed?: true;
  /** A table that has what the context needs, and how it is joined. */
  join?: { table: string; on: string };
  /** What the context is made of, columns of either table. */
  parts: readonly string[];
  context: (...parts: string[]) => string;
  /** A change makes the cached token of this serial stale: the first of `parts`. */
  ofToken?: true;
}

const tokenColumn = (column: string, context: (serial: string) => string): SealedColumn => ({
  table: "token",
  column,
  encoding: "blob",
  key: ["token.id"],
  parts: ["token.serial"],
  context,
  ofToken: true,
});

export const sealedColumns: readonly SealedColumn[] = [
  tokenColumn("key_sealed", keyContext),
  tokenColumn("user_pin_sealed", (serial) => pinContext(serial, "user")),
  tokenColumn("so_pin_sealed", (serial) => pinContext(serial, "so")),
  {
    table: "token_info",
    column: "value",
    encoding: "base64",
    typed: true,
    key: ["token_info.token_id", "token_info.key"],
    join: { table: "token", on: "token.id = token_info.token_id" },
    parts: ["token.serial", "token_info.key"],
    context: infoContext,
  },
  {
    table: "resolver_config",
    column: "value",
    encoding: "base64",
    typed: true,
    key: ["resolver_config.resolver_id", "resolver_config.key"],
    join: { table: "resolver", on: "resolver.id = resolver_config.resolver_id" },
    parts: ["resolver.name", "resolver_config.key"],
    context: resolverContext,
  },
  {
    table: "config",
    column: "value",
    encoding: "base64",
    typed: true,
    key: ["config.key"],
    parts: ["config.key"],
    context: settingContext,
  },
];

/** A value that is not under the active key. */
export interface StaleValue {
  key: (string | number)[];
  /** As it is stored. */
  stored: string | Uint8Array;
  sealed: Uint8Array;
  context: string;
  touched: Touched;
}

const HEAD = 5; // version and key id (sealed-blob.ts)
/** 7 characters of base64 hold the head and two bits of what follows, so a head has four spellings. */
const HEAD_TEXT = 7;

/** How many values each key seals, by its id (8 hex digits); "" for values of no known form. Reads whole tables, off the loop. */
export async function countSealed({ store }: Pick<Engine, "store">): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const sealed of sealedColumns) {
    const head = sql`substr(${columnOf(sealed)}, 1, ${sealed.encoding === "blob" ? HEAD : HEAD_TEXT})`;
    const query = sql<{ head: string | Uint8Array; count: number }>`
      select ${head} as head, count(*) as count from ${sql.table(sealed.table)} where ${isSealed(sealed)} group by 1`;
    for (const row of await store.query(compile(store, query))) {
      const id = readId(row.head);
      counts.set(id, (counts.get(id) ?? 0) + Number(row.count));
    }
  }
  return counts;
}

/** The next values of a column that are not sealed under `activeId`, in the order of their keys. */
export async function readStale(
  { store }: Pick<Engine, "store">,
  sealed: SealedColumn,
  activeId: string,
  after: readonly (string | number)[] | null,
  limit: number,
): Promise<StaleValue[]> {
  const columns = [
    ...sealed.key.map((name, index) => sql`${sql.ref(name)} as ${sql.ref(`key${index}`)}`),
    ...sealed.parts.map((name, index) => sql`${sql.ref(name)} as ${sql.ref(`part${index}`)}`),
    sql`${columnOf(sealed)} as stored`,
  ];
  const keys = sql.join(sealed.key.map((name) => sql.ref(name)));
  const beyond = after === null ? sql`` : sql` and (${keys}) > (${sql.join(after)})`;
  const join = sealed.join ? sql` join ${sql.table(sealed.join.table)} on ${sql.raw(sealed.join.on)}` : sql``;
  const query = sql<Record<string, string | number | Uint8Array>>`
    select ${sql.join(columns)} from ${sql.table(sealed.table)}${join}
    where ${isSealed(sealed)} and not ${isUnder(sealed, activeId)}${beyond} order by ${keys} limit ${limit}`;
  return (await store.query(compile(store, query))).map((row) => readRow(sealed, row));
}

/** Replaces a value, unless it changed meanwhile (then no row does). */
export function replaceValue(
  { store }: Pick<Engine, "store">,
  sealed: SealedColumn,
  old: StaleValue,
  next: Uint8Array,
): CompiledQuery {
  const value = sealed.encoding === "blob" ? next : next.toBase64();
  const isRow = sql.join(
    sealed.key.map((name, index) => sql`${sql.ref(name.split(".")[1] ?? "")} = ${old.key[index]}`),
    sql` and `,
  );
  const column = sql.ref(sealed.column);
  return compile(
    store,
    sql`update ${sql.table(sealed.table)} set ${column} = ${value} where ${isRow} and ${column} = ${old.stored}`,
  );
}

function readRow(sealed: SealedColumn, row: Record<string, string | number | Uint8Array>): StaleValue {
  const parts = sealed.parts.map((_, index) => String(row[`part${index}`]));
  const stored = row.stored as string | Uint8Array;
  return {
    key: sealed.key.map((_, index) => row[`key${index}`] as string | number),
    stored,
    sealed: typeof stored === "string" ? decode(stored) : stored,
    context: sealed.context(...parts),
    touched: sealed.ofToken ? { serials: [parts[0] ?? ""], ownersStay: true } : "none",
  };
}

function columnOf({ table, column }: SealedColumn): RawBuilder<unknown> {
  return sql.ref(`${table}.${column}`);
}

function isSealed(sealed: SealedColumn): RawBuilder<unknown> {
  return sealed.typed ? sql`${sql.ref(`${sealed.table}.type`)} = 'password'` : sql`${columnOf(sealed)} is not null`;
}

function isUnder(sealed: SealedColumn, id: string): RawBuilder<unknown> {
  const head = Uint8Array.fromHex(`01${id}`);
  if (sealed.encoding === "blob") return sql`substr(${columnOf(sealed)}, 1, ${HEAD}) = ${head}`;
  const texts = [0, 64, 128, 192].map((next) => new Uint8Array([...head, next]).toBase64().slice(0, HEAD_TEXT));
  return sql`substr(${columnOf(sealed)}, 1, ${HEAD_TEXT}) in (${sql.join(texts)})`;
}

function readId(head: string | Uint8Array): string {
  const bytes = typeof head === "string" ? decode(`${head}A`) : head;
  return bytes.length >= HEAD && bytes[0] === 1 ? bytes.subarray(1, HEAD).toHex() : "";
}

/** Empty for what is no base64: nothing opens it. */
function decode(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return new Uint8Array();
  }
}

function compile<Row>(store: Engine["store"], query: RawBuilder<Row>): CompiledQuery<Row> {
  return query.compile(store.sql);
}
