// Damage of the database's files, looked for before the engine opens them: SQLite itself notices a broken page only when it
// comes across it, and a broken log not at all.
//
// The log (sqlite.org/fileformat2.html#walformat) is a header and frames, each with a checksum that goes on from the one before:
//
//   header  frame 0   frame 1  x frame 2 x   frame 3   frame 4
//                              what SQLite takes for the end: a power cut in the middle of a write looks like this
//
// It drops the rest without a word, and with it log-ins that were answered: their one-time values would be good again. A cut
// leaves nothing behind the place, so a whole commit (the last frame of a transaction, which says how large the database is) behind
// it tells damage from a cut. Frames without a commit are what a transaction left that was rolled back, as on a full disk.
// (Writes that the disk turned round in a cut look like damage; then a person decides.) Of a damaged last commit nothing can be
// told here: the checkpoints of the audit trail tell of it (audit/rollback.ts).
import type { Database } from "bun:sqlite";
import { existsSync, readFileSync, statSync } from "node:fs";
import { StoreUnavailableError } from "./store.ts";

const HEADER = 32;
const FRAME_HEAD = 24;
/** Larger files would hold the start up (0.1 s for this one). */
const MAX_CHECKED = 64 * 1024 * 1024;
const MAX_LOG = 1024 * 1024 * 1024;

export const DAMAGE_ADVICE = "Stop the server, keep a copy of ostiary.db and ostiary.db-wal as they are, and restore the backup.";

/** Error: StoreUnavailableError if the log beside the database at `path` is damaged before its end. Nobody may write it now. */
export function refuseDamagedLog(path: string): void {
  const file = `${path}-wal`;
  if (!existsSync(file) || statSync(file).size > MAX_LOG || !isBrokenInside(readFileSync(file))) return;
  throw new StoreUnavailableError(
    `${file} is damaged: log-ins that were answered stand behind the damage and would be forgotten, so that their one-time values would be good again. ${DAMAGE_ADVICE} To go on without them instead, move ostiary.db-wal away.`,
  );
}

/** It is looked through when it is opened; a larger one by damage-search.ts. */
export const isCheckedAtOnce = (path: string) => statSync(path).size <= MAX_CHECKED;

/** Error: StoreUnavailableError if SQLite finds the structure of a database of up to 64 MiB broken. */
export function refuseDamagedPages(db: Database, path: string): void {
  if (!isCheckedAtOnce(path)) return;
  const [found] = db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
  if (found?.quick_check === "ok") return;
  throw new StoreUnavailableError(`${path} is damaged: ${(found?.quick_check ?? "").replaceAll("\n", " ")}. ${DAMAGE_ADVICE}`);
}

/** Is there a whole commit of the same log behind a frame that is not whole? */
export function isBrokenInside(log: Uint8Array): boolean {
  if (log.length < HEADER) return false;
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const littleEndian = view.getUint32(0) === 0x377f0682;
  const headerIsWhole = sumOf(view, [[0, 24]], 0n, littleEndian) === view.getBigUint64(24);
  // A header that is not whole may lie about both.
  const sizes = headerIsWhole ? [view.getUint32(8)] : [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
  const orders = headerIsWhole ? [littleEndian] : [true, false];
  return sizes.some((pageSize) => orders.some((order) => breaksOff(view, pageSize, order, headerIsWhole)));
}

function breaksOff(view: DataView, pageSize: number, littleEndian: boolean, headerIsWhole: boolean): boolean {
  let broken = !headerIsWhole;
  const salts = (at: number) => view.getBigUint64(at);
  /** Of the frame before: the sum it states, and the one it has, should the stated one be what is damaged. */
  let stated = view.getBigUint64(24);
  let real = stated;
  for (let at = HEADER; at + FRAME_HEAD + pageSize <= view.byteLength; at += FRAME_HEAD + pageSize) {
    // Frames of an earlier log lie behind the end of this one; they carry other salts.
    const own = headerIsWhole ? salts(16) : at === HEADER ? null : salts(at - pageSize - FRAME_HEAD + 8);
    const content: [number, number][] = [
      [at, 8],
      [at + FRAME_HEAD, pageSize],
    ];
    const seeds = stated === real ? [stated] : [stated, real];
    stated = view.getBigUint64(at + 16);
    const sums = seeds.map((seed) => sumOf(view, content, seed, littleEndian));
    real = sums.find((sum) => sum === stated) ?? sums[0] ?? stated;
    const whole = (own === null || salts(at + 8) === own) && real === stated;
    const isCommit = view.getUint32(at + 4) !== 0;
    if (whole && broken && isCommit) return true;
    if (!whole) broken = true;
  }
  return false;
}

/** The checksum over `parts` (offset and length), going on from `seed`, both its words in one number. */
function sumOf(view: DataView, parts: [number, number][], seed: bigint, littleEndian: boolean): bigint {
  let a = Number(seed >> 32n);
  let b = Number(seed & 0xffffffffn);
  for (const [start, length] of parts) {
    for (let at = start; at < start + length; at += 8) {
      a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
      b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
    }
  }
  return (BigInt(a) << 32n) | BigInt(b);
}
