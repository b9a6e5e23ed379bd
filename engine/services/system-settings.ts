// Reading and writing the system settings (rest-api.md 2.5; config-and-tokens.md G). Any key may be stored; those the engine
// knows are checked first, so that a wrong value is refused where it is typed and not found at a login.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { describeSystemKey, findSystemKey, parseSystemValue, type SystemKey, systemKeys } from "@ostiary/shared/system-config.ts";
import type { Selectable } from "kysely";
import { findClientChainFault } from "../core/client-chain.ts";
import type { ConfigTable } from "../store/schema.ts";
import type { Statement } from "../store/store.ts";
import type { Engine } from "./engine.ts";
import { CENSORED } from "./resolvers.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

export type Change = Record<string, "insert" | "update">;

const MAX_KEY = 255;
const MAX_VALUE = 20_000;
const MAX_DESCRIPTION = 2000;
const KINDS = new Set(["", "public", "password"]);

export function settingContext(key: string): string {
  return `config|${key}|value`;
}

/** The rows as they are stored, by key. */
export function readSettingRows({ store }: Pick<Engine, "store">): Promise<Selectable<ConfigTable>[]> {
  return store.point(store.sql.selectFrom("config").selectAll().orderBy("key").compile());
}

/**
 * All settings by name, or those a user may see. Some show their default when nothing is stored. Secrets show as `__CENSORED__`;
 * under the setting compat.reveal_secrets in the clear, as long as the key ring is open.
 */
export async function readSettings(engine: Engine, publicOnly: boolean): Promise<Map<string, string>> {
  const rows = await readSettingRows(engine);
  const reveal = engine.settings["compat.reveal_secrets"] && engine.vault.ready;
  const found = new Map<string, string>();
  if (!publicOnly) {
    for (const [name, key] of Object.entries(systemKeys) as [string, SystemKey][]) {
      if (key.shownUnset) found.set(name, key.default === true ? "True" : String(key.default));
    }
  }
  for (const { key, value, type } of rows) {
    if (publicOnly && type !== "public") continue;
    const shown = type !== "password" ? value : reveal ? await unsealSetting(engine, key, value) : CENSORED;
    found.set(key, shown);
  }
  return found;
}

async function unsealSetting({ vault }: Engine, key: string, sealed: string): Promise<string> {
  return new TextDecoder().decode(await vault.unseal(Uint8Array.fromBase64(sealed), settingContext(key)));
}

interface Given {
  /** As it was sent. */
  key: string;
  value: string;
  /** "", "public" or "password"; null: as it is stored. */
  type: string | null;
  /** Null: as it is stored. */
  description: string | null;
}

/** The row of a setting: those the engine knows have one, however they were spelt. */
const rowOf = (key: string): string => findSystemKey(key) ?? key;

/**
 * `key=…&value=…`: the manual (L10964) shows it as a way to write one setting; the contract stores two, named "key" and "value"
 * (rest-api.md 2.5). Whoever sends it is told, and a value he calls a password is sealed.
 */
export function isDocumentedForm(given: Map<string, unknown>): boolean {
  return given.has("key") && given.has("value");
}

/** Settings out of the parameters: `key`, with `key.type` and `key.desc`. */
export function collectSettings(given: Map<string, unknown>): Given[] {
  const settings: Given[] = [];
  for (const [key, raw] of given) {
    const base = key.replace(/\.(type|desc)$/, "");
    if (key === "session" || (base !== key && given.has(base))) continue;
    if (typeof raw === "object")
      throw new ApiError("bad_parameter", { name: key.slice(0, 255), wanted: phrase("wanted_text_or_number") });
    const secretValue = key === "value" && isDocumentedForm(given) && given.get("type") === "password";
    const type = given.has(`${key}.type`) ? String(given.get(`${key}.type`)) : secretValue ? "password" : null;
    if (type !== null && !KINDS.has(type))
      throw new ApiError("bad_parameter", { name: `${key.slice(0, 240)}.type`, wanted: "password or public" });
    const description = given.has(`${key}.desc`) ? String(given.get(`${key}.desc`)) : null;
    settings.push({ key, value: String(raw), type, description });
  }
  return settings;
}

