// The configuration that lives in the database as one document: what `ostiary config export` writes and `config import` reads,
// and what GET /system/documentation describes. Stable in its order, so that it can live in a version control system. Secrets
// are censored, always.
import type { Engine } from "./engine.ts";
import { CENSORED, readResolvers } from "./resolvers.ts";
import { readSettingRows } from "./system-settings.ts";

export const EXPORT_FORMAT = "ostiary-configuration";
/** Raised when an older release could no longer understand the document. */
export const EXPORT_VERSION = 1;

export interface ExportedResolver {
  type: string;
  /** Secrets as `__CENSORED__`. */
  data: Record<string, string>;
}

export interface ExportedRealm {
  /** In the order of their names; lower priorities come first at a log-in, null last. */
  resolvers: { name: string; priority: number | null }[];
}

export interface ExportedSetting {
  value: string;
  /** "", "public" or "password" */
  type: string;
  description: string;
}

export interface ConfigurationExport {
  format: typeof EXPORT_FORMAT;
  version: typeof EXPORT_VERSION;
  resolvers: Record<string, ExportedResolver>;
  realms: Record<string, ExportedRealm>;
  default_realm: string | null;
  system: Record<string, ExportedSetting>;
  token_groups: Record<string, { description: string }>;
}

/** Everything as it is stored now. */
export async function exportConfiguration(engine: Engine): Promise<ConfigurationExport> {
  const { store, directory } = engine;
  const groups = await store.query(store.sql.selectFrom("token_group").select(["name", "description"]).compile());
  const resolvers = (await readResolvers(engine)).map(({ name, type, values }): [string, ExportedResolver] => [
    name,
    {
      type,
      data: sorted([...values].map(([key, stored]) => [key, stored.type === "password" ? CENSORED : stored.value])),
    },
  ]);
  const realms = directory.realms().map(({ name, resolvers }): [string, ExportedRealm] => {
    const members = resolvers.map((member) => ({ name: member.name, priority: member.priority }));
    return [name, { resolvers: members.sort((a, b) => compareText(a.name, b.name)) }];
  });
  const system = (await readSettingRows(engine)).map(({ key, value, type, description }): [string, ExportedSetting] => [
    key,
    { value: type === "password" ? CENSORED : value, type, description },
  ]);
  return {
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    resolvers: sorted(resolvers),
    realms: sorted(realms),
    default_realm: directory.defaultRealm()?.name ?? null,
    system: sorted(system),
    token_groups: sorted(groups.map(({ name, description }) => [name, { description }])),
  };
}

/** By code units: the same on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sorted<T>(entries: [string, T][]): Record<string, T> {
  return Object.fromEntries(entries.sort(([a], [b]) => compareText(a, b)));
}
