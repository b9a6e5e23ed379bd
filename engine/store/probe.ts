// Can anything be made durable? Writes a page and removes it again: an empty transaction would succeed on a full disk.
import type { Database } from "bun:sqlite";

/** Throws what SQLite throws. Leaves no transaction open. */
export function probeDurability(db: Database): void {
  const probe = db.transaction(() => {
    db.run("DELETE FROM probe");
    db.run("INSERT INTO probe (filler) VALUES (zeroblob(4096))");
  });
  probe.immediate();
}
