// POST /token/init: a new token, or new contents for one that exists (rest-api.md 3.1.1, K1-01 to K1-03). All of it is one
// intent: row, owner, realms, information and audit row together or not at all.
import { randomBytes } from "node:crypto";
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ParamsOf } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { buildSerial, isSerial } from "../core/serial.ts";
import { ConstraintError, type Statement, type TokenRecord } from "../store/store.ts";
import { findTokenType, tokenKinds } from "../tokens/registry.ts";
import type { Enrolment, EnrolRequest, TokenType } from "../tokens/type.ts";
import type { User } from "../users/directory.ts";
import { readMoment } from "./token-attributes.ts";
import { readTokenInfo } from "./token-info.ts";
import { limitStatements } from "./token-limit.ts";
import { ownerStatements, realmStatements } from "./token-owner.ts";
import { isOwnedBy, requireUser } from "./token-select.ts";
import type { Work } from "./work.ts";

export type InitParams = ParamsOf<Catalogue["tokenInit"]>;

/** A fresh serial collides once in a blue moon; several are tried. */
const SERIAL_TRIES = 20;

/** Returns the detail of the answer. `extra`: parameters whose name begins with `<type>.`. */
export async function initToken(
  work: Work,
  params: InitParams,
  extra: (kind: string) => Record<string, string>,
): Promise<Record<string, unknown>> {
  const { engine } = work;
  const existing = params.serial === undefined ? null : await engine.store.tokenBySerial(params.serial);
  // First of all: nothing about a stranger's token may show in another refusal.
  if (existing) refuseForeign(work, existing);
  const type = chooseType(params, existing);
  work.audit.tokenType = type.spec.kind;
  refuseUnoffered(work, type);
  const user = params.user === undefined ? null : await requireUser(work, { ...params, user: params.user });
  if (user) Object.assign(work.audit, { user: user.login, realm: user.realm, resolver: user.resolver });
  if (params.serial !== undefined && !isSerial(params.serial)) throw new ApiError("invalid_serial");
  const isNew = !existing || (user !== null && !isOwnedBy(existing, user));
  const pin = params.pin ? await engine.vault.hashPassword(params.pin) : undefined;

  for (let tries = 0; ; tries++) {
    const serial = params.serial ?? (await makeSerial(work, type, params.prefix, tries));
    work.audit.serial = serial;
    const info = extra(type.spec.kind);
    const enrolment = await type.enrol(toRequest(params, serial, user, type, info), {
      vault: engine.vault,
      config: engine.systemConfig(),
    });
    const columns = { ...enrolment.columns, ...readCommon(params), ...(pin === undefined ? {} : { pin_hash: pin }) };
    const statements = [
      existing ? updateRow(work, existing, columns) : insertRow(work, serial, type, columns),
      ...(await infoStatements(work, serial, { ...info, ...enrolment.info })),
      ...placeStatements(work, params, serial, user, existing),
      ...(isNew ? await limitStatements(work, serial) : []),
    ];
    try {
      // Not writeOrRefuse: a serial that was made by chance and is taken is no reason to give up.
      const won = await work.write(statements, [
        { serials: [serial] },
        ...(user ? [{ owner: { resolver: user.resolver, userId: user.userId } }] : []),
      ]);
      if (!won) throw new ApiError("changed_meanwhile");
      return { serial, ...enrolment.detail };
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error;
      if (params.serial !== undefined || tries >= SERIAL_TRIES) {
        throw new ApiError("serial_made_meanwhile", {}, { cause: error });
      }
    }
  }
}

/** A missing type is that of the existing token, else hotp (rest-api.md 5, item 65). */
function chooseType({ type: asked }: InitParams, existing: TokenRecord | null): TokenType {
  const type = findTokenType((asked ?? existing?.type ?? "hotp").trim());
  if (!type) throw new ApiError("token_type_unknown", { known: tokenKinds.join(", ") });
  if (existing && existing.type !== type.spec.kind) {
    throw new ApiError("token_type_fixed");
  }
  if (existing?.revoked || existing?.locked) throw new ApiError("token_locked");
  return type;
}

function refuseUnoffered({ caller }: Work, { spec }: TokenType): void {
  if (caller?.role !== "user" || spec.offeredTo.includes("user")) return;
  throw new ApiError("right_missing", { scope: "User", action: `enroll${spec.kind.toUpperCase()}` });
}

/** A user may give new contents to his own tokens only. */
function refuseForeign({ caller }: Work, existing: TokenRecord): void {
  if (caller?.role === "user" && !isOwnedBy(existing, caller.user)) {
    throw new ApiError("serial_in_use");
  }
}

