// POST and DELETE /token/info: one piece of token information (K1-26). Keys with a meaning change the token itself
// (token-attributes.ts); all others are rows.
//
//   plain ──type=password──> sealed          a sealed value is never shown, and is replaced only by a call that says
//     ^                        │             type=password again: nobody overwrites a secret of the system by accident
//     └──────── deleted <──────┘
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Statement, TokenRecord } from "../store/store.ts";
import { clearedColumns, columnsFor, isColumnInfo, readColumnInfo, type TokenColumns } from "./token-attributes.ts";
import { raiseVersion, touching, updateUnchanged } from "./token-change.ts";
import { checkInfo, type InfoRow, MAX_KEYS, sealInfo } from "./token-info.ts";
import { type Work, writeOrRefuse } from "./work.ts";

const TYPE = ".type";

/**
 * Sets one information; `type` is what the call says of it. A key `<key>.type` with the value `password` seals what is stored under
 * `<key>`. False: there is no such token. Errors: 1007, and 905 for what can not be stored.
 */
export async function setInfo(work: Work, serial: string, key: string, value: string, type?: string): Promise<boolean> {
  const token = await findToken(work, serial, key);
  if (!token) return false;
  if (isColumnInfo(token.type, key)) {
    return changeColumns(work, token, columnsFor(token, key, readColumnInfo(key, value)) ?? {});
  }
  if (type !== undefined && type !== "password") throw new ApiError("info_type_unknown");
  const named = key.endsWith(TYPE) && key.length > TYPE.length;
  const row = named ? await retype(work, token, key.slice(0, -TYPE.length), value) : await makeRow(work, token, key, value, type);
  const { sql } = work.engine.store;
  const query = sql
    .insertInto("token_info")
    .values({ token_id: token.id, ...row })
    .onConflict((conflict) => conflict.columns(["token_id", "key"]).doUpdateSet({ value: row.value, type: row.type }))
    .compile();
  await writeOrRefuse(work, [raiseUnchanged(work, token), { query, expect: 1 }], touching(token));
  return true;
}

/** False: there is no such token; whether the key was there does not matter (rest-api.md 5, item 31). Error: 1007. */
export async function deleteInfo(work: Work, serial: string, key: string): Promise<boolean> {
  const token = await findToken(work, serial, key);
  if (!token) return false;
  if (isColumnInfo(token.type, key)) return changeColumns(work, token, clearedColumns(token, key));
  const { sql } = work.engine.store;
  const query = sql.deleteFrom("token_info").where("token_id", "=", token.id).where("key", "=", key).compile();
  await writeOrRefuse(work, [raiseVersion(work, token), { query }], touching(token));
  return true;
}

/** Unlike other calls this one answers false for a serial nobody has. */
async function findToken(work: Work, serial: string, key: string): Promise<TokenRecord | null> {
  if (serial.includes("*")) throw new ApiError("invalid_serial");
  const token = await work.engine.store.tokenBySerial(serial);
  Object.assign(work.audit, { serial, tokenType: token?.type ?? null, actionDetail: key });
  if (!token) work.audit.success = false;
  if (token?.revoked || token?.locked) throw new ApiError("token_locked");
  return token;
}

async function changeColumns(work: Work, token: TokenRecord, columns: TokenColumns): Promise<true> {
  const change = updateUnchanged(work, token).set(columns as never);
  // A counter that is worked out from the one that was read.
  const query = (columns.counter === undefined ? change : change.where("counter", "=", token.counter)).compile();
  await writeOrRefuse(work, [{ query, expect: 1 }], touching(token));
  return true;
}

const raiseUnchanged = (work: Work, token: TokenRecord): Statement => ({
  query: updateUnchanged(work, token).compile(),
  expect: 1,
});

async function readRows({ engine }: Work, token: TokenRecord): Promise<InfoRow[]> {
  const { sql } = engine.store;
  const query = sql.selectFrom("token_info").select(["key", "value", "type"]).where("token_id", "=", token.id).compile();
  return (await engine.store.point(query)) as InfoRow[];
}

async function makeRow(work: Work, token: TokenRecord, key: string, value: string, type?: string): Promise<InfoRow> {
  checkInfo(key, value);
  const rows = await readRows(work, token);
  const stored = rows.find((row) => row.key === key);
  if (!stored && rows.length >= MAX_KEYS) throw new ApiError("info_too_many", { maximum: MAX_KEYS });
  if (type === "password") return { key, ...(await sealInfo(token.serial, key, value, work.engine.vault)) };
  if (stored?.type === "password") throw new ApiError("secret_stays_secret");
  return { key, value, type: "" };
}

async function retype(work: Work, token: TokenRecord, key: string, type: string): Promise<InfoRow> {
  if (type !== "password" && type !== "") throw new ApiError("info_type_unknown");
  const stored = (await readRows(work, token)).find((row) => row.key === key);
  if (!stored) throw new ApiError("missing_parameter", { name: key });
  if (stored.type === type) return stored;
  if (stored.type === "password") throw new ApiError("secret_stays_secret");
  return { key, ...(await sealInfo(token.serial, key, stored.value, work.engine.vault)) };
}
