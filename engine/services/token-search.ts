// GET /token/getserial: which token shows this one-time password? Every candidate's values are computed, in slices: rows come from a
// reader worker, values from the vault's, and between two slices log-ins have their turn.
//
//   count candidates ─> walk by id in slices ─> none: null | one: its counter is moved on, serial | two: 1200
//          └─ too many to wait for: refused, or a job (services/jobs.ts)
//
// For administrators only: to anybody else it would be an oracle. The value itself is in no audit row, log or error.
import { ApiError } from "@ostiary/shared/errors.ts";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Store, TokenRecord } from "../store/store.ts";
import { toTokenRecord } from "../store/token-record.ts";
import { findTokenType, tokenKinds } from "../tokens/registry.ts";
import type { Hit } from "../tokens/type.ts";
import { SealBrokenError } from "../vault/vault.ts";
import { nameAdmin } from "./caller.ts";
import type { Engine } from "./engine.ts";
import type { JobControl } from "./jobs.ts";
import { touching } from "./token-change.ts";
import type { Work } from "./work.ts";

export interface OtpQuery {
  otp: string;
  type?: string;
  assigned?: boolean;
  unassigned?: boolean;
  /** Part of the serial number. */
  serial?: string;
  /** values to look ahead */
  window?: number;
}

export interface Finding {
  serial: string | null;
  /** Tokens that fit the filters. */
  count: number;
}

/** Whose it is does not matter here. */
const noOwner = { resolver: null, user_id: null, realm: null };
const DEFAULT_WINDOW = 10;
/** Candidates and milliseconds somebody waits for. */
const MAX_INLINE = 20_000;
const MAX_WAIT_MS = 5000;
/** Rows read at a time. */
const PAGE = 512;
/** HMACs sent to the vault at a time, about a millisecond of a worker: a log-in waits no longer behind them. */
const SLICE_HMACS = 1024;
/** How often the counter of the token found is tried to be moved, while log-ins move it too. */
const TRIES = 3;

/** How many tokens a search would look at. Error: 1610. */
export async function countCandidates({ store }: Engine, query: OtpQuery): Promise<number> {
  const [row] = await store.query(
    candidates(store, query)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .compile(),
  );
  return Number(row?.count ?? 0);
}

/** While the caller waits. Errors: 905 for too many candidates, 1200, 1610, and those of the vault. */
export async function searchToken(work: Work, query: OtpQuery): Promise<Finding> {
  const { engine } = work;
  const count = await countCandidates(engine, query);
  const tooLong = () => new ApiError("search_too_long", { count });
  if (count > MAX_INLINE) throw tooLong();
  const start = performance.now();
  const found = await walk(engine, query, () => {
    if (performance.now() - start > MAX_WAIT_MS) throw tooLong();
  });
  return { serial: found && (await consume(work, found, query)), count };
}

/** As a job; `count` is known at once. Errors: 1610, 503 when too many jobs run. */
export async function startSearch(work: Work, query: OtpQuery): Promise<{ job: string; count: number }> {
  const { engine, caller } = work;
  const count = await countCandidates(engine, query);
  const run = async ({ signal, progress }: JobControl): Promise<Finding> => {
    progress(0, count);
    const found = await walk(engine, query, (done) => {
      signal.throwIfAborted();
      progress(Math.min(done, count));
    });
    progress(count);
    return { serial: found && (await consume(work, found, query)), count };
  };
  const { id } = engine.jobs.start("getserial", caller?.role === "admin" ? nameAdmin(caller) : "", run);
  work.audit.actionDetail = `job ${id}`;
  return { job: id, count };
}

