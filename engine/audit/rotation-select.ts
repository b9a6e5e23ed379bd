// Chooses the rows that rotation removes next, in a worker, and says what must be signed for them. It reads; rotate.ts writes.
//
// Removed are runs: rows of one chain that follow each other and hang together. A run that hangs on the row before it becomes a gap
// that says so; one that does not (somebody changed it before) keeps the break visible. Gaps that touch and fit become one.
import type { Database } from "bun:sqlite";
import type { KeyObject } from "node:crypto";
import type { AuditColumn } from "@ostiary/shared/endpoints/audit.ts";
import { type AuditGap, linkAuditRow } from "../core/audit-chain.ts";
import { toEntry } from "./entry.ts";
import { type Gap, openGaps } from "./gaps.ts";
import { blockRows } from "./index-file.ts";
import { openNeighbours } from "./neighbours.ts";
import { findDays, parseRules, type RotationRule } from "./rotation-rules.ts";
import { type AuditRow, toWalkedRow } from "./rows.ts";

/** Which rows go: those that began before a moment (ms), those up to an id, or those a rules file names, at the moment `now`. */
export type RotationPlan =
  | { kind: "age"; before: number }
  | { kind: "count"; upTo: number }
  | { kind: "rules"; text: string; now: number };

export interface SelectJob {
  plan: RotationPlan;
  /** Rows with a greater id are looked at. */
  after: number;
}

export interface Removal {
  /** To be stored and signed. */
  gap: AuditGap;
  /** `firstSeq` of the gaps that it takes the place of. */
  replaces: number[];
  /** What goes now: rows `firstId` to `lastId` of the chain, so many. */
  runs: { firstId: number; lastId: number; rows: number }[];
}

export interface Selection {
  removals: Removal[];
  /** Blocks of the index from which rows go. */
  blocks: number[];
  rows: number;
  /** Where to go on; null: that was all. */
  next: number | null;
}

// What one transaction removes, and what one look reads.
const mostRows = 1000;
const mostRuns = 50;
const mostRead = 4096;
// Rows are in the order of their ends, not of their beginnings, and clocks differ: so many younger ones in a row end a search by age.
const youngRows = 20_000;

interface Run {
  chain: number;
  firstSeq: number;
  lastSeq: number;
  beforeHash: Uint8Array;
  lastHash: Uint8Array;
  firstId: number;
  lastId: number;
  rows: number;
}

export interface Selector {
  select(job: SelectJob): Selection;
}

/** Over connections that stay open. Errors of `select`: RulesFileError. */
export function createSelector(db: Database, index: Database | null, publicKey: KeyObject): Selector {
  const readSlice = db.query<AuditRow, [number, number, number]>(
    "SELECT * FROM audit WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
  );
  let rules: { text: string; parsed: RotationRule[] } = { text: "", parsed: [] };
  let young = 0;

  function rulesOf(text: string): RotationRule[] {
    if (rules.text !== text) rules = { text, parsed: parseRules(text) };
    return rules.parsed;
  }

  /** In one snapshot. */
  const select = db.transaction(({ plan, after }: SelectJob): Selection => {
    if (after < 0) young = 0;
    // The newest row stays: the next one takes its id from it.
    const end = db.query<{ id: number | null }, []>("SELECT max(id) AS id FROM audit").get()?.id ?? 0;
    const chains = readChains(db);
    const goes = openPlan(plan, plan.kind === "rules" ? rulesOf(plan.text) : [], (chain) => chains.get(chain)?.node ?? "");
    const finders = new Map([...chains].map(([id, chain]) => [id, openGaps(db, chain, publicKey)]));
    const neighbours = openNeighbours(db, index, Number.POSITIVE_INFINITY);
    const open = new Map<number, Run>();
    const runs: Run[] = [];
    const blocks = new Set<number>();
    let rows = 0;
    let next: number | null = null;
    const slice = readSlice.all(after, end, mostRead);
    for (const row of slice) {
      next = row.id;
      const chain = chains.get(row.chain);
      // A row of no chain is for `audit verify` to report.
      if (chain === undefined || !goes(row)) {
        young += 1;
        continue;
      }
      young = 0;
      const run = open.get(row.chain);
      if (run && run.lastSeq + 1 === row.seq && hangsOn(run.lastHash, row)) {
        Object.assign(run, { lastSeq: row.seq, lastHash: row.hash, lastId: row.id, rows: run.rows + 1 });
      } else {
        const before = findBefore(row, chain, finders, neighbours);
        const fits = before !== null && hangsOn(before, row);
        const begun: Run = {
          chain: row.chain,
          firstSeq: row.seq,
          lastSeq: row.seq,
          beforeHash: fits ? before : new Uint8Array(0),
          lastHash: row.hash,
          firstId: row.id,
          lastId: row.id,
          rows: 1,
        };
        open.set(row.chain, begun);
        runs.push(begun);
      }
      blocks.add(Math.floor(row.id / blockRows));
      rows += 1;
      if (rows >= mostRows || runs.length >= mostRuns) break;
    }
    const all = slice.length < mostRead && next === (slice.at(-1)?.id ?? null);
    const over = all || (plan.kind === "age" && young >= youngRows) || (plan.kind === "count" && (next ?? 0) >= plan.upTo);
    return { removals: toRemovals(runs, chains, finders), blocks: [...blocks], rows, next: over ? null : next };
  });

  return { select };
}

