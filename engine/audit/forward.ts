// Copies the audit trail to its sinks, in a worker: it follows the table, so the database is the queue. Nothing waits in memory,
// no log-in waits for a sink, and what a sink did not take is sent later, after a restart too. A row may come twice (the position
// is stored after the row went out), but none is left out, unless it was removed before it could be sent; those are counted.
import type { Database } from "bun:sqlite";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { toEntry } from "./entry.ts";
import type { AuditRow } from "./rows.ts";
import { openSink, type Sink, type SinkOptions, type SinkRow } from "./sinks.ts";

export interface Forwarded {
  kind: SinkOptions["kind"];
  sent: number;
  /** Rows that are still to be sent. */
  behind: number;
  /** Rows that were removed before they could be sent, since the last call. */
  lost: number;
  /** Why the sink took nothing; null: it did. */
  fault: string | null;
}

interface Position {
  id: number;
  /** Of the row with that id, in hex; "" at the beginning of an empty trail. */
  hash: string;
}

const sliceRows = 500;

/** Over a connection that stays open. A sink without a position begins with the next row. */
export function createForwarder(db: Database, sinks: readonly SinkOptions[]): () => Promise<Forwarded[]> {
  const opened = sinks.map((options) => ({ options, sink: openSink(options) }));
  const readRows = db.query<AuditRow, [number, number]>("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?");
  const readHash = db.query<{ hash: Uint8Array }, [number]>("SELECT hash FROM audit WHERE id = ?");
  const readEnd = () =>
    db.query<{ id: number; hash: Uint8Array }, []>("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").get();

  /** Where to go on. Another row under the stored number: a backup was restored, and the copy goes on from its end. */
  function findPosition(options: SinkOptions): Position {
    const stored = readPosition(options);
    const end = readEnd();
    const last = { id: end?.id ?? 0, hash: end?.hash.toHex() ?? "" };
    if (stored === null) {
      writePosition(options, last);
      return last;
    }
    const hash = readHash.get(stored.id)?.hash.toHex();
    return stored.id > last.id || (hash !== undefined && hash !== stored.hash) ? last : stored;
  }

  async function forwardTo({ options, sink }: { options: SinkOptions; sink: Sink }): Promise<Forwarded> {
    const position = findPosition(options);
    const rows = readRows.all(position.id, sliceRows);
    const last = rows.at(-1);
    const behind = (readEnd()?.id ?? 0) - position.id;
    if (last === undefined) return { kind: options.kind, sent: 0, behind: 0, lost: 0, fault: null };
    const lost = last.id - position.id - rows.length;
    try {
      const nodes = readNodes(db);
      await sink.send(rows.map((row) => toSinkRow(row, nodes.get(row.chain) ?? "")));
      writePosition(options, { id: last.id, hash: last.hash.toHex() });
      return { kind: options.kind, sent: rows.length, behind: behind - rows.length - lost, lost, fault: null };
    } catch (error) {
      return { kind: options.kind, sent: 0, behind, lost: 0, fault: error instanceof Error ? error.message : String(error) };
    }
  }

  return () => Promise.all(opened.map(forwardTo));
}

/** AU-12: the members of an entry as one line of JSON. What a page finds out by checking is not part of it. */
function toSinkRow(row: AuditRow, node: string): SinkRow {
  const { sig_check: _signed, missing_line: _linked, ...entry } = toEntry(row, node, { signed: false, linked: false });
  return { date: entry.date, json: JSON.stringify(entry) };
}

function readNodes(db: Database): Map<number, string> {
  return new Map(
    db
      .query<{ id: number; node: string }, []>("SELECT id, node FROM audit_chain")
      .all()
      .map(({ id, node }) => [id, node]),
  );
}

function readPosition({ positionFile }: SinkOptions): Position | null {
  try {
    const { id, hash } = JSON.parse(readFileSync(positionFile, "utf8")) as Partial<Position>;
    return typeof id === "number" && typeof hash === "string" ? { id, hash } : null;
  } catch {
    return null;
  }
}

/** Whole or not at all: a power cut leaves the old one. */
function writePosition({ positionFile }: SinkOptions, position: Position): void {
  writeFileSync(`${positionFile}.new`, `${JSON.stringify(position)}\n`, { mode: 0o600 });
  renameSync(`${positionFile}.new`, positionFile);
}