/** The count in a serial is that of all tokens ever made: it needs no table scan. */
async function makeSerial({ engine }: Work, type: TokenType, prefix: string | undefined, tries: number): Promise<string> {
  const { sql } = engine.store;
  const [last] = await engine.store.point(sql.selectFrom("token").select("id").orderBy("id", "desc").limit(1).compile());
  const length = engine.systemConfig().SerialLength;
  if (prefix !== undefined && !(isSerial(prefix) && prefix.length + length <= 40)) {
    throw new ApiError("bad_parameter", { name: "prefix", wanted: "a few letters and digits" });
  }
  return buildSerial(prefix ?? type.spec.prefix, (last?.id ?? 0) + tries, randomBytes(length), length);
}

function toRequest(
  params: InitParams,
  serial: string,
  user: User | null,
  type: TokenType,
  info: Record<string, string>,
): EnrolRequest {
  const dot = type.spec.kind.length + 1;
  return {
    serial,
    otpKey: params.otpkey,
    otpKeyFormat: params.otpkeyformat,
    generate: params.genkey === true,
    keySize: params.keysize,
    otpLength: params.otplen,
    algorithm: params.hashlib,
    timeStep: params.timeStep,
    timeWindow: params.timeWindow,
    timeShift: params.timeShift,
    extra: Object.fromEntries(Object.entries(info).map(([key, value]) => [key.slice(dot), value])),
    labels: {
      user: user?.login ?? "",
      realm: user?.realm ?? "",
      givenname: user?.attributes.givenname ?? "",
      surname: user?.attributes.surname ?? "",
    },
  };
}

type Columns = Enrolment["columns"];

/** What every type understands. */
function readCommon({ description, validity_period_start, validity_period_end }: InitParams): Columns {
  return {
    ...(description === undefined ? {} : { description }),
    ...(validity_period_start === undefined ? {} : { valid_from: readMoment(validity_period_start, "validity_period_start") }),
    ...(validity_period_end === undefined ? {} : { valid_until: readMoment(validity_period_end, "validity_period_end") }),
  };
}

/** Windows and limits are frozen now: later changes of the defaults do not touch this token (Z42). */
function insertRow({ engine }: Work, serial: string, type: TokenType, columns: Columns): Statement {
  const config = engine.systemConfig();
  const query = engine.store.sql
    .insertInto("token")
    .values({
      serial,
      type: type.spec.kind,
      pin_hash: null,
      key_sealed: null,
      user_pin_sealed: null,
      so_pin_sealed: null,
      count_window: config.DefaultCountWindow,
      sync_window: config.DefaultSyncWindow,
      max_fail: config.DefaultMaxFailCount,
      created_at: engine.now(),
      ...columns,
    } as never)
    .compile();
  return { query, expect: 1 };
}

/** K1-02: the row changes as a whole; what the old seed counted is worth nothing for the new one. */
function updateRow({ engine }: Work, existing: TokenRecord, columns: Columns): Statement {
  const fresh = { counter: 0, fail_count: 0, failed_since: null, resync_counter: null, resync_due: null, rollout_state: "" };
  const query = engine.store.sql
    .updateTable("token")
    .set((eb) => ({ version: eb("version", "+", 1) }))
    .set({ ...fresh, ...columns } as never)
    .where("id", "=", existing.id)
    .where("version", "=", existing.version)
    .compile();
  return { query, expect: 1 };
}

async function infoStatements({ engine }: Work, serial: string, info: Record<string, string>): Promise<Statement[]> {
  const { sql } = engine.store;
  const old = sql
    .deleteFrom("token_info")
    .where("token_id", "in", (eb) => eb.selectFrom("token").select("id").where("serial", "=", serial))
    .compile();
  const rows = await readTokenInfo(serial, info, engine.vault);
  const fresh = rows.map(({ key, value, type }) =>
    sql
      .insertInto("token_info")
      .columns(["token_id", "key", "value", "type"])
      .expression((eb) =>
        eb
          .selectFrom("token")
          .select((col) => ["id", col.val(key).as("key"), col.val(value).as("value"), col.val(type).as("type")])
          .where("serial", "=", serial),
      )
      .compile(),
  );
  return [old, ...fresh].map((query) => ({ query }));
}

/** Owner and realms. `realm` without a user puts the token into that realm; a user's tokens are in his own realm only. */
function placeStatements(
  { engine, caller }: Work,
  params: InitParams,
  serial: string,
  user: User | null,
  existing: TokenRecord | null,
): Statement[] {
  const { sql } = engine.store;
  const named =
    caller?.role === "user" ? [] : [...(params.tokenrealm ?? []), ...(user || params.realm === undefined ? [] : [params.realm])];
  const realms = named.flatMap((name) => engine.directory.realm(name)?.id ?? []);
  const statements = realmStatements(sql, serial, realms);
  if (!user || (existing && isOwnedBy(existing, user))) return statements;
  const free = existing ? [{ query: sql.deleteFrom("token_owner").where("token_id", "=", existing.id).compile() }] : [];
  return [...free, ...ownerStatements(sql, serial, user, engine.directory), ...statements];
}
