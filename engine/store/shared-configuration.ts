// Which writes change what every part of the engine holds compiled in memory: realms, resolvers, settings, administrators, API keys.
// Read off the statements, so that no caller can forget to say it.
import type { WriteIntent } from "./store.ts";

const sharedTables = new Set(["realm", "resolver", "resolver_config", "resolver_realm", "config", "admin", "api_key"]);
const writtenTable = /^\s*(?:insert(?:\s+or\s+\w+)?\s+into|replace\s+into|update(?:\s+or\s+\w+)?|delete\s+from)\s+"?(\w+)"?/i;

/** The write changes a realm, resolver, setting, administrator or API key. */
export function changesConfiguration(intent: WriteIntent): boolean {
  return writtenTables(intent).some((table) => sharedTables.has(table));
}

/** The write changes a realm, whose name token records carry. */
export function changesRealms(intent: WriteIntent): boolean {
  return writtenTables(intent).includes("realm");
}

function writtenTables(intent: WriteIntent): string[] {
  return intent.statements.map(({ query }) => (writtenTable.exec(query.sql)?.[1] ?? "").toLowerCase());
}
