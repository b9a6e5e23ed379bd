// Makes a backup of a data directory beside a running server or without one.
//
//   files of the directory ─┐
//   checkpoints ────────────┼─> stage (a directory beside the archive) ─hash─> manifest, sealed ─> archive ─> stage is gone
//   copy of the database ───┘                                                     ^
//   key files ── sealed by a passphrase, in memory ───────────────────────────────┘
//
// Key files in the clear and the database never lie in one place: they go into the archive sealed, elsewhere, or not at all.
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { copyDatabase } from "../store/snapshot.ts";
import { type Member, writeArchive } from "./archive-writer.ts";
import { DATABASE, FILES, FORMAT, KEYS, MANIFEST, type Manifest, type Part, SEAL, sealedText } from "./manifest.ts";
import { findPathFault } from "./part-path.ts";
import { isInside } from "./places.ts";
import { readFacts } from "./snapshot-facts.ts";
import { withStage } from "./whole-file.ts";

export type BackupStep = "copying the database" | "writing the archive";

export interface BackupRequest {
  dataDir: string;
  /** The archive; its directory exists. */
  target: string;
  /** Sealed by a passphrase; null: the keys are not inside. */
  keys: string | null;
  /** Files and directories of the data directory that are keys: they never go in with the rest. */
  keyPaths: readonly string[];
  /** The settings file where it is not `ostiary.toml` in the data directory. */
  settingsFile: string | null;
  checkpointFile: string;
  release: string;
  node: string;
  /** milliseconds since 1970 */
  now: number;
  /** HMAC under the session key. */
  seal: (text: Uint8Array) => Promise<Uint8Array>;
  progress: (step: BackupStep, done: number, total: number) => void;
}

export interface BackupOutcome {
  manifest: Manifest;
  bytes: number;
  /** What lies in the data directory and is not in the archive: links, sockets, names that no archive can hold, what vanished meanwhile. */
  leftOut: string[];
}

/** Files of the database, of its locks, and of the index that is made anew from it; the archive has a copy of the database instead. */
const OWN = /^((ostiary|audit-index)\.db(-wal|-shm|-journal)?|engine\.lock(-journal)?|\.restoring)$/;

/** Errors: StoreUnavailableError, and what the system says (disk full, EEXIST for `target`). Nothing is left behind then. */
export async function makeBackup(request: BackupRequest): Promise<BackupOutcome> {
  const stage = join(dirname(request.target), `.ostiary-backup-${randomBytes(4).toString("hex")}`);
  return withStage(stage, () => fillArchive(request, stage));
}

async function fillArchive(request: BackupRequest, stage: string): Promise<BackupOutcome> {
  const { dataDir, target, keys, now } = request;
  const members: Member[] = [];
  if (keys !== null) members.push({ name: KEYS, bytes: Buffer.byteLength(keys), source: Buffer.from(keys) });
  // The checkpoints first: what they state is in the database that is copied after them.
  const { files, leftOut } = listFiles(request);
  for (const [index, { path, file }] of files.entries()) {
    const member = copyInto(stage, `${FILES}${path}`, file, index);
    if (member) members.push(member);
    else leftOut.push(path);
  }
  const copy = join(stage, DATABASE);
  await copyDatabase(join(dataDir, DATABASE), copy, (done, total) => request.progress("copying the database", done, total));
  members.push({ name: DATABASE, bytes: statSync(copy).size, source: { file: copy } });

  const manifest: Manifest = {
    format: FORMAT,
    release: request.release,
    node: request.node,
    madeAt: now,
    dataDir: resolve(dataDir),
    ...readFacts(copy),
    keysInside: keys !== null,
    parts: await Promise.all(members.map(describePart)),
  };
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  const seal = (await request.seal(sealedText(text))).toHex();
  const first = [
    { name: MANIFEST, bytes: Buffer.byteLength(text), source: Buffer.from(text) },
    { name: SEAL, bytes: seal.length, source: Buffer.from(seal) },
  ];
  const all = [...first, ...members];
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  await writeArchive(target, join(stage, "archive"), all, now, (done) => request.progress("writing the archive", done, total));
  return { manifest, bytes: statSync(target).size, leftOut };
}

async function describePart({ name, bytes, source }: Member): Promise<Part> {
  const hash = new Bun.CryptoHasher("sha256");
  if (source instanceof Uint8Array) hash.update(source);
  else for await (const chunk of Bun.file(source.file).stream()) hash.update(chunk);
  return { name, bytes, sha256: hash.digest("hex") };
}

/** A copy, because a file may grow or change between its hash and its way into the archive. Null: it is gone meanwhile. */
function copyInto(stage: string, name: string, file: string, index: number): Member | null {
  const copy = join(stage, String(index));
  try {
    copyFileSync(file, copy);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fault;
  }
  return { name, bytes: statSync(copy).size, source: { file: copy } };
}

interface Found {
  files: { path: string; file: string }[];
  leftOut: string[];
}

/** Everything of the data directory but database, locks and keys; settings and checkpoints also from elsewhere. */
function listFiles({ dataDir, keyPaths, settingsFile, checkpointFile }: BackupRequest): Found {
  const found: Found = { files: [], leftOut: [] };
  const elsewhere = [
    { path: "ostiary.toml", file: settingsFile },
    { path: "audit-checkpoints.jsonl", file: isInside(dataDir, checkpointFile) ? null : checkpointFile },
  ];
  for (const { path, file } of elsewhere) if (file !== null && existsSync(file)) found.files.push({ path, file });
  const taken = new Set(found.files.map(({ path }) => path));
  const walk = (directory: string) => {
    for (const name of readdirSync(join(dataDir, directory)).sort()) {
      const path = directory === "" ? name : `${directory}/${name}`;
      if (OWN.test(path) || keyPaths.includes(path) || taken.has(path)) continue;
      const file = join(dataDir, path);
      const kind = lstatSync(file);
      if (kind.isDirectory()) walk(path);
      else if (kind.isFile() && findPathFault(path) === null) found.files.push({ path, file });
      else found.leftOut.push(path);
    }
  };
  walk("");
  // Before the database is copied, the checkpoints before all others.
  found.files.sort((a, b) => Number(b.path.endsWith(".jsonl")) - Number(a.path.endsWith(".jsonl")));
  return found;
}
