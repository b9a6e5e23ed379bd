// Sessions that users ended before their hour was over (table user_logout). Tokens are checked without a table, so what is left to
// know is small: the moment of each person's last log-out within the longest life of a session.
//
// Cache. Key: resolver and user id. Bound: the persons who ended their sessions within KEEP_MS. Lifetime: KEEP_MS, or the process;
// read again at its start. Written through by end(); what other processes write comes by reload() (services/configuration.ts).
import type { Statement, Store } from "../store/store.ts";

/** Longer than a session lives, with the difference of clocks between nodes. */
export const KEEP_MS = 2 * 3_600_000;

interface Person {
  resolver: string;
  userId: string;
}

export interface EndedSessions {
  /** A session made at `since` (milliseconds since 1970) was ended. */
  isOver(person: Person, since: number): boolean;
  /** What to store, with the audit row of the call, so that sessions made up to `at` are over; then `note` it. */
  statements(person: Person, at: number): Statement[];
  note(person: Person, at: number): void;
  reload(): Promise<void>;
}

const keyOf = ({ resolver, userId }: Person) => `${resolver}\0${userId}`;

export async function openEndedSessions(store: Store, now: () => number): Promise<EndedSessions> {
  let ended = new Map<string, number>();

  const keepLatest = (map: Map<string, number>, key: string, at: number) => map.set(key, Math.max(at, map.get(key) ?? 0));

  async function reload(): Promise<void> {
    const since = now() - KEEP_MS;
    const query = store.sql.selectFrom("user_logout").selectAll().where("ended_at", ">", since).compile();
    const rows = await store.query(query);
    // Nothing is ever un-ended: what was noted while the table was read stays.
    const next = new Map([...ended].filter(([, at]) => at > since));
    for (const row of rows) keepLatest(next, keyOf({ resolver: row.resolver, userId: row.user_id }), row.ended_at);
    ended = next;
  }
  await reload();

  return {
    isOver: (person, since) => since <= (ended.get(keyOf(person)) ?? Number.NEGATIVE_INFINITY),

    statements({ resolver, userId }, at) {
      const { sql } = store;
      const prune = sql
        .deleteFrom("user_logout")
        .where("ended_at", "<=", at - KEEP_MS)
        .compile();
      const end = sql
        .insertInto("user_logout")
        .values({ resolver, user_id: userId, ended_at: at })
        .onConflict((conflict) =>
          conflict.columns(["resolver", "user_id"]).doUpdateSet({ ended_at: at }).where("user_logout.ended_at", "<", at),
        )
        .compile();
      return [{ query: prune }, { query: end }];
    },

    note: (person, at) => void keepLatest(ended, keyOf(person), at),
    reload,
  };
}