/** Stores settings; the answer says for each whether it is new. Error: 905 for nothing, or a value its setting can not have. */
export async function writeSettings(work: Work, settings: Given[]): Promise<Change> {
  const { engine } = work;
  if (settings.length === 0) throw new ApiError("setting_missing");
  const stored = new Map((await readSettingRows(engine)).map(({ key, type }) => [key, type]));
  const statements: Statement[] = [];
  const change = new Map<string, "insert" | "update">();
  for (const given of settings) {
    const known = stored.get(rowOf(given.key));
    const setting = { ...given, type: given.type ?? known ?? "" };
    checkSetting(setting);
    change.set(setting.key, known === undefined ? "insert" : "update");
    statements.push(setting.value === CENSORED ? keepSecret(setting, known, engine) : await toStatement(setting, known, engine));
  }
  work.audit.info = [...change.keys()].join(", ");
  await writeOrRefuse(work, statements, ["none"]);
  await engine.configuration.settled();
  return Object.fromEntries(change);
}

type Setting = Given & { type: string };

/** Error: 905 for a setting that can not be stored. */
export function checkSetting({ key, value, type, description }: Setting): void {
  if (key.length > MAX_KEY || value.length > MAX_VALUE)
    throw new ApiError("setting_too_long", { name: MAX_KEY, value: MAX_VALUE });
  if (key.includes("\0") || value.includes("\0")) throw new ApiError("setting_nul");
  if (description !== null && (description.length > MAX_DESCRIPTION || description.includes("\0"))) {
    throw new ApiError("bad_parameter", {
      name: `${key.slice(0, 240)}.desc`,
      wanted: phrase("wanted_length", { maximum: MAX_DESCRIPTION }),
    });
  }
  const name = findSystemKey(key);
  if (!name || value === CENSORED) return;
  if (name === "OverrideAuthorizationClient") checkClientChains(name, value);
  if (parseSystemValue(name, value) === null) throw new ApiError("bad_parameter", { name, wanted: describeSystemKey(name) });
  // The engine reads its own settings without the key ring.
  if (type === "password") throw new ApiError("bad_parameter", { name: `${name}.type`, wanted: "public, or nothing" });
}

function checkClientChains(name: string, value: string): void {
  const item = findClientChainFault(value);
  if (item !== null) throw new ApiError("bad_parameter", { name, wanted: phrase("wanted_client_chains", { item }) });
}

/**
 * `__CENSORED__` came back: the stored secret stays as it is. Error: 905 if there is none, and for another type, which would show
 * in the clear what was stored as a secret.
 */
function keepSecret({ key: spelt, type, description }: Setting, known: string | undefined, { store }: Engine): Statement {
  if (known !== "password") throw new ApiError("no_secret_stored", { censored: CENSORED });
  if (type !== "password") throw new ApiError("secret_stays_secret");
  const key = rowOf(spelt);
  // The column is written even if nothing changes, so that the condition is checked: it must still be a secret.
  const query = store.sql
    .updateTable("config")
    .set((eb) => ({ description: description ?? eb.ref("description") }))
    .where("key", "=", key)
    .where("type", "=", "password")
    .compile();
  return { query, expect: 1 };
}

/** Lost if it is of another type by now than `known`: what was sealed must not become readable by an accident of time. */
async function toStatement(
  { key: spelt, value, type, description }: Setting,
  known: string | undefined,
  { store, vault }: Engine,
): Promise<Statement> {
  const key = rowOf(spelt);
  const kept = type === "password" ? (await vault.seal(new TextEncoder().encode(value), settingContext(key))).toBase64() : value;
  const query = store.sql
    .insertInto("config")
    .values({ key, value: kept, type, description: description ?? "" })
    .onConflict((conflict) =>
      conflict
        .column("key")
        .doUpdateSet({ value: kept, type, ...(description === null ? {} : { description }) })
        .where("config.type", "=", known ?? type),
    )
    .compile();
  return { query, expect: 1 };
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
    if (name && typeof raw !== "object") settings.push({ key: name, value: String(raw), type: null, description: null });
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
  if (present.length === 0) throw new ApiError("not_found", { what: phrase("thing_setting") });
  const won = await writeOrRefuse(work, [{ query }], ["none"]);
  await engine.configuration.settled();
  if (changesOf(won, 0) === 0) throw new ApiError("not_found", { what: phrase("thing_setting") });
  return true;
}
