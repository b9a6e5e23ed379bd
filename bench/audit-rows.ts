// A long audit trail for measuring: rows of a site with many users, with a chain that holds and signatures that fit (seed.ts).
import { Database } from "bun:sqlite";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createFeeder } from "../engine/audit/feed.ts";
import { indexPath, openIndexForWriting } from "../engine/audit/index-file.ts";
import { type AuditEntry, encodeAuditStatement } from "../engine/core/audit-chain.ts";
import { openAuditLog } from "../engine/store/audit-log.ts";
import { migrate } from "../engine/store/migrate.ts";
import { migrations } from "../engine/store/migrations/index.ts";
import { openDatabase } from "../engine/store/sqlite-store.ts";

const users = 200_000;
const rowsOfSignature = 500;
const groupRows = 20_000;

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;

/** The same row for the same number, so that a measurement knows what it must find. */
export function makeEntry(number: number, startedAt: number): AuditEntry {
  // A multiplicative hash spreads the users over the trail.
  const mixed = Math.imul(number, 0x9e3779b1) >>> 0;
  const user = mixed % users;
  const kind = mixed % 100;
  const login = kind < 90;
  const success = mixed % 13 !== 0;
  return {
    startedAt,
    duration: 800 + (mixed % 5000),
    action: login ? "POST /validate/check" : pick(["POST /auth", "GET /token", "GET /audit", "POST /token/init"], kind),
    success,
    serial: login ? `TOTP${String(user).padStart(8, "0")}` : null,
    tokenType: login ? pick(["totp", "hotp", "totp"], user) : null,
    user: login ? `user${user}` : null,
    realm: login ? `realm${user % 10}` : null,
    resolver: login ? `ldap${user % 10}` : null,
    administrator: login ? null : pick(["admin", "helpdesk", "anna"], kind),
    actionDetail: null,
    info: success ? "matching 1 tokens" : "wrong otp value",
    client: `10.0.${mixed % 3}.${user % 250}`,
    policies: null,
  };
}

/**
 * Appends rows, 8 ms apart and ending now, to the chain of `node` in a database that nobody else has open; signed by the key of the
 * data directory, so that "audit verify" proves them.
 */
export function fillTrail(db: Database, node: string, rows: number, audit: KeyObject, progress = (_done: number) => {}): void {
  const log = openAuditLog(db, { node, exclusive: true, newEpoch: false, now: Date.now });
  const batch = db.prepare("INSERT INTO audit_batch (chain, seq, hash, signed_at, signature) VALUES (?, ?, ?, ?, ?)");
  const begin = Date.now() - rows * 8;
  for (let from = 1; from <= rows; from += groupRows) {
    db.transaction(() => {
      log.begin();
      for (let number = from; number < Math.min(from + groupRows, rows + 1); number += 1) {
        const entry = makeEntry(number, begin + number * 8);
        log.append(entry);
        if (number % rowsOfSignature !== 0 && number !== rows) continue;
        log.save();
        log.settle();
        const { chain, node, epoch, seq, hash } = log.head();
        const statement = { node, epoch, chain, seq, hash, at: entry.startedAt };
        batch.run(chain, seq, hash, statement.at, sign(null, encodeAuditStatement(statement), audit));
      }
      log.save();
    })();
    log.settle();
    progress(Math.min(from + groupRows - 1, rows));
  }
}

/** DIR/ostiary.db with nothing but a trail; nobody has the key of its signatures. */
export function makeTrail(directory: string, rows: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const db = openDatabase(join(directory, "ostiary.db"));
  migrate(db, migrations, Date.now);
  fillTrail(db, "node1", rows, generateKeyPairSync("ed25519").privateKey);
  db.close();
}

/** The index of searches over it, which a server would make by and by. */
export function fillIndex(databasePath: string, progress: (left: number) => void): void {
  const db = new Database(databasePath, { readonly: true });
  const index = openIndexForWriting(indexPath(databasePath));
  const feeder = createFeeder(db, index);
  for (let left = 1; left > 0; progress(left)) ({ left } = feeder.feed(20));
  index.close();
  db.close();
}
