import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { type Migration, MigrationError, migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";

const first: Migration = { id: 1, name: "first", sqlite: "CREATE TABLE one (a INTEGER) STRICT" };
const second: Migration = { id: 2, name: "second", sqlite: "CREATE TABLE two (a INTEGER) STRICT; INSERT INTO two VALUES (7)" };

function tablesOf(db: Database): string[] {
  return db
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
    .map((row) => row.name);
}

describe("migrate", () => {
  test("applies in order, once", () => {
    const db = new Database(":memory:");
    expect(migrate(db, [first], () => 5)).toEqual([1]);
    expect(migrate(db, [first, second], () => 6)).toEqual([2]);
    expect(migrate(db, [first, second], () => 7)).toEqual([]);
    expect(db.query("SELECT id, name, applied_at FROM migration ORDER BY id").all()).toEqual([
      { id: 1, name: "first", applied_at: 5 },
      { id: 2, name: "second", applied_at: 6 },
    ]);
    expect(tablesOf(db)).toEqual(["migration", "one", "two"]);
  });

  test("an edited migration stops the start before anything is applied", () => {
    const db = new Database(":memory:");
    migrate(db, [first], () => 5);
    const edited = { ...first, sqlite: `${first.sqlite} ` };
    expect(() => migrate(db, [edited, second], () => 6)).toThrow(MigrationError);
    expect(tablesOf(db)).toEqual(["migration", "one"]);
  });

  test("a migration of a newer version stops the start and names the way out", () => {
    const db = new Database(":memory:");
    migrate(db, [first, second], () => 5);
    expect(() => migrate(db, [first], () => 6)).toThrow(/written by a newer version. Start that version/);
  });

  test("a migration that fails half-way leaves nothing of itself", () => {
    const db = new Database(":memory:");
    const broken: Migration = {
      id: 2,
      name: "broken",
      sqlite: "CREATE TABLE two (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1)",
    };
    expect(() => migrate(db, [first, broken], () => 5)).toThrow(/nowhere/);
    expect(tablesOf(db)).toEqual(["migration", "one"]);
    expect(migrate(db, [first, second], () => 6)).toEqual([2]);
  });
});

describe("the shipped schema", () => {
  const db = new Database(":memory:");
  migrate(db, migrations, () => 1);

  test("ids count up from 1 without gaps", () => {
    expect(migrations.map((migration) => migration.id)).toEqual(migrations.map((_, index) => index + 1));
  });

  test("every table is STRICT", () => {
    const loose = db.query(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    );
    expect(loose.all()).toEqual([]);
  });

  test("decisions 2.4: the audit table has no secondary index", () => {
    expect(db.query("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit'").all()).toEqual([]);
  });

  const lookups = [
    ["token by serial", "SELECT id FROM token WHERE serial = 'x'"],
    ["tokens of an owner", "SELECT token_id FROM token_owner WHERE resolver = 'x' AND user_id = 'y'"],
    ["owners in a realm", "SELECT token_id FROM token_owner WHERE realm_id = 1"],
    ["tokens in a realm", "SELECT token_id FROM token_realm WHERE realm_id = 1"],
    ["infos of a token", "SELECT value FROM token_info WHERE token_id = 1"],
    ["realm by name", "SELECT id FROM realm WHERE name = 'x'"],
    ["setting", "SELECT value FROM config WHERE key = 'x'"],
    ["last signature of a chain", "SELECT max(seq) FROM audit_batch WHERE chain = 1"],
  ] as const;
  test.each(lookups)("no scan: %s", (_, sql) => {
    const plan = db.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all();
    expect(plan.map((step) => step.detail).join()).toStartWith("SEARCH");
  });
});
