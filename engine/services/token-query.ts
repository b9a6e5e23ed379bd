// The filters of GET /token/ as SQL (rest-api.md 2.3). A million tokens and any filter, in time that does not depend on luck: SQLite
// keeps no statistics of values, so it does not know which of two filters three tokens fit and which nearly all. So every filter is
// written in two ways, as the set of all ids it lets through and as a test of one token, and token-list.ts puts them together:
//
//   few      one filter that can let only few through leads, the others test      "the tokens of Alice that are active"
//   all      the sets, each read from an index in the order of ids and merged      "active ones in realm A": count, or sort
//   walk     the list in its order, each token tested until the page is full       "the first page of active ones"
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
  /** Filters on other tables. */
  sets: { ids: Fragment; test: Condition; narrow: boolean }[];
  /** Filters on the columns of `token`. */
  conditions: { on: (column: ColumnName) => Condition; narrow: boolean }[];
  /** One type: there is an index in the order of serial numbers. */
  type: Condition | null;
  /** Nothing can fit. */
  none: boolean;
  /** Log-ins change what is looked at. */
  moving: boolean;
}

type ColumnName = (name: keyof TokenTable & string) => Fragment;
/** As it is: SQLite may use an index. */
const plain: ColumnName = (name) => sql.ref(`token.${name}`);
/** With a plus before it SQLite does not: the walk goes in the order of the list. */
const walked: ColumnName = (name) => sql`+${sql.ref(`token.${name}`)}`;

/** Columns a log-in changes, as far as there are filters for them. */
const movedByLogIns: readonly string[] = ["auth_count", "auth_success", "last_auth", "time_shift"];

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
  const criteria: TokenCriteria = { sets: [], conditions: [], type: null, none: owners?.length === 0, moving: false };
  const { serial, type, description, rollout_state, active } = filters;
  const add = (on: (column: ColumnName) => Condition, narrow = false) => void criteria.conditions.push({ on, narrow });
  if (!isAny(serial)) add((column) => matches(column("serial"), serial), !serial.includes("*"));
  if (type !== undefined && !type.includes("*")) criteria.type = sql`token.type = ${type.toLowerCase()}`;
  else if (!isAny(type)) add((column) => matches(column("type"), type.toLowerCase()));
  if (!isAny(description)) {
    const pattern = description.includes("*");
    add((column) =>
      pattern ? matches(column("description"), description) : sql`${column("description")} = ${description} collate nocase`,
    );
  }
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

/** Rows of a table that has at most one of this kind for a token. */
function addRows(criteria: TokenCriteria, table: "token_owner" | "token_realm" | "token_info", where: Condition, narrow = false) {
  const name = sql.table(table);
  const ids = sql`select ${name}.token_id from ${name} where ${where}`;
  criteria.sets.push({ ids, test: sql`exists (${ids} and ${name}.token_id = token.id)`, narrow });
}

function addOwner(criteria: TokenCriteria, filters: TokenFilters, owners: readonly User[] | null, directory: Directory): void {
  const found: Condition[] = [];
  const { resolver, userid, realm, assigned } = filters;
  if (owners) {
    const pairs = JSON.stringify(owners.map(({ resolver, userId }) => [resolver, userId]));
    found.push(sql`(token_owner.resolver, token_owner.user_id) in (select value->>0, value->>1 from json_each(${pairs}))`);
  } else {
    if (!isAny(resolver)) found.push(matches(sql`token_owner.resolver`, resolver));
    if (!isAny(userid)) found.push(matches(sql`token_owner.user_id`, userid));
    if (!isAny(realm)) found.push(inList(sql`token_owner.realm_id`, realmIds(realm, directory)));
  }
  const owned = assigned === undefined ? found.length > 0 : isTrue(assigned);
  if (owned) addRows(criteria, "token_owner", all(found), owners !== null || (!isAny(userid) && !userid.includes("*")));
  else if (assigned !== undefined) {
    criteria.sets.push({
      ids: sql`select token.id from token except select token_owner.token_id from token_owner`,
      test: sql`not exists (select 1 from token_owner where token_owner.token_id = token.id)`,
      narrow: false,
    });
    criteria.none ||= found.length > 0;
  }
}

const realmIds = (pattern: string, directory: Directory): number[] => {
  const fits = compileWildcard(pattern);
  return directory.realms().flatMap(({ id, name }) => (fits(name) ? [id] : []));
};

/** A token may be in several realms. */
function addRealms(criteria: TokenCriteria, pattern: string | undefined, directory: Directory): void {
  if (isAny(pattern)) return;
  const ids = realmIds(pattern, directory);
  criteria.none ||= ids.length === 0;
  if (criteria.none) return;
  const any = inList(sql`token_realm.realm_id`, ids);
  const members = ids.map((id) => sql`select token_realm.token_id from token_realm where token_realm.realm_id = ${id}`);
  criteria.sets.push({
    // One index after the other has the ids in order; SQLite takes 500 of them.
    ids:
      ids.length <= 100
        ? sql.join(members, sql` union `)
        : sql`select distinct token_realm.token_id from token_realm where ${any}`,
    test: sql`exists (select 1 from token_realm where token_realm.token_id = token.id and ${any})`,
    narrow: false,
  });
}

