// Stores what a plan says: all of it in one intent, or nothing. Every statement states what it found, so that a change somebody
// else makes meanwhile makes the import fail and not the other change disappear.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Selectable } from "kysely";
import type { ConfigTable } from "../store/schema.ts";
import { type AuditEntry, ConstraintError, type Statement } from "../store/store.ts";
import { findResolverType } from "../users/registry.ts";
import { type ConfigurationExport, exportConfiguration } from "./configuration-export.ts";
import type { ImportPlan, PlannedChange } from "./configuration-plan.ts";
import type { Engine } from "./engine.ts";
import { writeField } from "./resolver-field.ts";
import { CENSORED, readResolvers, resolverContext, type StoredResolver, tryResolver, unsealValue } from "./resolvers.ts";
import { readSettingRows, settingContext } from "./system-settings.ts";

/** Errors: 302 for a user source that does not open, 905 if somebody changed the configuration meanwhile, 707 while the ring is locked. */
export async function applyImport(
  engine: Engine,
  { changes }: ImportPlan,
  current: ConfigurationExport,
  wanted: ConfigurationExport,
  audit: AuditEntry,
): Promise<void> {
  if (changes.length === 0) return;
  const of = (what: PlannedChange["what"], ...kinds: PlannedChange["do"][]) =>
    changes.filter((change) => change.what === what && kinds.includes(change.do)).map(({ name }) => name);
  const statements: Statement[] = [];
  const stored = new Map((await readResolvers(engine)).map((resolver) => [resolver.name, resolver]));
  const settings = new Map((await readSettingRows(engine)).map((row) => [row.key, row]));
  // What changed since the plan was made shows here; what changes from here on fails the conditions.
  await engine.configuration.settled();
  if (JSON.stringify(await exportConfiguration(engine)) !== JSON.stringify(current)) throw new ApiError("changed_meanwhile");
  const moves = current.default_realm !== wanted.default_realm;
  if (moves && current.default_realm !== null) statements.push(setDefault(engine, current.default_realm, false));
  for (const name of of("resolver", "create", "change"))
    statements.push(...(await storeResolver(engine, name, stored.get(name), wanted.resolvers[name])));
  for (const name of of("realm", "create", "change")) statements.push(...storeRealm(engine, name, current, wanted));
  if (moves && wanted.default_realm !== null) statements.push(setDefault(engine, wanted.default_realm, true));
  for (const name of of("realm", "delete")) statements.push(...deleteRealm(engine, name, current));
  for (const name of of("resolver", "delete")) statements.push(deleteResolver(engine, name, stored.get(name)));
  statements.push(...(await storeSettings(engine, of("setting", "create", "change", "delete"), settings, wanted)));
  for (const name of of("token group", "create", "change", "delete")) statements.push(storeGroup(engine, name, current, wanted));
  await commit(engine, statements, audit);
  await engine.configuration.settled();
}

/** What keeps new and changed user sources from opening, a line for each; those that lack a secret are not tried. Stores nothing. */
export async function tryPlannedResolvers(engine: Engine, plan: ImportPlan, wanted: ConfigurationExport): Promise<string[]> {
  const stored = new Map((await readResolvers(engine)).map((resolver) => [resolver.name, resolver]));
  const lacks = (name: string) => plan.missing.some((secret) => secret.what === "resolver" && secret.name === name);
  const faults: string[] = [];
  for (const { what, name, do: verb } of plan.changes) {
    if (what !== "resolver" || verb === "delete" || lacks(name)) continue;
    await storeResolver(engine, name, stored.get(name), wanted.resolvers[name]).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      faults.push(`resolver ${name}: ${error.message.replace(/^ERR\d+: /, "")}`);
    });
  }
  return faults;
}

async function commit({ store }: Engine, statements: Statement[], audit: AuditEntry): Promise<void> {
  const outcome = await store.commit({ kind: "write", statements, touches: ["all-tokens"], audit }).catch((error: unknown) => {
    if (error instanceof ConstraintError) return null;
    throw error;
  });
  if (!outcome?.won) throw new ApiError("changed_meanwhile");
}

function setDefault({ store }: Engine, name: string, on: boolean): Statement {
  const query = store.sql
    .updateTable("realm")
    .set({ is_default: on ? 1 : 0 })
    .where("name", "=", name)
    .where("is_default", "=", on ? 0 : 1)
    .compile();
  return { query, expect: 1 };
}

async function seal({ vault }: Engine, text: string, context: string): Promise<string> {
  return (await vault.seal(new TextEncoder().encode(text), context)).toBase64();
}