interface Chain {
  id: number;
  node: string;
  epoch: number;
  origin: Uint8Array;
}

type Finders = Map<number, (seq: number) => Gap | null>;

function readChains(db: Database): Map<number, Chain> {
  return new Map(
    db
      .query<Chain, []>("SELECT id, node, epoch, origin FROM audit_chain")
      .all()
      .map((chain) => [chain.id, chain]),
  );
}

function openPlan(plan: RotationPlan, rules: RotationRule[], nodeOf: (chain: number) => string): (row: AuditRow) => boolean {
  switch (plan.kind) {
    case "age":
      return (row) => row.started_at < plan.before;
    case "count":
      return (row) => row.id <= plan.upTo;
    case "rules":
      return (row) => {
        const entry = toEntry(row, nodeOf(row.chain), { signed: false, linked: false });
        const days = findDays(rules, (column: AuditColumn) => String(entry[column]));
        return days !== null && row.started_at <= plan.now - days * 86_400_000;
      };
  }
}

/** The hash that stands before a row: of the row before it, of a signed gap, or the origin. */
function findBefore(
  row: AuditRow,
  chain: Chain,
  finders: Finders,
  neighbours: ReturnType<typeof openNeighbours>,
): Uint8Array | null {
  if (row.seq === 1) return chain.origin;
  const gap = finders.get(row.chain)?.(row.seq - 1);
  if (gap) return gap.valid && gap.lastSeq === row.seq - 1 ? gap.lastHash : null;
  const before = neighbours.before(row);
  return before && before.seq === row.seq - 1 ? before.hash : null;
}

function hangsOn(previous: Uint8Array, row: AuditRow): boolean {
  const { seq, entry, hash, plausible } = toWalkedRow(row);
  return plausible && Buffer.compare(linkAuditRow(previous, seq, entry), hash) === 0;
}

/** Runs as gaps, those that touch and fit as one, with the gaps that are there already. */
function toRemovals(runs: readonly Run[], chains: Map<number, Chain>, finders: Finders): Removal[] {
  const removals: Removal[] = [];
  for (const run of [...runs].sort((a, b) => a.chain - b.chain || a.firstSeq - b.firstSeq)) {
    const chain = chains.get(run.chain);
    if (chain === undefined) continue;
    const gone = { firstId: run.firstId, lastId: run.lastId, rows: run.rows };
    const find = finders.get(run.chain) ?? (() => null);
    const last = removals.at(-1);
    const before = find(run.firstSeq - 1);
    const after = find(run.lastSeq + 1);
    let removal: Removal;
    if (last && last.gap.chain === run.chain && touches(last.gap, run)) {
      removal = last;
      removal.runs.push(gone);
      Object.assign(removal.gap, { lastSeq: run.lastSeq, lastHash: run.lastHash });
    } else {
      const { chain: id, firstSeq, beforeHash, lastSeq, lastHash } = run;
      const { node, epoch } = chain;
      removal = {
        gap: { node, epoch, chain: id, firstSeq, beforeHash, lastSeq, lastHash, removedAt: 0 },
        replaces: [],
        runs: [gone],
      };
      removals.push(removal);
      if (before?.valid && touches(before, run)) {
        removal.replaces.push(before.firstSeq);
        Object.assign(removal.gap, { firstSeq: before.firstSeq, beforeHash: before.beforeHash });
      }
    }
    if (after?.valid && after.firstSeq === run.lastSeq + 1 && Buffer.compare(after.beforeHash, run.lastHash) === 0) {
      removal.replaces.push(after.firstSeq);
      Object.assign(removal.gap, { lastSeq: after.lastSeq, lastHash: after.lastHash });
    }
  }
  return removals;
}

function touches(gap: { lastSeq: number; lastHash: Uint8Array }, run: Run): boolean {
  return gap.lastSeq + 1 === run.firstSeq && Buffer.compare(gap.lastHash, run.beforeHash) === 0;
}
