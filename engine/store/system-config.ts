// The system settings in the database (config-and-tokens.md G) as a typed snapshot, so that a login reads plain members.
import {
  findSystemKey,
  parseSystemValue,
  type SystemConfig,
  type SystemKeyName,
  systemKeys,
} from "@ostiary/shared/system-config.ts";
import type { Store } from "./store.ts";

export interface SystemConfigStore {
  /** Values in force; a stored value that its setting can not have counts as not stored. */
  current(): SystemConfig;
  /** Reads the table again: after a write of ours, and when another process changed it. */
  reload(): Promise<void>;
}

// Cache. Key: none, one snapshot. Bound: the settings we know. Lifetime: until reload(), which the writers of the table and
// services/configuration.ts calls it.
export async function openSystemConfig(store: Store): Promise<SystemConfigStore> {
  let snapshot = defaults();
  const reload = async () => {
    const rows = await store.point(
      store.sql.selectFrom("config").select(["key", "value"]).where("type", "!=", "password").compile(),
    );
    const next: Record<string, boolean | number | string> = defaults();
    for (const { key, value } of rows) {
      const name = findSystemKey(key);
      const parsed = name && parseSystemValue(name, value);
      if (name && parsed !== null) next[name] = parsed;
    }
    snapshot = next as SystemConfig;
  };
  await reload();
  return { current: () => snapshot, reload };
}

function defaults(): SystemConfig {
  const names = Object.keys(systemKeys) as SystemKeyName[];
  return Object.fromEntries(names.map((name) => [name, systemKeys[name].default])) as SystemConfig;
}
