// The list of sealed columns (engine/services/sealed-columns.ts) against the tables as they are: a column that rotation does not know
// keeps values under a key that will be dropped. Whoever adds a table meets this test.
import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sealedColumns } from "../engine/services/sealed-columns.ts";
import { startApp } from "./kit/start-app.ts";

const app = await startApp();
const db = new Database(join(app.dataDir, "ostiary.db"), { readonly: true });
afterAll(async () => {
  db.close();
  await app.stop();
});

/** Blobs that hold no sealed value, and why. */
const OPEN_BLOBS: Record<string, string> = {
  "audit.hash": "link of the chain",
  "audit_batch.hash": "link of the chain",
  "audit_batch.signature": "signature",
  "audit_chain.head_hash": "link of the chain",
  "audit_chain.origin": "link of the chain",
  "audit_gap.before_hash": "link of the chain",
  "audit_gap.last_hash": "link of the chain",
  "audit_gap.signature": "signature",
  "probe.filler": "zeros that prove that the disk takes writes",
};

interface Column {
  table: string;
  name: string;
  type: string;
  pk: number;
}

const columns = db
  .query<Column, []>(
    `SELECT t.name AS "table", c.name, c.type, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
     AND t.name NOT LIKE 'sqlite_%'`,
  )
  .all();
const listed = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`));
const nameOf = ({ table, name }: Pick<Column, "table" | "name">) => `${table}.${name}`;

describe("sealed columns", () => {
  test("every blob is sealed and listed, or named above with the reason why it is not", () => {
    const blobs = columns.filter(({ type }) => type === "BLOB").map(nameOf);
    expect(blobs.filter((name) => !listed.has(name) && !Object.hasOwn(OPEN_BLOBS, name))).toEqual([]);
    expect(blobs.filter((name) => listed.has(name) && Object.hasOwn(OPEN_BLOBS, name))).toEqual([]);
  });

  test("every value whose row has a type (which may be password) is listed", () => {
    const typed = columns.filter(
      ({ table, name }) => name === "value" && columns.some((other) => other.table === table && other.name === "type"),
    );
    expect(typed.length).toBeGreaterThanOrEqual(3);
    expect(typed.map(nameOf).filter((name) => !listed.has(name))).toEqual([]);
  });

  test("every column whose name or comment in schema.ts speaks of a seal is listed", () => {
    const schema = readFileSync(join(import.meta.dir, "..", "engine", "store", "schema.ts"), "utf8");
    const tables = new Map([...schema.matchAll(/^\s+(\w+): (\w+Table);/gm)].map(([, table = "", type = ""]) => [type, table]));
    const found: string[] = [];
    for (const [, type = "", body = ""] of schema.matchAll(/export interface (\w+Table) \{(.*?)^\}/gms)) {
      for (const [, comment = "", name = ""] of body.matchAll(/^((?:\s*\/\*\*(?:(?!\*\/).)*\*\/\n)?)\s+(\w+):/gms)) {
        // The comment of a type column speaks of the value beside it.
        if (/seal/i.test(comment + name)) found.push(`${tables.get(type)}.${name === "type" ? "value" : name}`);
      }
    }
    expect(found.length).toBeGreaterThanOrEqual(5);
    expect(found.filter((name) => !listed.has(name))).toEqual([]);
  });

  test("what is listed exists, under its whole primary key", () => {
    for (const { table, column, key } of sealedColumns) {
      expect(columns.map(nameOf)).toContain(`${table}.${column}`);
      const primary = columns.filter((one) => one.table === table && one.pk > 0).map(nameOf);
      expect([...key].sort()).toEqual(primary.sort());
    }
  });
});
