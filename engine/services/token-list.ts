// GET /token/: a page of tokens under filters. It runs in a reader worker, whatever the filter costs.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import { formatValidity as formatMoment } from "../core/validity.ts";
import type { Schema } from "../store/schema.ts";
import { type RecordRow, toTokenRecord } from "../store/token-record.ts";
import { findTokenType } from "../tokens/registry.ts";
import type { User } from "../users/directory.ts";
import type { Engine } from "./engine.ts";
import type { Caller } from "./sessions.ts";

export type TokenListParams = ParamsOf<Catalogue["tokenList"]>;
type TokenPage = ValueOf<Catalogue["tokenList"]>;
type TokenObject = TokenPage["tokens"][number];

const DEFAULT_PAGE_SIZE = 15;
const MAX_MATCHING_USERS = 500;

/** Columns by the names the contract sorts by. */
const SORTABLE = new Map(
  Object.entries({
    serial: "token.serial",
    tokentype: "token.type",
    type: "token.type",
    description: "token.description",
    active: "token.active",
    failcount: "token.fail_count",
    maxfail: "token.max_fail",
    otplen: "token.otp_length",
    count: "token.counter",
    rollout_state: "token.rollout_state",
    username: "token_owner.user_id",
    user_id: "token_owner.user_id",
    resolver: "token_owner.resolver",
    realm: "realm.name",
  }),
);

type Joined = Pick<Schema, "token" | "token_owner" | "realm">;
type Where = ExpressionBuilder<Joined, "token" | "token_owner" | "realm">;

/** `*` is any text; without one the value must be equal. */
function matches(eb: Where, column: string, pattern: string): Expression<SqlBool> {
  const reference = sql.ref<string>(column);
  if (!pattern.includes("*")) return sql<SqlBool>`${reference} = ${pattern}`;
  const like = pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
  return eb.and([sql<SqlBool>`${reference} like ${like} escape '\\'`]);
}

/** Only "true", whatever its capitals, is true (rest-api.md 5, item 28). */
const isTrue = (text: string) => text.trim().toLowerCase() === "true";

export async function listTokens(params: TokenListParams, caller: Caller | null, engine: Engine): Promise<TokenPage> {
  const { store } = engine;
  const page = params.page ?? 1;
  const size = params.pagesize ?? DEFAULT_PAGE_SIZE;
  const owners = await findOwners(params, caller, engine);
  const base = store.sql
    .selectFrom("token")
    .leftJoin("token_owner", "token_owner.token_id", "token.id")
    .leftJoin("realm", "realm.id", "token_owner.realm_id")
    .where((builder) => {
      const eb = builder as unknown as Where;
      return eb.and(conditions(eb, params, owners));
    });
  const direction = params.sortdir === "desc" ? "desc" : "asc";
  const column = SORTABLE.get(params.sortby ?? "serial") ?? "token.serial";
  const [rows, counted] = await Promise.all([
    store.query(
      base
        .selectAll("token")
        .select(["token_owner.resolver", "token_owner.user_id", "realm.name as realm"])
        .orderBy(sql.ref(column), direction)
        .orderBy("token.id", direction)
        .limit(size)
        .offset((page - 1) * size)
        .compile(),
    ),
    store.query(base.select((eb) => eb.fn.countAll<number>().as("count")).compile()),
  ]);
  const count = Number(counted[0]?.count ?? 0);
  return {
    tokens: await describeAll(rows, engine),
    count,
    current: page,
    prev: page > 1 ? page - 1 : null,
    next: page * size < count ? page + 1 : null,
  };
}

/** Owners the list is narrowed to; null: any. A user sees his own tokens. */
async function findOwners(
  { user, realm, resolver }: TokenListParams,
  caller: Caller | null,
  { directory }: Engine,
): Promise<User[] | null> {
  if (caller?.role === "user") return [caller.user];
  if (user === undefined || user === "*") return null;
  if (user.includes("*")) return (await directory.search({ realm, resolver }, { username: user }, MAX_MATCHING_USERS)) ?? [];
  const found = await directory.findUser(user, realm, resolver);
  return found ? [found] : [];
}

