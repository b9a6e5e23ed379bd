// Puts a backup into an empty data directory.
//
//   archive ─> manifest ─> keys ─> seal of the manifest ─> parts, each by its hash ─> keys open the seeds ─> rewind ─> new epoch
//   └──────────────────────────── all of it in DIR/.restoring ────────────────────────────────────────────┘       │
//                                                        keys, files, the database last: moved to their places <──┘
//
// Interrupted anywhere, nothing looks whole: there is no database yet, and a server does not start beside `.restoring`.
import type { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { AuditEntry } from "../core/audit-chain.ts";
import { migrate } from "../store/migrate.ts";
import { migrations } from "../store/migrations/index.ts";
import { lockForEngine } from "../store/process-lock.ts";
import { openDatabase, openStore } from "../store/sqlite-store.ts";
import { readSessionKeys } from "../vault/keys.ts";
import type { Vault } from "../vault/vault.ts";
import { type OpenArchive, openArchive } from "./archive-reader.ts";
import { type KeyFiles, MAX_BUNDLE_BYTES, readKeySource, unpackKeyFiles } from "./key-bundle.ts";
import { ArchiveError, DATABASE, FILES, isSealedBy, KEYS, type Manifest } from "./manifest.ts";
import { openSamples } from "./open-keys.ts";
import { RESTORING, refuseFilled } from "./places.ts";
import { type Rewound, rewind } from "./rewind.ts";
import { syncPath, withStage } from "./whole-file.ts";

export type RestoreStep = "reading the archive" | "checking the database";

export interface RestoreRequest {
  archive: string;
  dataDir: string;
  passphrase: string | undefined;
  /** A file of keys, or a copy of the directory `keys`; null: they are in the archive. */
  keysFrom: string | null;
  /** Opens a key ring that is sealed itself, for the check only. */
  ringPassphrase: string | undefined;
  demandResync: boolean;
  /** The vault of a data directory, under the settings in it. */
  openVault: (dataDir: string) => Promise<Vault>;
  /** Everything but the last step: nothing stays. */
  dryRun: boolean;
  now: () => number;
  /** The row that begins the new epoch of the audit trail. */
  audit: (manifest: Manifest, rewound: Rewound) => AuditEntry;
  progress: (step: RestoreStep, done: number, total: number) => void;
}

export interface RestoreOutcome {
  manifest: Manifest;
  rewound: Rewound;
  /** Seeds that the keys were tried on; null: the ring is sealed, none was. */
  opened: number | null;
}

/**
 * Errors: ArchiveError, KeyBundleError, KeyFileError, StoreInUseError, MigrationError (a newer database), and what the system
 * says. Then nothing stays behind.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreOutcome> {
  const dataDir = resolve(request.dataDir);
  refuseFilled(dataDir);
  const isNew = !existsSync(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockForEngine(join(dataDir, "engine.lock"));
  const stage = join(dataDir, RESTORING);
  let keep = false;
  try {
    rmSync(stage, { recursive: true, force: true });
    return await withStage(stage, async () => {
      const manifest = await unpack(request, stage);
      const vault = await request.openVault(stage);
      const opened = await openSamples(vault, join(stage, DATABASE), manifest.keyIds, request.ringPassphrase);
      const rewound = await bringUpToDate(request, manifest, stage, dataDir);
      if (!request.dryRun) moveIntoPlace(stage, dataDir);
      keep = !request.dryRun;
      return { manifest, rewound, opened };
    });
  } finally {
    unlock();
    if (!keep && isNew) removeEmpty(dataDir);
  }
}

async function unpack(request: RestoreRequest, stage: string): Promise<Manifest> {
  const archive = await openArchive(request.archive);
  try {
    const { manifest } = archive;
    const parts = [...manifest.parts];
    const inside = manifest.keysInside ? await archive.readText(parts.shift() as (typeof parts)[0], MAX_BUNDLE_BYTES) : null;
    writeKeys(stage, await findKeys(request, inside));
    if (!isSealedBy(readSessionKeys(join(stage, "keys")).mac, archive.manifestText, archive.seal))
      throw new ArchiveError("the archive was altered, or these keys are not those of the server that wrote it");
    // From here on the manifest can be believed.
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const { bavail, bsize } = statfsSync(stage);
    if (total > bavail * bsize) throw new ArchiveError(`the backup needs ${total} bytes, and ${bavail * bsize} are free`);
    await extractAll(archive, parts, stage, (done) => request.progress("reading the archive", done, total));
    return manifest;
  } finally {
    await archive.close();
  }
}

async function findKeys({ keysFrom, passphrase }: RestoreRequest, inside: string | null): Promise<KeyFiles> {
  if (keysFrom !== null) return readKeySource(keysFrom, passphrase);
  if (inside !== null) return unpackKeyFiles(inside, passphrase);
  throw new ArchiveError("the archive has no keys inside: name them by --keys");
}

function writeKeys(stage: string, keys: KeyFiles): void {
  for (const [path, bytes] of keys) {
    const file = join(stage, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, bytes, { flag: "wx", mode: 0o600 });
    syncPath(file);
  }
}

async function extractAll(
  archive: OpenArchive,
  parts: Manifest["parts"],
  stage: string,
  progress: (done: number) => void,
): Promise<void> {
  let before = 0;
  for (const part of parts) {
    if (part.name === KEYS) continue;
    const file = join(stage, part.name === DATABASE ? DATABASE : part.name.slice(FILES.length));
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    await archive.extract(part, file, (done) => progress(before + done));
    before += part.bytes;
  }
}

/** Checks and migrates the database, takes account of the time that has passed, and starts a new epoch of every audit chain. */
async function bringUpToDate(request: RestoreRequest, manifest: Manifest, stage: string, dataDir: string): Promise<Rewound> {
  const { now, progress, demandResync } = request;
  const path = join(stage, DATABASE);
  const db = openDatabase(path);
  let nodes: string[];
  let rewound: Rewound;
  try {
    progress("checking the database", 0, 2);
    checkIntegrity(db);
    progress("checking the database", 1, 2);
    migrate(db, migrations, now);
    rewound = rewind(db, { now: now(), demandResync, from: manifest.dataDir, to: dataDir });
    nodes = db
      .query<{ node: string }, []>("SELECT DISTINCT node FROM audit_chain")
      .all()
      .map(({ node }) => node);
  } finally {
    db.close();
  }
  // Rows of the old epochs that the lost time wrote are in checkpoints elsewhere: no chain may give their numbers out again.
  for (const node of new Set([...nodes, manifest.node])) {
    const store = openStore({ path, node, exclusive: true, newEpoch: true, now });
    if (node === manifest.node)
      await store.commit({ kind: "write", statements: [], touches: ["none"], audit: request.audit(manifest, rewound) });
    await store.close();
  }
  progress("checking the database", 2, 2);
  return rewound;
}

function checkIntegrity(db: Database): void {
  const [found] = db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
  if (found?.quick_check !== "ok") throw new ArchiveError(`the database of the backup is damaged: ${found?.quick_check ?? ""}`);
}

/** Keys first, the database last: a server refuses to start on keys without a database. */
const ORDER = new Map([
  ["keys", 0],
  [DATABASE, 2],
]);

function moveIntoPlace(stage: string, dataDir: string): void {
  const rank = (name: string) => ORDER.get(name) ?? 1;
  const names = readdirSync(stage).filter((name) => !/^(engine\.lock|ostiary\.db-)/.test(name));
  for (const name of names.sort((a, b) => rank(a) - rank(b))) {
    syncPath(join(stage, name));
    renameSync(join(stage, name), join(dataDir, name));
    syncPath(dataDir);
  }
}

/** A directory that this restore made, if nothing but its lock is in it. */
function removeEmpty(dataDir: string): void {
  for (const name of ["engine.lock", "engine.lock-journal"]) rmSync(join(dataDir, name), { force: true });
  if (readdirSync(dataDir).length === 0) rmdirSync(dataDir);
}
