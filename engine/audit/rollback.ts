// Is the database older than what was signed? The checkpoint file lies beside it and names rows that were on disk before they were
// signed (signer.ts), so a chain that ends before the newest line of the file lost rows: its log was damaged, or an old copy of the
// database was put in its place. Values used since then would be good again.
import type { KeyObject } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parseCheckpoint } from "./checkpoint-file.ts";

/** The end of a chain in the database. */
export interface ChainEnd {
  node: string;
  epoch: number;
  seq: number;
}

export interface Rollback {
  node: string;
  /** The newest row of the chain that was signed. */
  signedTo: number;
  /** The newest row that the database has. */
  has: number;
}

/** What the server says at its start, and the doctor. `path`: the checkpoint file. */
export function explainRollback({ node, signedTo, has }: Rollback, path: string): Record<"what" | "meaning" | "advice", string> {
  return {
    what: `the database has forgotten audit rows and log-ins: it ends with row ${has} of ${node}, but ${path} has a signature over row ${signedTo}.`,
    meaning: "Its log was damaged, or an old copy was put in its place. One-time values that were used would be good again.",
    advice:
      'Restore the newest backup with "ostiary restore"; to go on with this database instead, move the checkpoint file away and keep it.',
  };
}

/** Some 180 lines, checked in 10 ms: more than commands beside a server sign after its own newest one. */
const TAIL_BYTES = 64 * 1024;

/**
 * Compares the end of the checkpoint file with the ends of all chains; null: nothing is missing, or there is no file. A node whose
 * database has begun a later epoch (a restore) is in order. Throws what the system says of a file that can not be read.
 */
export function findRollback(path: string, publicKey: KeyObject, ends: readonly ChainEnd[]): Rollback | null {
  let worst: Rollback | null = null;
  for (const text of readTail(path).split("\n")) {
    // Lines of another server in the same file, and forged ones, say nothing about this database.
    const line = parseCheckpoint(text, publicKey);
    if (line === null || (worst?.signedTo ?? 0) >= line.seq) continue;
    const known = ends.filter(({ node }) => node === line.node).sort((a, b) => b.epoch - a.epoch)[0];
    const [epoch, seq] = [known?.epoch ?? 0, known?.seq ?? 0];
    if (epoch > line.epoch || (epoch === line.epoch && seq >= line.seq)) continue;
    worst = { node: line.node, signedTo: line.seq, has: epoch === line.epoch ? seq : 0 };
  }
  return worst;
}

function readTail(path: string): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const bytes = new Uint8Array(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return new TextDecoder().decode(bytes);
  } finally {
    closeSync(file);
  }
}
