// Follows one audit chain row by row, in the order of row ids, and reports where the rows are not what the chain says.
//
//   seq = expected      link to the hash before: differs -> "changed"
//   seq > expected      rotation removed the rows between and signed for it: go on from the hash it signed. Else a gap opens; its
//                       rows may still come ("reordered"), or never do ("missing")
//   seq < expected      fills a gap -> "reordered", else it is a copy -> "reordered"
//
// After each problem the walk goes on from the hash that is stored, so one altered row gives one report.
import { type AuditEntry, linkAuditRow } from "../core/audit-chain.ts";
import type { Gap } from "./gaps.ts";
import type { AuditProblem, AuditProblemKind, ChainReport } from "./problems.ts";

export interface ChainStart {
  id: number;
  node: string;
  epoch: number;
  origin: Uint8Array;
  headSeq: number;
  headHash: Uint8Array;
}

export interface WalkedRow {
  id: number;
  seq: number;
  entry: AuditEntry;
  hash: Uint8Array;
  /** false: a column holds what no writer stores and `entry` cannot express. */
  plausible: boolean;
}

/** A statement about a row made by somebody who holds the key. */
export interface SignedHash {
  seq: number;
  hash: Uint8Array;
  /** The signature fits the key. */
  valid: boolean;
}

export interface ChainWalk {
  step(row: WalkedRow): void;
  /** Compares the row that was just stepped on with a signature over it. */
  confirm(row: WalkedRow, signed: SignedHash): void;
  /** After the last row; `signedSeq` is the highest number anybody signed. */
  finish(signedSeq: number): void;
  report(): ChainReport;
}

const hashBytes = 32;
// More gaps than this are counted as problems at once instead of being kept for rows that may still come.
const gapLimit = 1000;

/** A walk that expects row 1 on the origin of the chain. `findGap`: the removal in which a row lies. */
export function createChainWalk(
  chain: ChainStart,
  report: (problem: AuditProblem) => void,
  findGap: (seq: number) => Gap | null,
): ChainWalk {
  let expected = 1;
  let removed = 0;
  // null: unknown, because the stored value is no hash.
  let previous: Uint8Array | null = chain.origin.length === hashBytes ? chain.origin : null;
  let rows = 0;
  let signedTo = 0;
  let gaps: { from: number; to: number }[] = [];

  function add(kind: AuditProblemKind, seq: number, id: number | null, text: string): void {
    report({ kind, chain: chain.id, seq, id, text: `${text} (node ${chain.node}, epoch ${chain.epoch})` });
  }

  function reportMissing({ from, to }: { from: number; to: number }): void {
    add("missing", from, null, from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`);
  }

  function fillGap(seq: number): boolean {
    const gap = gaps.find(({ from, to }) => from <= seq && seq <= to);
    if (gap === undefined) return false;
    const rest = [
      { from: gap.from, to: seq - 1 },
      { from: seq + 1, to: gap.to },
    ].filter(({ from, to }) => from <= to);
    gaps = [...gaps.filter((other) => other !== gap), ...rest];
    return true;
  }

  /** Goes over rows that rotation removed, up to row `until`. */
  function passRemoved(until: number): void {
    for (;;) {
      const gap = expected < until ? findGap(expected) : null;
      if (gap === null) return;
      const { firstSeq, lastSeq, beforeHash, lastHash, valid } = gap;
      if (!valid) {
        add(
          "bad-signature",
          expected,
          null,
          `that rows ${firstSeq} to ${lastSeq} were removed by rotation is not signed by this key`,
        );
        return;
      }
      // It may begin before `expected`: rows that were walked already were removed meanwhile.
      if (firstSeq === expected) {
        if (previous === null || !equalBytes(previous, beforeHash))
          add("changed", expected, null, `the rows that rotation removed after row ${expected - 1} did not hang on it`);
        else signedTo = Math.max(signedTo, expected - 1);
      }
      removed += lastSeq - expected + 1;
      expected = lastSeq + 1;
      previous = lastHash;
    }
  }

  return {
    step({ id, seq, entry, hash, plausible }) {
      rows += 1;
      if (seq > expected) passRemoved(seq);
      if (seq < expected) {
        const how = fillGap(seq)
          ? "stands after later rows"
          : findGap(seq)
            ? "was removed by rotation and is back"
            : "is there twice";
        add("reordered", seq, id, `row ${seq} ${how}`);
        return;
      }
      if (seq > expected) {
        const gap = { from: expected, to: seq - 1 };
        if (gaps.length < gapLimit) gaps.push(gap);
        else reportMissing(gap);
      } else if (!plausible || previous === null || !equalBytes(linkAuditRow(previous, seq, entry), hash)) {
        add("changed", seq, id, `row ${seq} is not what was written`);
      }
      previous = hash.length === hashBytes ? hash : null;
      expected = seq + 1;
    },
    confirm(row, signed) {
      if (!signed.valid) add("bad-signature", row.seq, row.id, `the signature at row ${row.seq} is not made by this key`);
      else if (equalBytes(signed.hash, row.hash)) signedTo = Math.max(signedTo, row.seq);
      else add("bad-signature", row.seq, row.id, `rows ${signedTo + 1} to ${row.seq} are not the ones that were signed`);
    },
    finish(signedSeq) {
      passRemoved(Number.POSITIVE_INFINITY);
      for (const gap of gaps) reportMissing(gap);
      const last = expected - 1;
      const claimed = Math.max(signedSeq, chain.headSeq);
      if (last < claimed) add("cut-off", expected, null, `rows ${expected} to ${claimed} were written and are gone`);
      else if (last > chain.headSeq)
        add("changed", chain.headSeq + 1, null, `rows after ${chain.headSeq} were not written by the server`);
      else if (previous === null || !equalBytes(previous, chain.headHash)) {
        add("changed", last, null, `the head of the chain does not fit row ${last}`);
      }
    },
    report: () => ({ chain: chain.id, node: chain.node, epoch: chain.epoch, rows, removed, lastSeq: expected - 1, signedTo }),
  };
}

// Hashes of a log are no secrets: an ordinary comparison is enough.
function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
