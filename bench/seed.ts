// A data directory of a big site, for benches and for the test at full size: users in passwd files, tokens whose seeds are really
// sealed, an audit trail signed by the directory's own key, and its index. Made once, used again: what is there is taken as it is.
//
//   bun bench/seed.ts --data DIR [--tokens 1000000] [--users 200000] [--rows 10000000]
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { databasePath, keysPath } from "../engine/assemble.ts";
import { createDataDirectory } from "../engine/cli/data-directory.ts";
import { loadSettings } from "../engine/config.ts";
import { parseRing } from "../engine/vault/key-ring.ts";
import { readRingFile } from "../engine/vault/keys.ts";
import { adminName, adminPassword, startServer } from "../test/kit/start-server.ts";
import { fillIndex, fillTrail } from "./audit-rows.ts";
import { fillTokens } from "./seed-tokens.ts";
import { seedUsers } from "./seed-users.ts";

export interface SeedSizes {
  tokens: number;
  users: number;
  rows: number;
}

/** The PIN of every token that has one. */
export const seededPin = "1234";

/** Makes the directory unless it is there with the same sizes; throws if it is there with others. `tell` hears how far it is. */
export async function seed({ dataDir, ...sizes }: SeedSizes & { dataDir: string }, tell = tellError): Promise<void> {
  const mark = join(dataDir, "seed.json");
  if (existsSync(mark)) {
    const { tokens, users, rows } = JSON.parse(readFileSync(mark, "utf8")) as SeedSizes;
    if (tokens === sizes.tokens && users === sizes.users && rows === sizes.rows) return;
    throw new Error(`${dataDir} holds ${tokens} tokens, ${users} users and ${rows} audit rows: name another directory`);
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const settings = loadSettings({ dataDir, env: {}, flags: [] });
  await createDataDirectory(dataDir, settings, { username: adminName, password: adminPassword });
  const server = await startServer({ dataDir });
  try {
    await seedUsers(server, sizes.users);
  } finally {
    await server.stop({ keep: true });
  }
  fillDatabase(dataDir, settings["node.name"], sizes, tell);
  fillIndex(databasePath(dataDir), (left) => tell(`audit index: ${left} blocks left`));
  writeFileSync(mark, JSON.stringify({ ...sizes, madeAt: new Date().toISOString() }));
}

/** Without waiting for the disk: a directory that is not finished has no mark and is of no use. */
function fillDatabase(dataDir: string, node: string, { tokens, users, rows }: SeedSizes, tell: (text: string) => void): void {
  const ring = parseRing(readRingFile(keysPath(dataDir)).text);
  const pinHash = Bun.password.hashSync(seededPin, { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 });
  const db = new Database(databasePath(dataDir), { readwrite: true });
  try {
    for (const pragma of ["synchronous = OFF", "cache_size = -1048576"]) db.run(`PRAGMA ${pragma}`);
    fillTokens(db, ring, { tokens, users, pinHash }, (done) => tell(`tokens: ${done} of ${tokens}`));
    fillTrail(db, node, rows, ring.audit, (done) => tell(`audit rows: ${done} of ${rows}`));
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

let lastTold = 0;

/** A line every two seconds. */
function tellError(text: string): void {
  if (performance.now() - lastTold < 2000) return;
  lastTold = performance.now();
  console.error(`seeding: ${text}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      tokens: { type: "string", default: "1000000" },
      users: { type: "string", default: "200000" },
      rows: { type: "string", default: "10000000" },
    },
  });
  if (values.data === undefined) throw new Error("usage: bun bench/seed.ts --data DIR [--tokens N] [--users N] [--rows N]");
  const begun = performance.now();
  await seed({
    dataDir: values.data,
    tokens: Number(values.tokens),
    users: Number(values.users),
    rows: Number(values.rows),
  });
  console.error(`${values.data}: ready after ${Math.round((performance.now() - begun) / 1000)} s`);
}