function addGroups(criteria: TokenCriteria, pattern: string | undefined): void {
  if (isAny(pattern)) return;
  const groups = sql`(select token_group.id from token_group where ${matches(sql`token_group.name`, pattern)})`;
  const members = sql`from token_token_group where token_token_group.group_id`;
  criteria.sets.push({
    // A name is unique: with `=` SQLite knows that the index has the ids of its tokens in order.
    ids: pattern.includes("*")
      ? sql`select distinct token_token_group.token_id ${members} in ${groups}`
      : sql`select token_token_group.token_id ${members} = ${groups}`,
    test: sql`exists (select 1 ${members} in ${groups} and token_token_group.token_id = token.id)`,
    narrow: false,
  });
}

/** Both are needed. A value that is sealed is not found: nobody may try out secrets. */
function addInfo(criteria: TokenCriteria, { infokey, infovalue }: TokenFilters): void {
  if (infokey === undefined || infovalue === undefined) return;
  const row = sql<SqlBool>`token_info.key = ${infokey} and token_info.value = ${infovalue} and token_info.type <> 'password'`;
  const kinds = kindsWithColumn(infokey);
  if (kinds.length === 0) {
    addRows(criteria, "token_info", row);
    return;
  }
  const stored = findColumn(infokey, infovalue);
  const inColumn = (column: ColumnName): Condition => (stored ? sql`${column(stored.column)} = ${stored.value}` : sql`1 = 0`);
  // Tokens of other types may have it as plain information. The plus: four types are no narrower than all tokens.
  const inRow =
    kinds.length < tokenKinds.length
      ? sql`exists (select 1 from token_info where token_info.token_id = token.id and ${row})`
      : sql`1 = 0`;
  criteria.conditions.push({
    on: (column) => sql`case when ${inList(walked("type"), kinds)} then ${inColumn(column)} else ${inRow} end`,
    narrow: false,
  });
  criteria.moving ||= stored !== null && movedByLogIns.includes(stored.column);
}

const inList = (column: Fragment, values: readonly (string | number)[]): Condition =>
  values.length > 0 ? sql`${column} in (${sql.join(values)})` : sql`1 = 0`;

const all = (conditions: readonly Condition[]): Condition =>
  conditions.length > 0 ? sql`${sql.join(conditions, sql` and `)}` : sql`1 = 1`;

export const isFiltered = ({ sets, conditions, type }: TokenCriteria): boolean =>
  sets.length + conditions.length > 0 || type !== null;

/** One index tells the order and the filter: no token is tested in vain. */
export const isOneType = ({ sets, conditions, type }: TokenCriteria): boolean =>
  type !== null && sets.length + conditions.length === 0;

/** A query for the ids of all tokens that fit, each once, in no order. */
export function selectAll(criteria: TokenCriteria): Fragment {
  const { sets, conditions, type } = criteria;
  if (sets.some(({ narrow }) => narrow) || conditions.some(({ narrow }) => narrow)) return selectFew(criteria);
  const ofToken = [...(type ? [type] : []), ...conditions.map(({ on }) => on(plain))];
  const ids = sets.map((set) => set.ids);
  if (ids.length === 0 || ofToken.length > 0) ids.push(sql`select token.id from token where ${all(ofToken)}`);
  const [only, ...others] = ids;
  // A part may be made of several itself.
  return others.length === 0 && only
    ? only
    : sql.join(
        ids.map((one) => sql`select * from (${one})`),
        sql` intersect `,
      );
}

/** SQLite is told who leads: to the columns of the others it gets no index. */
function selectFew({ sets, conditions, type }: TokenCriteria): Fragment {
  const led = conditions.some(({ narrow }) => narrow);
  const tests = [
    ...conditions.map(({ on, narrow }) => on(narrow ? plain : walked)),
    ...sets.map(({ ids, test, narrow }) => (narrow && !led ? sql<SqlBool>`token.id in (${ids})` : test)),
    ...(type ? [sql<SqlBool>`+${type}`] : []),
  ];
  return sql`select token.id from token where ${all(tests)}`;
}

/** `where …` for the walk along an index of `token`; by serial number the index of types has the order too. */
export function testEach({ sets, conditions, type }: TokenCriteria, bySerial: boolean): Condition {
  const typed = type && !bySerial ? sql<SqlBool>`+${type}` : type;
  return all([...(typed ? [typed] : []), ...conditions.map(({ on }) => on(walked)), ...sets.map(({ test }) => test)]);
}
