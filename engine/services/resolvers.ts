// Resolvers as rows (rest-api.md 2.6): partial updates, secrets sealed at rest and censored in answers, the type fixed.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Statement } from "../store/store.ts";
import { findResolverType, resolverTypes } from "../users/registry.ts";
import { ResolverError, type ResolverType } from "../users/resolver.ts";
import type { Engine } from "./engine.ts";
import { requireLogIn } from "./require-log-in.ts";
import { writeField } from "./resolver-field.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

export const CENSORED = "__CENSORED__";
const NAME = /^[a-zA-Z0-9_.-]+$/;

/** "test" is a word of the address POST /resolver/test. */
export const isResolverName = (name: string) => NAME.test(name) && name !== "test" && name.length <= 255;

export interface StoredResolver {
  id: number;
  name: string;
  type: string;
  /** Values as stored; secrets are still sealed. */
  values: Map<string, { value: string; type: string }>;
}

export function resolverContext(resolver: string, key: string): string {
  return `resolver_config|${resolver}|${key}`;
}

/** One resolver by name or all of them, by name. */
export async function readResolvers({ store }: Engine, name?: string): Promise<StoredResolver[]> {
  const { sql } = store;
  let query = sql.selectFrom("resolver").selectAll().orderBy("name");
  if (name !== undefined) query = query.where("name", "=", name);
  const rows = await store.point(query.compile());
  const config = await store.point(sql.selectFrom("resolver_config").selectAll().compile());
  return rows.map((row) => ({
    ...row,
    values: new Map(
      config.filter(({ resolver_id }) => resolver_id === row.id).map(({ key, value, type }) => [key, { value, type }]),
    ),
  }));
}

function requireType(type: string): ResolverType {
  const found = findResolverType(type);
  if (!found)
    throw new ApiError("bad_parameter", {
      name: "type",
      wanted: `one of ${resolverTypes.map((known) => known.type).join(", ")}`,
    });
  return found;
}

/** Creates or changes a resolver; returns the number of its row. It must open before it is stored. Error: 303 for one of administrators. */
export async function writeResolver(work: Work, name: string, typeName: string, given: Map<string, unknown>): Promise<number> {
  const { engine } = work;
  if (!isResolverName(name)) throw new ApiError("resolver_name");
  const isOfAdmins = engine.directory
    .realms()
    .some((realm) => engine.isSuperuserRealm(realm.name) && realm.resolvers.some((member) => member.name === name));
  if (isOfAdmins) requireLogIn(work);
  const type = requireType(typeName);
  const [existing] = await readResolvers(engine, name);
  if (existing && existing.type !== type.type) throw new ApiError("resolver_type_fixed");
  const values = await openValues(type, existing, given, engine);
  await tryResolver(type, name, values, engine);
  const statements = await storeStatements(engine, name, type, values, existing);
  await writeOrRefuse(work, statements, ["all-tokens"]);
  await engine.configuration.settled();
  return (await readResolvers(engine, name))[0]?.id ?? 0;
}

/** Opens the source with these values and looks for users. */
export async function testResolver(
  engine: Engine,
  typeName: string,
  name: string,
  given: Map<string, unknown>,
): Promise<{ ok: boolean; text: string }> {
  const type = requireType(typeName);
  const [existing] = name ? await readResolvers(engine, name) : [];
  try {
    return { ok: true, text: await tryResolver(type, name || "test", await openValues(type, existing, given, engine), engine) };
  } catch (error) {
    // The words of the source alone: the person reads them beside the form, without a number before them.
    if (error instanceof ApiError && error.kind === "config_admin") return { ok: false, text: String(error.words.text) };
    throw error;
  }
}

/** -1 if there is none. Error: 302 while it is in a realm. */
export async function deleteResolver(work: Work, name: string): Promise<number> {
  const { engine } = work;
  const [existing] = await readResolvers(engine, name);
  if (!existing) return -1;
  if (engine.directory.realms().some(({ resolvers }) => resolvers.some((member) => member.name === name))) {
    throw new ApiError("resolver_in_realm");
  }
  const query = engine.store.sql.deleteFrom("resolver").where("id", "=", existing.id).compile();
  const won = await writeOrRefuse(work, [{ query }], ["all-tokens"]);
  await engine.configuration.settled();
  return changesOf(won, 0) === 0 ? -1 : existing.id;
}

/** Stored values under the given ones. `__CENSORED__` and absent fields keep what is stored; fields nobody knows are left out. */
async function openValues(type: ResolverType, existing: StoredResolver | undefined, given: Map<string, unknown>, engine: Engine) {
  const values: Record<string, string> = {};
  for (const field of type.fields) {
    const raw = given.get(field.name);
    const stored = existing?.values.get(field.name);
    if (raw !== undefined && raw !== null && raw !== CENSORED)
      values[field.name] = typeof raw === "object" ? JSON.stringify(raw) : String(raw);
    else if (stored) values[field.name] = await unsealValue(engine, existing?.name ?? "", field.name, stored);
    else if (field.required) throw new ApiError("missing_parameter", { name: field.name });
  }
  return values;
}

/** A value of a resolver in the clear. */
export async function unsealValue(
  { vault }: Engine,
  resolver: string,
  key: string,
  stored: { value: string; type: string },
): Promise<string> {
  if (stored.type !== "password") return stored.value;
  return new TextDecoder().decode(await vault.unseal(Uint8Array.fromBase64(stored.value), resolverContext(resolver, key)));
}

/** Opens the source with these values and looks for users; says what it found. Error: 302. */
export async function tryResolver(
  type: ResolverType,
  name: string,
  values: Record<string, string>,
  engine: Engine,
): Promise<string> {
  try {
    const resolver = await type.open({ name, values }, engine.resolverDeps);
    try {
      return await resolver.testConnection();
    } finally {
      await resolver.close();
    }
  } catch (error) {
    if (error instanceof ResolverError) throw new ApiError("config_admin", { text: error.message }, { cause: error });
    throw error;
  }
}

/**
 * The values as they shall be. Every statement states what was found: of two who change a resolver at once the second is refused,
 * because the whole of it was tried only with what he had read.
 */
async function storeStatements(
  engine: Engine,
  name: string,
  type: ResolverType,
  values: Record<string, string>,
  existing: StoredResolver | undefined,
): Promise<Statement[]> {
  const { sql } = engine.store;
  const create = sql.insertInto("resolver").values({ name, type: type.type }).compile();
  const same = sql
    .updateTable("resolver")
    .set({ type: type.type })
    .where("id", "=", existing?.id ?? 0)
    .where("type", "=", type.type)
    .compile();
  const secrets = new Set(type.fields.filter(({ kind }) => kind === "secret").map((field) => field.name));
  const rows = await Promise.all(
    Object.entries(values).map(async ([key, value]): Promise<Statement> => {
      const before = existing?.values.get(key);
      const isSame = before !== undefined && (await unsealValue(engine, name, key, before)) === value;
      const stored = isSame ? before : await sealValue(engine, name, key, value, secrets.has(key));
      return writeField(sql, name, existing, key, stored);
    }),
  );
  return [{ query: existing ? same : create, expect: 1 }, ...rows];
}

async function sealValue({ vault }: Engine, resolver: string, key: string, value: string, secret: boolean) {
  if (!secret) return { value, type: "" };
  const sealed = await vault.seal(new TextEncoder().encode(value), resolverContext(resolver, key));
  return { value: sealed.toBase64(), type: "password" };
}
