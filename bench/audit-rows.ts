// A long audit trail for measuring: rows of a site with many users, with a chain that holds and signatures that fit.
//   bun bench/audit-rows.ts DIR ROWS        makes DIR/ostiary.db and DIR/audit.pub (10,000,000 rows: 2 minutes, 2.5 GB)
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AuditEntry, encodeAuditStatement, linkAuditRow } from "../engine/core/audit-chain.ts";
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

/** Rows are 8 ms apart and end now. */
export function makeTrail(directory: string, rows: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const db = openDatabase(join(directory, "ostiary.db"));
  migrate(db, migrations, Date.now);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(directory, "audit.pub"), publicKey.export({ type: "spki", format: "pem" }));
  const { chain, node, epoch, hash } = openAuditLog(db, {
    node: "node1",
    exclusive: true,
    newEpoch: false,
    now: Date.now,
  }).head();
  const insert = db.prepare("INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const batch = db.prepare("INSERT INTO audit_batch VALUES (?, ?, ?, ?, ?)");
  const begin = Date.now() - rows * 8;
  let previous = hash;
  for (let from = 1; from <= rows; from += groupRows) {
    db.transaction(() => {
      for (let seq = from; seq < Math.min(from + groupRows, rows + 1); seq += 1) {
        const e = makeEntry(seq, begin + seq * 8);
        previous = linkAuditRow(previous, seq, e);
        const place = [e.serial, e.tokenType, e.user, e.realm, e.resolver, e.administrator, e.actionDetail, e.info, e.client];
        insert.run(chain, seq, e.startedAt, e.duration, e.action, e.success ? 1 : 0, ...place, e.policies, previous);
        if (seq % rowsOfSignature !== 0 && seq !== rows) continue;
        const statement = { node, epoch, chain, seq, hash: previous, at: e.startedAt };
        batch.run(chain, seq, previous, statement.at, sign(null, encodeAuditStatement(statement), privateKey));
      }
    })();
  }
  db.query("UPDATE audit_chain SET head_seq = ?, head_hash = ? WHERE id = ?").run(rows, previous, chain);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

if (import.meta.main) {
  const [directory, rows] = process.argv.slice(2);
  if (directory === undefined || !(Number(rows) > 0)) throw new Error("usage: bun bench/audit-rows.ts DIR ROWS");
  makeTrail(directory, Number(rows));
}
