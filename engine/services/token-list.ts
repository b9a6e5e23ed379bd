// GET /token/: a page of tokens under filters, or all of them as CSV. Every query runs in a reader worker.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { type RawBuilder, sql } from "kysely";
import type { TokenTable } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import type { Directory, User } from "../users/directory.ts";
import type { Engine } from "./engine.ts";
import type { Caller } from "./sessions.ts";
import { describeTokens, type TokenObject } from "./token-object.ts";
import { fromCounted, fromFew, fromMany, isFiltered, readFilters, type SortedBy, type TokenCriteria } from "./token-query.ts";

export type TokenListParams = ParamsOf<Catalogue["tokenList"]>;
type TokenPage = ValueOf<Catalogue["tokenList"]>;

const DEFAULT_PAGE_SIZE = 15;
const MAX_MATCHING_USERS = 10_000;
/** Up to so many tokens are found first and sorted then. */
const FEW = 5000;
/** Tokens described at a time for a file. */
const SLICE = 500;

interface Order extends SortedBy {
  by: RawBuilder<unknown>;
  direction: RawBuilder<unknown>;
}

/** Columns of `token` by the names the contract sorts by. */
const columns = new Map<string, keyof TokenTable>([
  ["id", "id"],
  ["serial", "serial"],
  ["tokentype", "type"],
  ["type", "type"],
  ["active", "active"],
  ["revoked", "revoked"],
  ["locked", "locked"],
  ["failcount", "fail_count"],
  ["maxfail", "max_fail"],
  ["otplen", "otp_length"],
  ["count", "counter"],
  ["count_window", "count_window"],
  ["sync_window", "sync_window"],
  ["rollout_state", "rollout_state"],
]);
const indexed = new Set(["id", "serial", "tokentype", "type", "description"]);

function readOrder({ sortby = "serial", sortdir }: TokenListParams, directory: Directory): Order {
  const direction = sortdir === "desc" ? sql`desc` : sql`asc`;
  const owner = ownerOrder(sortby, directory);
  if (owner) return { by: owner, direction, owner: true, bySerial: false, indexed: false };
  const name = columns.has(sortby) || sortby === "description" ? sortby : "serial";
  const by = name === "description" ? sql`token.description collate nocase` : sql.ref(`token.${columns.get(name)}`);
  return { by, direction, owner: false, bySerial: name === "serial", indexed: indexed.has(name) };
}

/** Users are sorted by their ids: their names lie in stores we do not sort. */
function ownerOrder(sortby: string, directory: Directory): RawBuilder<unknown> | null {
  if (sortby === "username" || sortby === "user_id") return sql`token_owner.user_id`;
  if (sortby === "resolver") return sql`token_owner.resolver`;
  if (sortby !== "user_realm" && sortby !== "realm") return null;
  if (directory.realms().length === 0) return sql`token_owner.realm_id`;
  const names = directory.realms().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return sql`case token_owner.realm_id ${sql.join(
    names.map(({ id }, place) => sql`when ${id} then ${place}`),
    sql` `,
  )} else null end`;
}

/** Errors: 905 for a pattern that fits too many users. */
export async function listTokens(params: TokenListParams, caller: Caller | null, engine: Engine): Promise<TokenPage> {
  const page = params.page ?? 1;
  const size = params.pagesize ?? DEFAULT_PAGE_SIZE;
  const criteria = readFilters(params, await findOwners(params, caller, engine), engine.directory);
  const { ids, count } = await findPage(engine.store, criteria, readOrder(params, engine.directory), size, (page - 1) * size);
  return {
    tokens: await describeTokens(ids, engine),
    count,
    current: page,
    prev: page > 1 ? page - 1 : null,
    next: page * size < count ? page + 1 : null,
  };
}