/** The source is opened with its new values first. */
async function storeResolver(
  engine: Engine,
  name: string,
  stored: StoredResolver | undefined,
  wanted: ConfigurationExport["resolvers"][string] | undefined,
): Promise<Statement[]> {
  const type = findResolverType(wanted?.type ?? "");
  if (!wanted || !type) throw new Error("the plan does not fit the document");
  const { sql } = engine.store;
  const secrets = new Set(type.fields.filter(({ kind }) => kind === "secret").map((field) => field.name));
  const clear: Record<string, string> = {};
  const statements: Statement[] = [];
  if (!stored) statements.push({ query: sql.insertInto("resolver").values({ name, type: type.type }).compile(), expect: 1 });
  for (const [key, value] of Object.entries(wanted.data)) {
    const before = stored?.values.get(key);
    const keeps = before && (secrets.has(key) ? value === CENSORED : before.value === value);
    clear[key] = keeps ? await unsealValue(engine, name, key, before) : value;
    if (keeps) continue;
    const row = {
      value: secrets.has(key) ? await seal(engine, value, resolverContext(name, key)) : value,
      type: secrets.has(key) ? "password" : "",
    };
    statements.push(writeField(sql, name, stored, key, row));
  }
  for (const [key, { value }] of stored?.values ?? []) {
    if (Object.hasOwn(wanted.data, key)) continue;
    const query = sql
      .deleteFrom("resolver_config")
      .where("resolver_id", "=", stored?.id ?? 0)
      .where("key", "=", key)
      .where("value", "=", value)
      .compile();
    statements.push({ query, expect: 1 });
  }
  await tryResolver(type, name, clear, engine);
  return statements;
}

function deleteResolver({ store }: Engine, name: string, stored: StoredResolver | undefined): Statement {
  const query = store.sql
    .deleteFrom("resolver")
    .where("name", "=", name)
    .where("id", "=", stored?.id ?? 0)
    .compile();
  return { query, expect: 1 };
}

/** The members as they were go one by one, and no other may be left: somebody could have added it meanwhile. */
function clearRealm({ store }: Engine, name: string, current: ConfigurationExport): Statement[] {
  const { sql } = store;
  const links = () =>
    sql.deleteFrom("resolver_realm").where("realm_id", "in", sql.selectFrom("realm").select("id").where("name", "=", name));
  const members = (current.realms[name]?.resolvers ?? []).map((member): Statement => {
    const query = links()
      .where("resolver_id", "in", sql.selectFrom("resolver").select("id").where("name", "=", member.name))
      .where("priority", member.priority === null ? "is" : "=", member.priority)
      .compile();
    return { query, expect: 1 };
  });
  return [...members, { query: links().compile(), expect: 0 }];
}

function storeRealm(engine: Engine, name: string, current: ConfigurationExport, wanted: ConfigurationExport): Statement[] {
  const { sql } = engine.store;
  const start: Statement[] = Object.hasOwn(current.realms, name)
    ? clearRealm(engine, name, current)
    : [{ query: sql.insertInto("realm").values({ name, is_default: 0 }).compile(), expect: 1 }];
  const members = (wanted.realms[name]?.resolvers ?? []).map((member): Statement => {
    const query = sql
      .insertInto("resolver_realm")
      .columns(["resolver_id", "realm_id", "priority"])
      .expression((eb) =>
        eb
          .selectFrom(["resolver", "realm"])
          .select((col) => ["resolver.id", "realm.id as realm_id", col.val(member.priority).as("priority")])
          .where("resolver.name", "=", member.name)
          .where("realm.name", "=", name),
      )
      .compile();
    return { query, expect: 1 };
  });
  return [...start, ...members];
}

function deleteRealm(engine: Engine, name: string, current: ConfigurationExport): Statement[] {
  const query = engine.store.sql.deleteFrom("realm").where("name", "=", name).compile();
  return [...clearRealm(engine, name, current), { query, expect: 1 }];
}

async function storeSettings(
  engine: Engine,
  names: string[],
  rows: Map<string, Selectable<ConfigTable>>,
  wanted: ConfigurationExport,
): Promise<Statement[]> {
  const { sql } = engine.store;
  const statements: Statement[] = [];
  for (const key of names) {
    const before = rows.get(key);
    const then = Object.hasOwn(wanted.system, key) ? wanted.system[key] : undefined;
    const stays = then?.type === "password" && then.value === CENSORED;
    const value = stays
      ? (before?.value ?? "")
      : then?.type === "password"
        ? await seal(engine, then.value, settingContext(key))
        : then?.value;
    const as = { value: value ?? "", type: then?.type ?? "", description: then?.description ?? "" };
    const found = before ? { key, value: before.value, type: before.type, description: before.description } : null;
    const query = !found
      ? sql.insertInto("config").values({ key, ...as })
      : then
        ? sql
            .updateTable("config")
            .set(as)
            .where((eb) => eb.and(found))
        : sql.deleteFrom("config").where((eb) => eb.and(found));
    statements.push({ query: query.compile(), expect: 1 });
  }
  return statements;
}

function storeGroup({ store }: Engine, name: string, current: ConfigurationExport, wanted: ConfigurationExport): Statement {
  const { sql } = store;
  const find = (table: ConfigurationExport["token_groups"]) =>
    Object.hasOwn(table, name) ? table[name]?.description : undefined;
  const [before, description] = [find(current.token_groups), find(wanted.token_groups)];
  const query =
    before === undefined
      ? sql.insertInto("token_group").values({ name, description: description ?? "" })
      : description === undefined
        ? sql.deleteFrom("token_group").where("name", "=", name).where("description", "=", before)
        : sql.updateTable("token_group").set({ description }).where("name", "=", name).where("description", "=", before);
  return { query: query.compile(), expect: 1 };
}
