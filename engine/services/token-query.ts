// The filters of GET /token/ as SQL (rest-api.md 2.3). A million tokens and any filter, in time that does not depend on luck: SQLite
// keeps no statistics of values, so it would sort a million rows for a filter that nearly all fit, or walk them all for one that
// three fit. We find out which it is, and say how to go:
//
//   few fit    the indexes of the filters first, then sort what was found
//   many fit   walk in the order of the list and test each token, until the page is full

import { type RawBuilder, type SqlBool, sql } from "kysely";
import { compileWildcard } from "../core/wildcard.ts";
import type { TokenTable } from "../store/schema.ts";
import { tokenKinds } from "../tokens/registry.ts";
import type { Directory, User } from "../users/directory.ts";
import { findColumn, kindsWithColumn } from "./token-attributes.ts";

type Fragment = RawBuilder<unknown>;
type Condition = RawBuilder<SqlBool>;

export interface TokenFilters {
  serial?: string;
  type?: string;
  description?: string;
  resolver?: string;
  userid?: string;
  /** of the owner */
  realm?: string;
  tokenrealm?: string;
  tokengroup?: string;
  assigned?: string;
  active?: string;
  rollout_state?: string;
  infokey?: string;
  infovalue?: string;
}

/** What has to be true of a token. */
export interface TokenCriteria {
  /** Tables with at most one row of this kind for a token; without that row it does not fit. */
  joins: { table: "token_owner" | "token_realm" | "token_info"; where: Condition }[];
  /** On the columns of `token`. */
  conditions: ((column: ColumnName) => Condition)[];
  /** One type: there is an index in the order of serial numbers. */
  type: Condition | null;
  /** `token_owner` is among the joins. */
  owned: boolean;
  /** Nothing can fit. */
  none: boolean;
}

type ColumnName = (name: keyof TokenTable & string) => Fragment;
/** As it is: SQLite may use an index. */
const plain: ColumnName = (name) => sql.ref(`token.${name}`);
/** With a plus before it SQLite does not: the walk goes in the order of the list. */
const walked: ColumnName = (name) => sql`+${sql.ref(`token.${name}`)}`;

/** Only "true", whatever its capitals, is true (rest-api.md 5, item 28). */
const isTrue = (text: string) => text.trim().toLowerCase() === "true";

/** `*` is any text; without one the value must be equal. */
function matches(column: Fragment, pattern: string): Condition {
  if (!pattern.includes("*")) return sql`${column} = ${pattern}`;
  const like = pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
  return sql`${column} like ${like} escape '\\'`;
}

/** A filter that says nothing. */
const isAny = (pattern: string | undefined): pattern is undefined => pattern === undefined || /^\*+$/.test(pattern);

/** @param owners the list is narrowed to their tokens, and filters of owners are not looked at; null: any */
export function readFilters(filters: TokenFilters, owners: readonly User[] | null, directory: Directory): TokenCriteria {
  const criteria: TokenCriteria = { joins: [], conditions: [], type: null, owned: false, none: owners?.length === 0 };
  const { serial, type, description, rollout_state, active } = filters;
  const add = (condition: (column: ColumnName) => Condition) => void criteria.conditions.push(condition);
  if (!isAny(serial)) add((column) => matches(column("serial"), serial));
  if (type !== undefined && !type.includes("*")) criteria.type = sql`token.type = ${type.toLowerCase()}`;
  else if (!isAny(type)) add((column) => matches(column("type"), type.toLowerCase()));
  if (!isAny(description))
    add((column) =>
      description.includes("*")
        ? matches(column("description"), description)
        : sql`${column("description")} = ${description} collate nocase`,
    );
  // The literals are what the partial indexes of migration token-list are made under.
  if (!isAny(rollout_state))
    add((column) => sql`${matches(column("rollout_state"), rollout_state)} and ${column("rollout_state")} <> ''`);
  if (active !== undefined) add((column) => (isTrue(active) ? sql`${column("active")} = 1` : sql`${column("active")} = 0`));
  addOwner(criteria, filters, owners, directory);
  addRealms(criteria, filters.tokenrealm, directory);
  addGroups(criteria, filters.tokengroup);
  addInfo(criteria, filters);
  return criteria;
}

function addOwner(criteria: TokenCriteria, filters: TokenFilters, owners: readonly User[] | null, directory: Directory): void {
  const found: Condition[] = [];
  if (owners) {
    const pairs = JSON.stringify(owners.map(({ resolver, userId }) => [resolver, userId]));
    found.push(sql`(token_owner.resolver, token_owner.user_id) in (select value->>0, value->>1 from json_each(${pairs}))`);
  } else {
    if (!isAny(filters.resolver)) found.push(matches(sql`token_owner.resolver`, filters.resolver));
    if (!isAny(filters.userid)) found.push(matches(sql`token_owner.user_id`, filters.userid));
    if (!isAny(filters.realm)) found.push(inList(sql`token_owner.realm_id`, realmIds(filters.realm, directory)));
  }
  const owned = filters.assigned === undefined ? found.length > 0 : isTrue(filters.assigned);
  if (owned) {
    criteria.owned = true;
    criteria.joins.push({ table: "token_owner", where: all(found) });
  } else if (filters.assigned !== undefined) {
    criteria.conditions.push(() => sql`not exists (select 1 from token_owner where token_owner.token_id = token.id)`);
    criteria.none ||= found.length > 0;
  }
}

