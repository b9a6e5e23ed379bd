// A restored database believes that no time has passed since the backup. This puts right what can be put right, in one transaction:
//
//   tokens whose counter follows the clock   every value shown until now is refused
//   tokens that count presses                their counter is lost: said, and on demand refused until a resync
//   sessions                                 those of administrators and token owners made before now have ended
//   paths in the old data directory          lead to the same files in the new one
import type { Database } from "bun:sqlite";
import { randomInt } from "node:crypto";
import { type RecordRow, toTokenRecord } from "../store/token-record.ts";
import { runInWriteTransaction } from "../store/write-lock.ts";
import { findTokenType } from "../tokens/registry.ts";
import { RESYNC_DEMANDED } from "../tokens/type.ts";

export interface RewindRequest {
  /** milliseconds since 1970 */
  now: number;
  demandResync: boolean;
  /** Where the data were and where they will be; both absolute. */
  from: string;
  to: string;
}

export interface Rewound {
  /** Tokens whose counter was moved up to now. */
  movedOn: number;
  /** Tokens whose counter is lost. */
  lost: number;
  /** API keys that are valid as far as the backup knows. */
  apiKeys: number;
  movedPaths: number;
}

const SLICE = 5000;

export function rewind(db: Database, { now, demandResync, from, to }: RewindRequest): Rewound {
  return runInWriteTransaction(db, () => {
    const counted = rewindTokens(db, now, demandResync);
    // Random, so that it is none that the lost time gave out.
    for (const { username } of db.query<{ username: string }, []>("SELECT username FROM admin").all())
      db.run("UPDATE admin SET generation = ? WHERE username = ?", [randomInt(2 ** 47, 2 ** 48 - 1), username]);
    db.run(
      `INSERT INTO user_logout (resolver, user_id, ended_at) SELECT DISTINCT resolver, user_id, ? FROM token_owner WHERE true
       ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at`,
      [now],
    );
    const valid = "SELECT count(*) AS n FROM api_key WHERE revoked_at IS NULL AND expires_at > ?";
    return {
      ...counted,
      apiKeys: db.query<{ n: number }, [number]>(valid).get(now)?.n ?? 0,
      movedPaths: movePaths(db, from, to),
    };
  });
}

function rewindTokens(db: Database, now: number, demandResync: boolean): Pick<Rewound, "movedOn" | "lost"> {
  const moveOn = db.prepare("UPDATE token SET counter = ?1, version = version + 1 WHERE id = ?2 AND counter < ?1");
  const demand = db.prepare(
    "UPDATE token SET rollout_state = ?, version = version + 1 WHERE id = ? AND rollout_state IN ('', 'enrolled')",
  );
  const slice = db.prepare<RecordRow, [number]>(
    `SELECT *, NULL AS resolver, NULL AS user_id, NULL AS realm FROM token WHERE id > ? ORDER BY id LIMIT ${SLICE}`,
  );
  const counted = { movedOn: 0, lost: 0 };
  for (let rows = slice.all(0); rows.length > 0; rows = slice.all(rows.at(-1)?.id ?? 0)) {
    for (const row of rows) {
      const kept = findTokenType(row.type)?.afterRestore?.(toTokenRecord(row), now);
      if (kept === "lost") {
        counted.lost += 1;
        if (demandResync) demand.run(RESYNC_DEMANDED, row.id);
      } else if (kept) counted.movedOn += moveOn.run(kept.counter, row.id).changes;
    }
  }
  return counted;
}

/** Resolvers name their files absolutely. */
function movePaths(db: Database, from: string, to: string): number {
  if (from === to) return 0;
  const inside = `${from}/`;
  return db.run("UPDATE resolver_config SET value = ? || substr(value, ?) WHERE type <> 'password' AND substr(value, 1, ?) = ?", [
    `${to}/`,
    inside.length + 1,
    inside.length,
    inside,
  ]).changes;
}
