// What verification can find, and the words an operator reads.

export type AuditProblemKind =
  /** The row's columns do not give its hash. */
  | "changed"
  /** Rows between two others are gone. */
  | "missing"
  /** The row stands at another place than its number says. */
  | "reordered"
  /** Rows that were signed are gone from the end. */
  | "cut-off"
  /** A stored signature does not fit the key, or signs another hash than the row has. */
  | "bad-signature"
  /** A line of the checkpoint file is not readable or not signed by the key, or the file is gone. */
  | "bad-checkpoint"
  /** A row belongs to a chain that does not exist. */
  | "unknown-chain";

export interface AuditProblem {
  kind: AuditProblemKind;
  chain: number;
  /** Number in the chain; the first one when several rows are meant. */
  seq: number;
  /** Row id in the table `audit`, null when there is no row. */
  id: number | null;
  text: string;
}

export interface ChainReport {
  chain: number;
  node: string;
  epoch: number;
  rows: number;
  /** Rows that rotation removed and signed for. */
  removed: number;
  lastSeq: number;
  /** Rows up to here are covered by a valid signature in the database or the checkpoint file; those after are not yet signed. */
  signedTo: number;
}

/** Rows of a chain that rotation removed, with a valid signature. */
export interface RemovedRows {
  chain: number;
  firstSeq: number;
  lastSeq: number;
  /** The latest removal among them, milliseconds since 1970. */
  removedAt: number;
}

export interface AuditReport {
  rows: number;
  /** At most `problemLimit` runs; `removedCount` counts the rows of all. */
  removed: RemovedRows[];
  removedCount: number;
  chains: ChainReport[];
  /** At most `problemLimit`; `problemCount` counts all. */
  problems: AuditProblem[];
  problemCount: number;
}

/** Problems listed one by one; the rest is only counted, so that a ruined database does not fill the memory. */
export const problemLimit = 1000;

/** Collects problems up to the limit and counts all. */
export function collectProblems(): { add(problem: AuditProblem): void; readonly listed: AuditProblem[]; readonly count: number } {
  const listed: AuditProblem[] = [];
  let count = 0;
  return {
    add(problem) {
      count += 1;
      if (listed.length < problemLimit) listed.push(problem);
    },
    listed,
    get count() {
      return count;
    },
  };
}
