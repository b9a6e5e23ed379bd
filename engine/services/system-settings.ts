// Reading and writing the system settings (rest-api.md 2.5; config-and-tokens.md G). Any key may be stored; those the engine
// knows are checked first, so that a wrong value is refused where it is typed and not found at a login.
import { ApiError } from "@ostiary/shared/errors.ts";
import { describeSystemKey, findSystemKey, parseSystemValue, type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import type { Statement } from "../store/store.ts";
import type { Engine } from "./engine.ts";
import { CENSORED } from "./resolvers.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

export type Change = Record<string, "insert" | "update">;

const MAX_VALUE = 20_000;
const KINDS = new Set(["", "public", "password"]);

export function settingContext(key: string): string {
  return `config|${key}|value`;
}

/** All settings by name, or those a user may see. Some show their default when nothing is stored. */
export async function readSettings(engine: Engine, publicOnly: boolean): Promise<Map<string, string>> {
  const { store } = engine;
  const rows = await store.point(store.sql.selectFrom("config").selectAll().orderBy("key").compile());
  const found = new Map<string, string>();
  if (!publicOnly) {
    for (const [name, key] of Object.entries(systemKeys) as [string, SystemKey][]) {
      if (key.shownUnset) found.set(name, key.default === true ? "True" : String(key.default));
    }
  }
  for (const { key, value, type } of rows) {
    if (!publicOnly || type === "public") found.set(key, type === "password" ? CENSORED : value);
  }
  return found;
}

interface Given {
  /** As it was sent. */
  key: string;
  value: string;
  /** "", "public" or "password"; null: as it is stored. */
  type: string | null;
  description: string;
}

/** The row of a setting: those the engine knows have one, however they were spelt. */
const rowOf = (key: string): string => findSystemKey(key) ?? key;

/** Pairs out of the parameters: `key`, `key.type`, `key.desc`. `known(key)` tells whether `key` is itself a setting. */
export function collectSettings(given: Map<string, unknown>): Given[] {
  const settings: Given[] = [];
  for (const [key, raw] of given) {
    const base = key.replace(/\.(type|desc)$/, "");
    if (key === "session" || (base !== key && given.has(base))) continue;
    if (typeof raw === "object") throw new ApiError("bad_parameter", { name: key.slice(0, 255), wanted: "text or a number" });
    const type = given.has(`${key}.type`) ? String(given.get(`${key}.type`)) : null;
    if (type !== null && !KINDS.has(type))
      throw new ApiError("bad_parameter", { name: `${key.slice(0, 240)}.type`, wanted: "password or public" });
    settings.push({ key, value: String(raw), type, description: String(given.get(`${key}.desc`) ?? "") });
  }
  return settings;
}

/** Stores settings; the answer says for each whether it is new. Error: 905 for nothing, or a value its setting can not have. */
export async function writeSettings(work: Work, settings: Given[]): Promise<Change> {
  const { engine } = work;
  if (settings.length === 0) throw new ApiError("parameter", { text: "Give at least one setting as name=value." });
  const rows = await engine.store.point(engine.store.sql.selectFrom("config").select(["key", "type"]).compile());
  const stored = new Map(rows.map(({ key, type }) => [key, type]));
  const statements: Statement[] = [];
  const change = new Map<string, "insert" | "update">();
  for (const given of settings) {
    const known = stored.get(rowOf(given.key));
    const setting = { ...given, type: given.type ?? known ?? "" };
    checkSetting(setting);
    change.set(setting.key, known === undefined ? "insert" : "update");
    const unchangedSecret = setting.value === CENSORED && known === "password";
    if (!unchangedSecret) statements.push(await toStatement(setting, engine));
  }
  work.audit.info = [...change.keys()].join(", ");
  await writeOrRefuse(work, statements, ["none"]);
  await engine.systemSettings.reload();
  return Object.fromEntries(change);
}

type Setting = Given & { type: string };

function checkSetting({ key, value, type }: Setting): void {
  if (key.length > 255 || value.length > MAX_VALUE) {
    throw new ApiError("parameter", { text: `A setting has at most 255 characters in its name and ${MAX_VALUE} in its value.` });
  }
  if (key.includes("\0") || value.includes("\0")) throw new ApiError("parameter", { text: "A setting is text without NUL." });
  const name = findSystemKey(key);
  if (!name) return;
  if (parseSystemValue(name, value) === null) throw new ApiError("bad_parameter", { name, wanted: describeSystemKey(name) });
  // The engine reads its own settings without the key ring.
  if (type === "password") throw new ApiError("bad_parameter", { name: `${name}.type`, wanted: "public, or nothing" });
}

async function toStatement({ key: spelt, value, type, description }: Setting, { store, vault }: Engine): Promise<Statement> {
  const key = rowOf(spelt);
  const kept = type === "password" ? (await vault.seal(new TextEncoder().encode(value), settingContext(key))).toBase64() : value;
  const query = store.sql
    .insertInto("config")
    .values({ key, value: kept, type, description })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: kept, type, ...(description ? { description } : {}) }))
    .compile();
  return { query };
}

/** The names POST /system/setDefault takes, in their own spelling. */
const defaults = new Map(
  (Object.entries(systemKeys) as [string, SystemKey][])
    .filter(([, key]) => key.tokenDefault)
    .map(([name]) => [name.toLowerCase(), name]),
);

/** Defaults for new tokens; other parameters are left out, none at all is error 77. */
export async function writeDefaults(work: Work, given: Map<string, unknown>): Promise<Change> {
  const settings: Given[] = [];
  for (const [key, raw] of given) {
    const name = defaults.get(key.toLowerCase());
    if (name && typeof raw !== "object") settings.push({ key: name, value: String(raw), type: null, description: "" });
  }
  if (settings.length === 0) throw new ApiError("default_unknown", { known: [...defaults.values()].join(", ") });
  return writeSettings(work, settings);
}

/** Error: 601 for one that is not stored. */
export async function deleteSetting(work: Work, spelt: string): Promise<true> {
  const { engine } = work;
  const key = rowOf(spelt);
  const query = engine.store.sql.deleteFrom("config").where("key", "=", key).compile();
  work.audit.info = key;
  const present = await engine.store.point(engine.store.sql.selectFrom("config").select("key").where("key", "=", key).compile());
  if (present.length === 0) throw new ApiError("not_found", { what: "setting" });
  const won = await writeOrRefuse(work, [{ query }], ["none"]);
  await engine.systemSettings.reload();
  if (changesOf(won, 0) === 0) throw new ApiError("not_found", { what: "setting" });
  return true;
}
