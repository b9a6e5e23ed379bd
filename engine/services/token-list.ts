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
import { isFiltered, isOneType, readFilters, selectAll, type TokenCriteria, testEach } from "./token-query.ts";

export type TokenListParams = ParamsOf<Catalogue["tokenList"]>;
type TokenPage = ValueOf<Catalogue["tokenList"]>;

const DEFAULT_PAGE_SIZE = 15;
const MAX_MATCHING_USERS = 10_000;
/** Up to so many tokens are found, counted and sorted by one query. */
const FEW = 5000;
/** Up to so many are sorted, where the walk through all others might find the first of them late. */
const SORTED = 150_000;
/** Tokens described at a time for a file. */
const SLICE = 500;

interface Order {
  by: RawBuilder<unknown>;
  descending: boolean;
  bySerial: boolean;
  /** There is an index of `token` in this order. */
  indexed: boolean;
  /** By something of the owner. */
  owner: boolean;
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
  const descending = sortdir === "desc";
  const owner = ownerOrder(sortby, directory);
  if (owner) return { by: owner, descending, owner: true, bySerial: false, indexed: false };
  const name = columns.has(sortby) || sortby === "description" ? sortby : "serial";
  const by = name === "description" ? sql`token.description collate nocase` : sql.ref(`token.${columns.get(name)}`);
  return { by, descending, owner: false, bySerial: name === "serial", indexed: indexed.has(name) };
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
    const beyond = order.descending ? sql`<` : sql`>`;
    for (let last: string | null = null; ; ) {
      const after: RawBuilder<unknown> = last === null ? sql`` : sql`and token.serial ${beyond} ${last}`;
      const rows: { id: number; serial: string }[] = await run(
        store,
        sql<{ id: number; serial: string }>`select token.id, token.serial from token where ${testEach(criteria, true)} ${after}
          ${sortBy(order)} limit ${SLICE}`,
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

/**
 * Few are found at once. Of many it is counted first how many they are: that tells the way to the page, and which end of the list is
 * nearer to it. A token that comes or goes between the two queries moves the page by one place, as it would between two pages.
 */
async function findPage(store: Store, criteria: TokenCriteria, order: Order, limit: number, offset: number): Promise<Found> {
  if (criteria.none) return { ids: [], count: 0 };
  const few = isFiltered(criteria) ? await findFew(store, criteria, order, limit, offset) : null;
  if (few) return few;
  const count = await countAll(store, criteria);
  const length = Math.min(limit, count - offset);
  if (length <= 0) return { ids: [], count };
  const fromEnd = count - offset - length;
  const ids =
    fromEnd < offset
      ? (await readPage(store, criteria, reverse(order), count, length, fromEnd)).reverse()
      : await readPage(store, criteria, order, count, length, offset);
  return { ids, count };
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
  const rows = await run(
    store,
    sql<{ id: number; found: number }>`with found (id) as materialized (select * from (${selectAll(criteria)}) limit ${FEW + 1})
      select token.id, (select count(*) from found) as found from found cross join token on token.id = found.id ${besideOwner(order)}
      ${sortBy(order)} limit ${limit} offset ${offset}`,
  );
  const [first] = rows;
  // None: nothing fits, or the page lies behind the last one.
  const count = first ? Number(first.found) : offset === 0 ? 0 : await countAll(store, criteria);
  return count > FEW ? null : { ids: rows.map(({ id }) => id), count };
}

/** One page of `count` tokens. */
async function readPage(
  store: Store,
  criteria: TokenCriteria,
  order: Order,
  count: number,
  limit: number,
  offset: number,
): Promise<number[]> {
  const walks = order.indexed && (count > SORTED || !isFiltered(criteria) || (order.bySerial && isOneType(criteria)));
  const select = walks
    ? sql`select token.id from token where ${testEach(criteria, order.bySerial)}`
    : selectSortable(criteria, order);
  const rows = await run(store, sql<{ id: number }>`${select} ${sortBy(order)} limit ${limit} offset ${offset}`);
  return rows.map(({ id }) => id);
}

/** All that fit, with what they are sorted by; no look-up more than that takes. */
function selectSortable(criteria: TokenCriteria, { owner }: Order): RawBuilder<unknown> {
  const found = sql`with found (id) as (${selectAll(criteria)})`;
  if (owner) return sql`${found} select token.id from found as token left join token_owner on token_owner.token_id = token.id`;
  // Left to itself SQLite would walk an index that has nothing to do with the question, and look up row after row.
  if (!isFiltered(criteria)) return sql`select token.id from token not indexed`;
  return sql`${found} select token.id from found cross join token on token.id = found.id`;
}

const sortBy = ({ by, descending }: Order) =>
  descending ? sql`order by ${by} desc, token.id desc` : sql`order by ${by} asc, token.id asc`;

const reverse = (order: Order): Order => ({ ...order, descending: !order.descending });

const besideOwner = ({ owner }: Order) => (owner ? sql`left join token_owner on token_owner.token_id = token.id` : sql``);

/** Remembered where log-ins do not change it: who leafs through a list counts once. */
async function countAll(store: Store, criteria: TokenCriteria): Promise<number> {
  const query = sql<{ count: number }>`select count(*) as count from (${selectAll(criteria)})`.compile(store.sql);
  const [row] = await (criteria.moving ? store.query(query) : store.queryUntilChange(query));
  return Number(row?.count ?? 0);
}

const run = <Row>(store: Store, query: RawBuilder<Row>): Promise<Row[]> => store.query(query.compile(store.sql));