function conditions(eb: Where, params: TokenListParams, owners: User[] | null): Expression<SqlBool>[] {
  const found: Expression<SqlBool>[] = [];
  const text = (column: string, pattern: string | undefined) => {
    if (pattern !== undefined && pattern !== "*") found.push(matches(eb, column, pattern));
  };
  text("token.serial", params.serial);
  text("token.type", params.type?.toLowerCase());
  text("token.description", params.description);
  text("token.rollout_state", params.rollout_state);
  if (owners) {
    const each = owners.map((owner) =>
      eb.and([eb("token_owner.resolver", "=", owner.resolver), eb("token_owner.user_id", "=", owner.userId)]),
    );
    found.push(each.length > 0 ? eb.or(each) : sql<SqlBool>`1 = 0`);
  } else {
    text("token_owner.resolver", params.resolver);
    text("token_owner.user_id", params.userid);
    text("realm.name", params.realm?.toLowerCase());
  }
  if (params.tokenrealm !== undefined && params.tokenrealm !== "*") {
    found.push(
      eb.exists(
        eb
          .selectFrom(["token_realm", "realm as in_realm"] as never)
          .select(sql`1`.as("one"))
          .where(sql<SqlBool>`token_realm.token_id = token.id and in_realm.id = token_realm.realm_id`)
          .where(matches(eb, "in_realm.name", params.tokenrealm.toLowerCase())),
      ),
    );
  }
  if (params.assigned !== undefined) found.push(eb("token_owner.token_id", isTrue(params.assigned) ? "is not" : "is", null));
  if (params.active !== undefined) found.push(eb("token.active", "=", isTrue(params.active) ? 1 : 0));
  if (params.infokey !== undefined && params.infovalue !== undefined) {
    found.push(
      sql<SqlBool>`exists (select 1 from token_info where token_info.token_id = token.id and token_info.key = ${params.infokey} and token_info.type <> 'password' and token_info.value = ${params.infovalue})`,
    );
  }
  return found;
}

type Row = RecordRow & { description: string };

async function describeAll(rows: readonly Row[], engine: Engine): Promise<TokenObject[]> {
  if (rows.length === 0) return [];
  const { store } = engine;
  const ids = rows.map((row) => row.id);
  const [infos, realms] = await Promise.all([
    store.query(
      store.sql.selectFrom("token_info").select(["token_id", "key", "value", "type"]).where("token_id", "in", ids).compile(),
    ),
    store.query(
      store.sql
        .selectFrom("token_realm")
        .innerJoin("realm", "realm.id", "token_realm.realm_id")
        .select(["token_realm.token_id", "realm.name"])
        .where("token_realm.token_id", "in", ids)
        .orderBy("realm.name")
        .compile(),
    ),
  ]);
  const infosOf = Map.groupBy(infos, ({ token_id }) => token_id);
  const realmsOf = Map.groupBy(realms, ({ token_id }) => token_id);
  return Promise.all(
    rows.map((row) =>
      describe(
        row,
        infosOf.get(row.id) ?? [],
        (realmsOf.get(row.id) ?? []).map(({ name }) => name),
        engine,
      ),
    ),
  );
}

/** The token object of rest-api.md 2.3. Values of type `password` are shown sealed, never clear. */
async function describe(
  row: Row,
  infos: { key: string; value: string; type: string }[],
  realms: string[],
  { directory }: Engine,
): Promise<TokenObject> {
  const token = toTokenRecord(row);
  const owner = token.owner;
  const user =
    owner && !directory.faults().has(owner.resolver)
      ? await directory.findById(owner.resolver, owner.userId, owner.realm).catch(() => undefined)
      : undefined;
  const info: Record<string, string> = {
    ...findTokenType(token.type)?.describe(token),
    count_auth: String(token.authCount),
    count_auth_success: String(token.authSuccess),
    ...(token.authCountMax === null ? {} : { count_auth_max: String(token.authCountMax) }),
    ...(token.authSuccessMax === null ? {} : { count_auth_success_max: String(token.authSuccessMax) }),
    ...(token.lastAuth === null ? {} : { last_auth: new Date(token.lastAuth).toISOString() }),
    ...(token.validFrom === null ? {} : { validity_period_start: formatMoment(token.validFrom) }),
    ...(token.validUntil === null ? {} : { validity_period_end: formatMoment(token.validUntil) }),
  };
  for (const { key, value, type } of infos) {
    info[key] = value;
    if (type) info[`${key}.type`] = type;
  }
  return {
    id: token.id,
    serial: token.serial,
    tokentype: token.type,
    description: row.description,
    active: token.active,
    revoked: token.revoked,
    locked: token.locked,
    failcount: token.failCount,
    maxfail: token.maxFail,
    otplen: token.otpLength,
    count: token.counter,
    count_window: token.countWindow,
    sync_window: token.syncWindow,
    rollout_state: token.rolloutState,
    realms,
    tokengroup: [],
    resolver: owner?.resolver ?? "",
    user_id: owner?.userId ?? "",
    username: owner ? (user?.login ?? (user === undefined ? "**resolver error**" : "")) : "",
    user_realm: owner?.realm ?? "",
    ...(owner ? { user_editable: false } : {}),
    info,
  };
}