const realmIds = (pattern: string, directory: Directory): number[] => {
  const fits = compileWildcard(pattern);
  return directory.realms().flatMap(({ id, name }) => (fits(name) ? [id] : []));
};

function addRealms(criteria: TokenCriteria, pattern: string | undefined, directory: Directory): void {
  if (isAny(pattern)) return;
  const ids = realmIds(pattern, directory);
  const [only] = ids;
  if (only === undefined) criteria.none = true;
  else if (ids.length === 1) criteria.joins.push({ table: "token_realm", where: sql`token_realm.realm_id = ${only}` });
  else
    criteria.conditions.push(
      () =>
        sql`exists (select 1 from token_realm where token_realm.token_id = token.id and ${inList(sql`token_realm.realm_id`, ids)})`,
    );
}

function addGroups(criteria: TokenCriteria, pattern: string | undefined): void {
  if (isAny(pattern)) return;
  criteria.conditions.push(
    (column) =>
      sql`${column("id")} in (select token_token_group.token_id from token_group
        join token_token_group on token_token_group.group_id = token_group.id where ${matches(sql`token_group.name`, pattern)})`,
  );
}

/** Both are needed. A value that is sealed is not found: nobody may try out secrets. */
function addInfo(criteria: TokenCriteria, { infokey, infovalue }: TokenFilters): void {
  if (infokey === undefined || infovalue === undefined) return;
  const row = sql<SqlBool>`token_info.key = ${infokey} and token_info.value = ${infovalue} and token_info.type <> 'password'`;
  const kinds = kindsWithColumn(infokey);
  if (kinds.length === 0) {
    criteria.joins.push({ table: "token_info", where: row });
    return;
  }
  const stored = findColumn(infokey, infovalue);
  const inColumn = (column: ColumnName): Condition => (stored ? sql`${column(stored.column)} = ${stored.value}` : sql`1 = 0`);
  // Tokens of other types may have it as plain information. The plus: four types are no narrower than all tokens.
  const inRow =
    kinds.length < tokenKinds.length
      ? sql`exists (select 1 from token_info where token_info.token_id = token.id and ${row})`
      : sql`1 = 0`;
  criteria.conditions.push(
    (column) => sql`case when ${inList(walked("type"), kinds)} then ${inColumn(column)} else ${inRow} end`,
  );
}

const inList = (column: Fragment, values: readonly (string | number)[]): Condition =>
  values.length > 0 ? sql`${column} in (${sql.join(values)})` : sql`1 = 0`;

const all = (conditions: readonly Condition[]): Condition =>
  conditions.length > 0 ? sql`${sql.join(conditions, sql` and `)}` : sql`1 = 1`;

/** `from … where …` for few: the filters' indexes first. */
export const fromFew = (criteria: TokenCriteria): Fragment => {
  const { type, conditions } = criteria;
  return fromToken(criteria, sql`token`, sql`join`, [
    ...(type ? [type] : []),
    ...conditions.map((condition) => condition(plain)),
  ]);
};

/** How a list is sorted, as far as it matters for the way to go. */
export interface SortedBy {
  bySerial: boolean;
  /** There is an index in this order. */
  indexed: boolean;
  /** By something of the owner. */
  owner: boolean;
}

/**
 * The same for many. Along an index in the order of the list: `token` first (that is what CROSS JOIN means to SQLite). Without one all
 * that fit have to be sorted anyway, so the filters may lead. `beside`: one more join.
 */
export function fromMany(criteria: TokenCriteria, order: SortedBy, beside: Fragment = sql``): Fragment {
  const { type, conditions, joins } = criteria;
  const tested = conditions.map((condition) => condition(walked));
  const leads = !order.indexed && (joins.length > 0 || type !== null);
  if (leads) return fromToken(criteria, sql`token`, sql`join`, [...(type ? [type] : []), ...tested], beside);
  const typed = type && !order.bySerial ? sql<SqlBool>`+${type}` : type;
  // Left to itself it would walk an index that has nothing to do with the question, and look up row after row.
  const token = order.indexed || order.owner ? sql`token` : sql`token not indexed`;
  return fromToken(criteria, token, sql`cross join`, [...(typed ? [typed] : []), ...tested], beside);
}

function fromToken({ joins }: TokenCriteria, token: Fragment, join: Fragment, conditions: Condition[], beside = sql``): Fragment {
  const joined = joins.map(
    ({ table, where }) => sql`${join} ${sql.table(table)} on ${sql.ref(`${table}.token_id`)} = token.id and ${where}`,
  );
  return sql`from ${sql.join([token, ...joined, beside], sql` `)} where ${all(conditions)}`;
}

/** The same to count: `token` is left out where one other table knows it all. */
export function fromCounted(criteria: TokenCriteria): Fragment {
  const [only, ...others] = criteria.joins;
  if (!only || others.length > 0 || criteria.type || criteria.conditions.length > 0) return fromFew(criteria);
  return sql`from ${sql.table(only.table)} where ${only.where}`;
}

export const isFiltered = ({ joins, conditions, type }: TokenCriteria): boolean =>
  joins.length + conditions.length > 0 || type !== null;
