// What the start page of administrators shows (D04). Everything is counted in a reader worker: a log-in waits for none of it, and
// leaves no figure of its own behind that it would have to pay for.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import { sql } from "kysely";
import type { Histogram } from "../core/histogram.ts";
import { STEPS } from "../login/steps.ts";
import type { Engine } from "./engine.ts";

const HOUR_MS = 3_600_000;
/** Rows that are looked at: a tenth of a second of a reader. */
const MOST_ROWS = 200_000;
const MOST_LINES = 8;
/** Log-ins of others, and those to this API. */
const LOGIN_ACTIONS = ["POST /validate/check", "GET /validate/check", "POST /auth", "GET /auth"];

/** @param hours whole hours, the one that runs among them */
export async function countLogins(hours: number, { store, steps, now }: Engine): Promise<ValueOf<Catalogue["overviewLogins"]>> {
  const wanted = (Math.floor(now() / HOUR_MS) - hours + 1) * HOUR_MS;
  const first = sql`(select coalesce(max(id), 0) - ${MOST_ROWS} from audit)`;
  const logins = sql`select * from audit where id > ${first} and started_at >= ${wanted} and action in (${sql.join(LOGIN_ACTIONS)})`;
  const run = <Row>(query: ReturnType<typeof sql<Row>>) => store.query<Row>(query.compile(store.sql));
  const [byHour, reasons, users, oldest] = await Promise.all([
    run(
      sql<{
        hour: number;
        success: number;
        n: number;
      }>`select started_at / ${HOUR_MS} as hour, success, count(*) as n from (${logins}) group by 1, 2`,
    ),
    run(
      sql<{
        info: string;
        count: number;
      }>`select coalesce(info, '') as info, count(*) as count from (${logins}) where success = 0 group by 1 order by 2 desc, 1 limit ${MOST_LINES}`,
    ),
    run(
      sql<{
        user: string;
        realm: string;
        count: number;
      }>`select "user", coalesce(realm, '') as realm, count(*) as count from (${logins}) where success = 0 and "user" <> '' group by 1, 2 order by 3 desc, 1, 2 limit ${MOST_LINES}`,
    ),
    run(
      sql<{
        cut: number;
        since: number | null;
      }>`select exists (select 1 from audit where id <= ${first}) as cut, (select started_at from audit where id > ${first} order by id limit 1) as since`,
    ),
  ]);
  const complete = !oldest[0]?.cut || (oldest[0].since ?? wanted) < wanted;
  const since = complete ? wanted : (oldest[0]?.since ?? wanted);
  const counted = new Map(byHour.map(({ hour, success, n }) => [`${hour}/${success}`, n]));
  return {
    since,
    complete,
    hours: Array.from({ length: hours }, (_, index) => wanted + index * HOUR_MS).map((start) => ({
      start,
      accepted: counted.get(`${start / HOUR_MS}/1`) ?? 0,
      refused: counted.get(`${start / HOUR_MS}/0`) ?? 0,
    })),
    reasons,
    users,
    steps: STEPS.map((step) => ({ step, ...summarize(steps.histograms[step]) })),
  };
}

/** The 95th of a hundred lies at or below the bound of its bucket; beyond the last bound nobody knows more than that bound. */
export function summarize({ bounds, buckets, sum, count }: Histogram): { count: number; mean: number; slow: number } {
  if (count === 0) return { count, mean: 0, slow: 0 };
  let below = 0;
  let bucket = 0;
  while (bucket < bounds.length) {
    below += buckets[bucket] ?? 0;
    if (below >= count * 0.95) break;
    bucket++;
  }
  return { count, mean: sum / count, slow: bounds[bucket] ?? bounds.at(-1) ?? 0 };
}

/** One walk over the index of types, one over that of disabled tokens, one over the tokens. */
export async function countTokens({ store }: Engine): Promise<ValueOf<Catalogue["overviewTokens"]>> {
  const types = store.query<{ type: string; count: number }>(
    sql<{ type: string; count: number }>`select type, count(*) as count from token group by type order by 2 desc, 1`.compile(
      store.sql,
    ),
  );
  const states = store.query<States>(
    sql<States>`select coalesce(sum(active = 0), 0) as disabled, coalesce(sum(fail_count >= max_fail and max_fail > 0), 0) as exhausted,
      coalesce(sum(revoked), 0) as revoked,
      coalesce(sum(not exists (select 1 from token_owner where token_owner.token_id = token.id)), 0) as unassigned from token`.compile(
      store.sql,
    ),
  );
  const [byType, [state]] = await Promise.all([types, states]);
  return {
    count: byType.reduce((sum, { count }) => sum + count, 0),
    types: byType,
    ...(state ?? { disabled: 0, exhausted: 0, revoked: 0, unassigned: 0 }),
  };
}

interface States {
  disabled: number;
  exhausted: number;
  revoked: number;
  unassigned: number;
}
