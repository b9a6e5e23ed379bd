// Tokens as the API shows them (rest-api.md 2.3, clients-contract.md W18).
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import { type RecordRow, toTokenRecord } from "../store/token-record.ts";
import type { Engine } from "./engine.ts";
import { showColumnInfo, type TokenColumns } from "./token-attributes.ts";

export type TokenObject = ValueOf<Catalogue["tokenList"]>["tokens"][number];

type Row = RecordRow & { description: string };

/** In the order of the ids; a token that was deleted meanwhile is left out. All that belongs to a page is read at once. */
export async function describeTokens(ids: readonly number[], engine: Engine): Promise<TokenObject[]> {
  if (ids.length === 0) return [];
  const { query, sql } = engine.store;
  const [rows, infos, realms, groups] = await Promise.all([
    query(
      sql
        .selectFrom("token")
        .leftJoin("token_owner", "token_owner.token_id", "token.id")
        .leftJoin("realm", "realm.id", "token_owner.realm_id")
        .selectAll("token")
        .select(["token_owner.resolver", "token_owner.user_id", "realm.name as realm"])
        .where("token.id", "in", ids)
        .compile(),
    ),
    query(sql.selectFrom("token_info").select(["token_id", "key", "value", "type"]).where("token_id", "in", ids).compile()),
    query(
      sql
        .selectFrom("token_realm")
        .innerJoin("realm", "realm.id", "token_realm.realm_id")
        .select(["token_realm.token_id", "realm.name"])
        .where("token_realm.token_id", "in", ids)
        .orderBy("realm.name")
        .compile(),
    ),
    query(
      sql
        .selectFrom("token_token_group")
        .innerJoin("token_group", "token_group.id", "token_token_group.group_id")
        .select(["token_token_group.token_id", "token_group.name"])
        .where("token_token_group.token_id", "in", ids)
        .orderBy("token_group.name")
        .compile(),
    ),
  ]);
  const rowOf = new Map(rows.map((row) => [row.id, row as Row]));
  const infosOf = Map.groupBy(infos, ({ token_id }) => token_id);
  const realmsOf = Map.groupBy(realms, ({ token_id }) => token_id);
  const groupsOf = Map.groupBy(groups, ({ token_id }) => token_id);
  const nameOf = await nameOwners([...rowOf.values()], engine);
  const names = (found: { name: string }[] = []) => found.map(({ name }) => name);
  return ids.flatMap((id) => {
    const row = rowOf.get(id);
    if (!row) return [];
    const places = { realms: names(realmsOf.get(id)), tokengroup: names(groupsOf.get(id)) };
    return [describe(row, infosOf.get(id) ?? [], places, nameOf(row))];
  });
}

/** Each owner is looked up once, however many of the tokens are his. "**resolver error**": his source does not answer. */
async function nameOwners(rows: readonly Row[], { directory }: Engine): Promise<(row: Row) => string> {
  const names = new Map<string, Promise<string>>();
  const keyOf = ({ resolver, user_id, realm }: Row) => JSON.stringify([resolver, user_id, realm]);
  const find = async (resolver: string, userId: string, realm: string): Promise<string> => {
    if (directory.faults().has(resolver)) return "**resolver error**";
    try {
      return (await directory.findById(resolver, userId, realm))?.login ?? "";
    } catch {
      return "**resolver error**";
    }
  };
  for (const row of rows) {
    const { resolver, user_id, realm } = row;
    const key = keyOf(row);
    if (resolver !== null && user_id !== null && !names.has(key)) names.set(key, find(resolver, user_id, realm ?? ""));
  }
  const known = new Map(await Promise.all([...names].map(async ([key, name]) => [key, await name] as const)));
  return (row) => known.get(keyOf(row)) ?? "";
}

/** Values of type `password` are shown sealed, never clear. */
function describe(
  row: Row,
  infos: readonly { key: string; value: string; type: string }[],
  places: { realms: string[]; tokengroup: string[] },
  username: string,
): TokenObject {
  const token = toTokenRecord(row);
  const { owner } = token;
  const stored = infos.flatMap(({ key, value, type }) =>
    type
      ? [
          [key, value],
          [`${key}.type`, type],
        ]
      : [[key, value]],
  );
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
    ...places,
    resolver: owner?.resolver ?? "",
    user_id: owner?.userId ?? "",
    username,
    user_realm: owner?.realm ?? "",
    ...(owner ? { user_editable: false } : {}),
    // fromEntries: a key may be `__proto__`.
    info: Object.fromEntries([...Object.entries(showColumnInfo(token.type, row as unknown as TokenColumns)), ...stored]),
  };
}
