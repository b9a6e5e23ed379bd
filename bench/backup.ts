// What a backup does to log-ins: HOTP log-ins with and without `ostiary backup` beside them, in rounds that take turns; how long the
// log of the database gets meanwhile, and how long backup and restore take.
//
//   bun bench/backup.ts [--tokens 100000] [--rows 1500000] [--rounds 3] [--connections 64]
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LoadResult, runLoad } from "./load.ts";
import { readCpuMicros } from "./machine.ts";
import { makeLogins } from "./otps.ts";
import { compareRounds, takeMedian, writeReport } from "./report.ts";
import { enrolTokens, restartScratch, startScratch } from "./setup.ts";

const { values } = parseArgs({
  options: {
    tokens: { type: "string", default: "100000" },
    rows: { type: "string", default: "1500000" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
  },
});
const [tokens, rows, rounds, connections] = [values.tokens, values.rows, values.rounds, values.connections].map(Number) as [
  number,
  number,
  number,
  number,
];
const USERS = 2000;
const LOGINS_PER_USER = 30;
const users = Array.from({ length: USERS }, (_, n) => n);
const room = mkdtempSync(join(tmpdir(), "ostiary-bench-backup-"));
const ostiary = (...args: string[]) => [process.execPath, join(import.meta.dir, "..", "engine", "main.ts"), ...args];

interface Round extends LoadResult {
  cpuMicros: number;
  longestLog: number;
}

let server = await startScratch(USERS);
try {
  await enrolTokens(server, [{ kind: "hotp", users }]);
  await server.stop({ keep: true });
  fill(join(server.dataDir, "ostiary.db"));
  server = await restartScratch(server);
  const bytes = statSync(join(server.dataDir, "ostiary.db")).size;
  let from = 0;
  const logIn = async (): Promise<Round> => {
    const bodies = makeLogins({ users, kind: "hotp", loginsPerUser: LOGINS_PER_USER, from });
    from += LOGINS_PER_USER;
    let longestLog = 0;
    const watch = setInterval(() => {
      longestLog = Math.max(longestLog, statSync(join(server.dataDir, "ostiary.db-wal")).size);
    }, 50);
    const before = readCpuMicros(server.pid);
    const result = await runLoad({ port: server.port, connections, bodies, expect: "true" });
    clearInterval(watch);
    return { ...result, cpuMicros: (readCpuMicros(server.pid) - before) / result.requests, longestLog };
  };
  await logIn();
  const [quiet, busy, seconds]: [Round[], Round[], number[]] = [[], [], []];
  let archive = "";
  for (let round = 0; round < rounds; round += 1) {
    quiet.push(await logIn());
    archive = join(room, `${round}.tar.gz`);
    const started = performance.now();
    const child = Bun.spawn(ostiary("backup", "--data", server.dataDir, "--to", archive, "--without-keys"), { stdout: "ignore" });
    const ended = child.exited.then((code) => {
      if (code !== 0) throw new Error(`backup ended with ${code}`);
      seconds.push((performance.now() - started) / 1000);
    });
    busy.push(await logIn());
    await ended;
  }
  const started = performance.now();
  const restore = ostiary("restore", "--from", archive, "--data", join(room, "restored"), "--keys", join(server.dataDir, "keys"));
  if ((await Bun.spawn(restore, { stdout: "ignore" }).exited) !== 0) throw new Error("restore failed");
  const restoreSeconds = (performance.now() - started) / 1000;
  const median = (from: Round[], key: "perSecond" | "p99" | "max" | "cpuMicros" | "longestLog") =>
    takeMedian(from.map((one) => one[key]));
  const [p99, againstP99] = [median(busy, "p99"), median(quiet, "p99")];
  await writeReport({
    bench: "backup",
    hashCost: "no PIN",
    settings: {
      tokens,
      rows,
      rounds,
      connections,
      databaseMiB: Math.round(bytes / 2 ** 20),
      archiveMiB: Math.round(statSync(archive).size / 2 ** 20),
      backupSeconds: seconds,
      loadSeconds: busy.map((one) => one.seconds),
      restoreSeconds,
      longestLogMiB: { withBackup: median(busy, "longestLog") / 2 ** 20, without: median(quiet, "longestLog") / 2 ** 20 },
      slowestMs: { withBackup: median(busy, "max"), without: median(quiet, "max") },
      refused: busy.reduce((sum, one) => sum + one.requests - one.good, 0),
    },
    rows: [
      {
        claim: "HOTP while a backup is made",
        against: "without one",
        ...compareRounds(busy, quiet),
        ratio: p99 / againstP99,
        target: "p99 <= 3",
        met: p99 / againstP99 <= 3,
      },
    ],
  });
} finally {
  await server.stop();
  rmSync(room, { recursive: true, force: true });
}

/** More tokens and audit rows, of the size of real ones, straight into the file: neither opens nor verifies. */
function fill(path: string): void {
  const db = new Database(path);
  db.run("PRAGMA synchronous = OFF");
  db.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tokens})
     INSERT INTO token (serial, type, key_sealed, pin_hash, created_at)
     SELECT 'FILL' || i, 'spass', NULL, hex(randomblob(48)), 0 FROM n`,
  );
  db.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
     INSERT INTO audit (chain, seq, started_at, duration, action, success, serial, token_type, "user", realm, resolver, info, client, hash)
     SELECT 999, i, 1790000000000 + i, 2000, 'POST /validate/check', 1, 'FILL' || (i % ${tokens}), 'hotp', 'u' || (i % 5000), 'bench', 'bench',
            'matching 1 tokens', '10.0.0.' || (i % 250), randomblob(32) FROM n`,
  );
  db.close();
}
