// Reads the checkpoint file the signer writes: one JSON object a line. Lines that are not signed by the key are reported
// and otherwise ignored; a half line at the end is what a crash leaves and counts as not written.
import type { KeyObject } from "node:crypto";
import { verify } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { encodeAuditStatement } from "../core/audit-chain.ts";
import type { AuditProblem } from "./problems.ts";

export interface Checkpoint {
  node: string;
  epoch: number;
  chain: number;
  seq: number;
  hash: Uint8Array;
}

/** Yields the lines with a valid signature, in file order; calls `report` for the others. */
export async function* readCheckpoints(
  path: string,
  publicKey: KeyObject,
  report: (problem: AuditProblem) => void,
): AsyncGenerator<Checkpoint> {
  let number = 0;
  // Read one line behind, because only the last line may be cut.
  let pending: string | null = null;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (pending !== null) {
      number += 1;
      const checkpoint = parseCheckpoint(pending, publicKey);
      if (checkpoint !== null) yield checkpoint;
      else if (pending.trim() !== "") report(badLine(number));
    }
    pending = line;
  }
  const last = pending === null ? null : parseCheckpoint(pending, publicKey);
  if (last !== null) yield last;
  else if (pending?.trim().endsWith("}")) report(badLine(number + 1));
}

function badLine(number: number): AuditProblem {
  return {
    kind: "bad-checkpoint",
    chain: 0,
    seq: 0,
    id: null,
    text: `line ${number} of the checkpoint file is not signed by this key`,
  };
}

/** Null: no checkpoint, or not signed by the key. */
export function parseCheckpoint(line: string, publicKey: KeyObject): Checkpoint | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { node, epoch, chain, seq, hash, at, signature } = value as Record<string, unknown>;
  if (typeof node !== "string" || typeof hash !== "string" || typeof signature !== "string") return null;
  if (typeof epoch !== "number" || typeof chain !== "number" || typeof seq !== "number" || typeof at !== "number") return null;
  const bytes = new Uint8Array(Buffer.from(hash, "hex"));
  const message = encodeAuditStatement({ node, epoch, chain, seq, hash: bytes, at });
  if (!verify(null, message, publicKey, Buffer.from(signature, "hex"))) return null;
  return { node, epoch, chain, seq, hash: bytes };
}
