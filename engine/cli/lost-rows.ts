// Does the database know all that its checkpoints state? A file that went back in time by itself (a log that was lost or cut,
// an old copy put in its place) has forgotten which one-time values were used. A restore begins a new epoch of the trail and
// moves the tokens on (backup/rewind.ts), so it passes.
import { createPublicKey } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parseCheckpoint } from "../audit/checkpoint-file.ts";
import type { Engine } from "../services/engine.ts";
import { CommandError } from "./command.ts";

/** The newest lines of this node are among these, whatever commands wrote beside it. */
const TAIL_BYTES = 64 * 1024;

/** Error: CommandError if a signed checkpoint covers rows of this node's present chain that the database does not have. */
export async function refuseLostRows({ store, vault, settings }: Pick<Engine, "store" | "vault" | "settings">): Promise<void> {
  const file = settings["audit.checkpoint_file"];
  const { chain, node, epoch, seq } = store.auditHead();
  const x = (await vault.publicKeys()).audit.toBase64({ alphabet: "base64url", omitPadding: true });
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  for (const line of readTail(file).split("\n").reverse()) {
    const stated = parseCheckpoint(line, key);
    if (stated?.node !== node || stated.epoch !== epoch || stated.chain !== chain) continue;
    if (stated.seq <= seq) return;
    throw new CommandError(
      `the database has forgotten audit rows and log-ins: it ends with row ${seq} of ${node}, but ${file} has a signature over row ${stated.seq}. One-time values that were used would be good again. Restore the newest backup with "ostiary restore"; to go on with this database instead, move the checkpoint file away and keep it.`,
    );
  }
}

function readTail(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const length = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}