/** The one token that shows the value. `onSlice` hears how many candidates were looked at, and may throw. Error: 1200. */
async function walk(engine: Engine, query: OtpQuery, onSlice: (done: number) => void): Promise<TokenRecord | null> {
  const { store } = engine;
  const otp = query.otp.trim();
  if (!/^\d{4,10}$/.test(otp)) return null;
  const window = query.window ?? DEFAULT_WINDOW;
  const slice = Math.max(1, Math.floor(SLICE_HMACS / (2 * window)));
  let found: TokenRecord | null = null;
  const broken: string[] = [];
  let done = 0;
  for (let after = 0; ; ) {
    const rows = await store.query(
      candidates(store, query)
        .selectAll("token")
        .where("token.id", ">", after)
        .where("token.otp_length", "=", otp.length)
        .orderBy("token.id")
        .limit(PAGE)
        .compile(),
    );
    for (let at = 0; at < rows.length; at += slice) {
      const tokens = rows.slice(at, at + slice).map((row) => toTokenRecord({ ...row, ...noOwner }));
      const hits = await Promise.all(tokens.map((token) => locate(engine, token, otp, window)));
      broken.push(...tokens.filter((_, index) => hits[index] === "broken").map(({ serial }) => serial));
      const fitting = tokens.filter((_, index) => hits[index] !== null && hits[index] !== "broken");
      if (fitting.length + (found ? 1 : 0) > 1) throw new ApiError("several_tokens_match");
      found ??= fitting[0] ?? null;
      done += tokens.length;
      onSlice(done);
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = last.id;
  }
  // One damaged seed must not hide all the others.
  if (broken.length > 0) {
    const serials = broken.slice(0, 5).join(", ");
    engine.log.warn("seeds that do not open were passed over in a search", { tokens: broken.length, serials });
  }
  return found;
}

async function locate(engine: Engine, token: TokenRecord, otp: string, window: number): Promise<Hit | "broken" | null> {
  const context = { vault: engine.vault, config: engine.systemConfig(), now: engine.now() };
  try {
    return (await findTokenType(token.type)?.locate?.(token, otp, window, context)) ?? null;
  } catch (error) {
    if (error instanceof SealBrokenError) return "broken";
    throw error;
  }
}

/**
 * The value was shown to somebody: it is not good for a log-in any more (rest-api.md 5, item 33). Null: a log-in has used it, or the
 * token is gone, since it was found.
 */
async function consume(work: Work, found: TokenRecord, query: OtpQuery): Promise<string | null> {
  const { store } = work.engine;
  for (let tries = 0; tries < TRIES; tries++) {
    const token = await store.tokenBySerial(found.serial);
    const hit = token && (await locate(work.engine, token, query.otp.trim(), query.window ?? DEFAULT_WINDOW));
    if (!token || !hit || hit === "broken" || hit.counter === undefined) return null;
    Object.assign(work.audit, { serial: token.serial, tokenType: token.type });
    const moved = store.sql
      .updateTable("token")
      .set((eb) => ({ version: eb("version", "+", 1) }))
      .set({ counter: hit.counter })
      .where("id", "=", token.id)
      .where("version", "=", token.version)
      .where("counter", "<", hit.counter)
      .compile();
    if (await work.write([{ query: moved, expect: 1 }], touching(token))) return token.serial;
  }
  throw new ApiError("changed_meanwhile");
}

/** Tokens that have values to compare. Error: 1610 for a type there is not. */
function candidates({ sql: builder }: Store, { type, assigned, unassigned, serial }: OtpQuery) {
  const kinds = tokenKinds.filter((kind) => findTokenType(kind)?.locate);
  const kind = type === undefined ? null : findTokenType(type.trim());
  if (type !== undefined && !kind) throw new ApiError("token_type_unknown", { known: tokenKinds.join(", ") });
  const among = kind ? kinds.filter((each) => each === kind.spec.kind) : kinds;
  const owner = sql`select 1 from token_owner where token_owner.token_id = token.id`;
  const conditions: RawBuilder<SqlBool>[] = [sql`token.key_sealed is not null`];
  if (assigned && !unassigned) conditions.push(sql`exists (${owner})`);
  if (unassigned && !assigned) conditions.push(sql`not exists (${owner})`);
  if (serial !== undefined) conditions.push(sql`instr(lower(token.serial), ${serial.toLowerCase()}) > 0`);
  // The plus: the walk goes by id; by the index of types every slice would sort them all.
  conditions.push(among.length > 0 ? sql`+token.type in (${sql.join(among)})` : sql`1 = 0`);
  return builder.selectFrom("token").where((eb) => eb.and(conditions));
}