/** Slices of all tokens found, by serial number; or the one page that was asked for. Errors as above, before the first slice. */
export async function streamTokens(
  params: TokenListParams,
  caller: Caller | null,
  engine: Engine,
): Promise<AsyncIterable<TokenObject[]>> {
  const { store, directory } = engine;
  const criteria = readFilters(params, await findOwners(params, caller, engine), directory);
  const order = readOrder({ sortdir: params.sortdir }, directory);
  return (async function* () {
    if (params.page !== undefined || params.pagesize !== undefined) {
      yield (await listTokens(params, caller, engine)).tokens;
      return;
    }
    const few = await findFew(store, criteria, order, FEW, 0);
    if (few) {
      for (let at = 0; at < few.ids.length; at += SLICE) yield await describeTokens(few.ids.slice(at, at + SLICE), engine);
      return;
    }
    const beyond = params.sortdir === "desc" ? sql`<` : sql`>`;
    for (let last: string | null = null; ; ) {
      const after: RawBuilder<unknown> = last === null ? sql`` : sql`and token.serial ${beyond} ${last}`;
      const rows: { id: number; serial: string }[] = await run(
        store,
        sql<{ id: number; serial: string }>`select token.id, token.serial ${fromMany(criteria, order)} ${after}
          order by token.serial ${order.direction} limit ${SLICE}`,
      );
      yield await describeTokens(
        rows.map(({ id }) => id),
        engine,
      );
      const end = rows.at(-1);
      if (!end || rows.length < SLICE) return;
      last = end.serial;
    }
  })();
}

/** Owners the list is narrowed to; null: any. A user sees his own tokens. */
async function findOwners(
  { user, realm, resolver }: TokenListParams,
  caller: Caller | null,
  { directory }: Engine,
): Promise<User[] | null> {
  if (caller?.role === "user") return [caller.user];
  if (user === undefined || /^\*+$/.test(user)) return null;
  if (!user.includes("*")) {
    const found = await directory.findUser(user, realm, resolver);
    return found ? [found] : [];
  }
  const found = (await directory.search({ realm, resolver }, { username: user }, MAX_MATCHING_USERS + 1)) ?? [];
  // Some of them without a word would be a wrong answer.
  if (found.length > MAX_MATCHING_USERS) throw new ApiError("too_many_users", { maximum: MAX_MATCHING_USERS });
  return found;
}

interface Found {
  ids: number[];
  count: number;
}

async function findPage(store: Store, criteria: TokenCriteria, order: Order, limit: number, offset: number): Promise<Found> {
  if (criteria.none) return { ids: [], count: 0 };
  const few = isFiltered(criteria) ? await findFew(store, criteria, order, limit, offset) : null;
  if (few) return few;
  const owner = order.owner && !criteria.owned ? sql`left join token_owner on token_owner.token_id = token.id` : sql``;
  const [rows, counted] = await Promise.all([
    run(
      store,
      sql<{ id: number }>`select token.id ${fromMany(criteria, order, owner)}
        order by ${order.by} ${order.direction}, token.id ${order.direction} limit ${limit} offset ${offset}`,
    ),
    countAll(store, criteria),
  ]);
  return { ids: rows.map(({ id }) => id), count: counted };
}

/** Null: more than FEW fit. */
async function findFew(
  store: Store,
  criteria: TokenCriteria,
  order: Order,
  limit: number,
  offset: number,
): Promise<Found | null> {
  if (criteria.none) return { ids: [], count: 0 };
  const owner = order.owner ? sql`left join token_owner on token_owner.token_id = token.id` : sql``;
  const rows = await run(
    store,
    sql<{ id: number; found: number }>`with found as materialized (select token.id ${fromFew(criteria)} limit ${FEW + 1})
      select token.id, (select count(*) from found) as found from found join token on token.id = found.id ${owner}
      order by ${order.by} ${order.direction}, token.id ${order.direction} limit ${limit} offset ${offset}`,
  );
  const [first] = rows;
  // None: nothing fits, or the page lies behind the last one.
  const count = first ? Number(first.found) : offset === 0 ? 0 : await countAll(store, criteria);
  return count > FEW ? null : { ids: rows.map(({ id }) => id), count };
}

async function countAll(store: Store, criteria: TokenCriteria): Promise<number> {
  const [row] = await run(store, sql<{ count: number }>`select count(*) as count ${fromCounted(criteria)}`);
  return Number(row?.count ?? 0);
}

const run = <Row>(store: Store, query: RawBuilder<Row>): Promise<Row[]> => store.query(query.compile(store.sql));
